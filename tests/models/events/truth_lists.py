"""Lists of true events as programs write them, and the table of docs/formats.md made of them.

python -m tests.models.events.truth_lists
"""

import sys

from models.events.truth import TrueEvent

EVENTS = [
    TrueEvent(0.0, 1.5, "Speech"),
    TrueEvent(1.25, 3.0, "Bee, wasp, etc."),
    TrueEvent(4.0, 4.5, "Ping"),
]
"""What every list of `LISTS` says."""

LISTS: dict[str, dict[str, str]] = {
    "Audacity labels": {
        "as exported": "0.0\t1.5\tSpeech\n1.25\t3.0\tBee, wasp, etc.\n4.0\t4.5\tPing\n",
        "with spectral selections": "0.0\t1.5\tSpeech\n\\\t120.5\t4000.0\n"
        "1.25\t3.0\tBee, wasp, etc.\n\\\t-1.0\t-1.0\n4.0\t4.5\tPing\n\\\t0\t1\n",
    },
    "DCASE event list": {
        "tab-separated": "filename\tonset\toffset\tevent_label\na.wav\t0.0\t1.5\tSpeech\n"
        "a.wav\t1.25\t3.0\tBee, wasp, etc.\na.wav\t4.0\t4.5\tPing\nb.wav\t1\t2\tDog\n",
        "comma-separated": "filename,onset,offset,event_label\na.wav,0.0,1.5,Speech\n"
        'a.wav,1.25,3.0,"Bee, wasp, etc."\na.wav,4.0,4.5,Ping\nb.wav,1,2,Dog\n',
        "comma-separated, without a header": "a.wav,0.0,1.5,Speech\n"
        'a.wav,1.25,3.0,"Bee, wasp, etc."\na.wav,4.0,4.5,Ping\nb.wav,1,2,Dog\n',
        "semicolons and decimal commas": "sep=;\nFile;Onset [s];Offset [s];Label\n"
        "a.wav;0,0;1,5;Speech\na.wav;1,25;3,0;Bee, wasp, etc.\na.wav;4,0;4,5;Ping\n",
    },
    "AudioSet-strong": {
        "of ids": "segment_id\tstart_time_seconds\tend_time_seconds\tlabel\n"
        "a-b_c1234-X_30000\t0.0\t1.5\t/m/09x0r\na-b_c1234-X_30000\t1.25\t3.0\t/m/01h3n\n"
        "a-b_c1234-X_30000\t4.0\t4.5\tPing\n_-_-_-_-_-__0\t1\t2\t/m/0bt9lr\n",
    },
    "Raven selection table": {
        "annotations, a row for each view": "Selection\tView\tChannel\tBegin Time (s)\t"
        "End Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tAnnotation\n"
        "1\tWaveform 1\t1\t0.0\t1.5\t0\t8000\tSpeech\n1\tSpectrogram 1\t1\t0.0\t1.5\t0\t8000\t"
        "Speech\n2\tSpectrogram 1\t1\t1.25\t3.0\t0\t8000\tBee, wasp, etc.\n"
        "3\tSpectrogram 1\t1\t4.0\t4.5\t0\t8000\tPing\n",
        **{
            f"labels under {header}": f"Selection\tBegin Time (s)\tEnd Time (s)\t{header}\n"
            "1\t0.0\t1.5\tSpeech\n2\t1.25\t3.0\tBee, wasp, etc.\n3\t4.0\t4.5\tPing\n"
            for header in ("Class", "Call type", "Sound Type", "Species", "ID", " CALL_TYPE ")
        },
    },
    "BirdNET": {
        "Raven table": "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\t"
        "High Freq (Hz)\tCommon Name\tSpecies Code\tConfidence\tBegin Path\tFile Offset (s)\n"
        "1\tSpectrogram 1\t1\t0.0\t1.5\t0\t15000\tSpeech\tx1\t0.9\t/data/a.wav\t0.0\n"
        "2\tSpectrogram 1\t1\t1.25\t3.0\t0\t15000\tBee, wasp, etc.\tx2\t0.9\t/data/a.wav\t1.25\n"
        "3\tSpectrogram 1\t1\t4.0\t4.5\t0\t15000\tPing\tx3\t0.9\t/data/a.wav\t4.0\n",
        "CSV": "Start (s),End (s),Scientific name,Common name,Confidence,File\n"
        "0.0,1.5,S s,Speech,0.9,/data/a.wav\n"
        '1.25,3.0,B b,"Bee, wasp, etc.",0.9,/data/a.wav\n4.0,4.5,P p,Ping,0.9,/data/a.wav\n',
        "Kaleidoscope CSV": "INDIR,FOLDER,IN FILE,OFFSET,DURATION,scientific_name,common_name\n"
        "/data,,a.wav,0.0,1.5,S s,Speech\n"
        '/data,,a.wav,1.25,1.75,B b,"Bee, wasp, etc."\n/data,,a.wav,4.0,0.5,P p,Ping\n',
    },
    "crowsetta": {
        "generic-seq": "label,onset_s,offset_s,onset_sample,offset_sample,notated_path\n"
        "Speech,0.0,1.5,0,24000,a.wav\n"
        '"Bee, wasp, etc.",1.25,3.0,20000,48000,a.wav\nPing,4.0,4.5,64000,72000,a.wav\n',
    },
    "ELAN tab-delimited text": {
        "hh:mm:ss.ms and ss.msec": "t1\t\t00:00:00.000\t0.0\t00:00:01.500\t1.5\t00:00:01.500\t1.5\t"
        "Speech\nt1\t\t00:00:01.250\t1.25\t00:00:03.000\t3.0\t00:00:01.750\t1.75\tBee, wasp, etc.\n"
        "t2\tp\t00:00:04.000\t4.0\t00:00:04.500\t4.5\t00:00:00.500\t0.5\tPing\n",
        "ss.msec": "t1\t\t0.0\t1.5\t1.5\tSpeech\nt1\t\t1.25\t3.0\t1.75\tBee, wasp, etc.\n"
        "t2\tp\t4.0\t4.5\t0.5\tPing\n",
        "hh:mm:ss.ms": "t1\t\t00:00:00.000\t00:00:01.500\tSpeech\n"
        "t1\t\t00:00:01.250\t00:00:03.000\tBee, wasp, etc.\n"
        "t2\t\t00:00:04.000\t00:00:04.500\tPing\n",
        "with msec": "t1\t\t00:00:00.000\t0.0\t0\t00:00:01.500\t1.5\t1500\tSpeech\n"
        "t1\t\t00:00:01.250\t1.25\t1250\t00:00:03.000\t3.0\t3000\tBee, wasp, etc.\n"
        "t2\t\t00:00:04.000\t4.0\t4000\t00:00:04.500\t4.5\t4500\tPing\n",
        "a column for each tier": '"#file:///data/a.eaf"\n'
        "Begin Time - ss.msec\tEnd Time - ss.msec\tDuration - ss.msec\tvoices\tinsects\n"
        "0.0\t1.5\t1.5\tSpeech\t\n1.25\t3.0\t1.75\t\tBee, wasp, etc.\n4.0\t4.5\t0.5\tPing\t\n",
    },
    "Praat TextGrid": {
        "long": """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 5
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "voices"
        xmin = 0
        xmax = 5
        intervals: size = 4
        intervals [1]:
            xmin = 0
            xmax = 1.5
            text = "Speech"
        intervals [2]:
            xmin = 1.5
            xmax = 4
            text = ""
        intervals [3]:
            xmin = 4
            xmax = 4.5
            text = "Ping"
        intervals [4]:
            xmin = 4.5
            xmax = 5
            text = " "
    item [2]:
        class = "IntervalTier"
        name = "insects"
        xmin = 0
        xmax = 5
        intervals: size = 1
        intervals [1]:
            xmin = 1.25
            xmax = 3
            text = "Bee, wasp, etc."
""",
        "short": """File type = "ooTextFile"
"TextGrid"

0
5
<exists>
2
"IntervalTier"
"voices"
0
5
4
0
1.5
"Speech"
1.5
4
""
4
4.5
"Ping"
4.5
5
" "
"IntervalTier" "insects" 0 5 1 ! a comment "with" 9 numbers
1.25 3 "Bee, wasp, etc."
""",
    },
    "Sonic Visualiser": {
        "layer (.svl)": """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE sonic-visualiser>
<sv>
  <data>
    <model id="1" name="" sampleRate="16000" start="0" end="72000" type="sparse" dimensions="3"
     resolution="1" notifyOnAdd="true" dataset="0" subtype="region" units="" />
    <dataset id="0" dimensions="3">
      <point frame="0" value="0" duration="24000" label="Speech" />
      <point frame="20000" value="1" duration="28000" label="Bee, wasp, etc." />
      <point frame="64000" value="2" duration="8000" label="Ping" />
    </dataset>
  </data>
  <display><layer id="2" type="regions" name="Regions" model="1" /></display>
</sv>
""",
        "CSV of regions": "0.000000000,1.0,1.500000000,Speech\n"
        '1.250000000,0.5,1.750000000,"Bee, wasp, etc."\n4.000000000,2.0,0.500000000,Ping\n',
        "CSV with a header": "TIME,VALUE,DURATION,LABEL\n0,1,1.5,Speech\n"
        '1.25,2,1.75,"Bee, wasp, etc."\n4,3,0.5,Ping\n',
    },
    "JAMS": {
        "observations as rows": """{"annotations": [
{"namespace": "beat", "data": [{"time": 1, "duration": 0, "value": 2, "confidence": null}]},
{"namespace": "tag_open", "data": [
{"time": 0.0, "duration": 1.5, "value": "Speech", "confidence": 1.0},
{"time": 1.25, "duration": 1.75, "value": "Bee, wasp, etc.", "confidence": null}]},
{"namespace": "scaper", "data": [
{"time": 4.0, "duration": 0.5, "value": {"label": "Ping", "snr": 3}, "confidence": 1}]}
], "file_metadata": {"duration": 5}, "sandbox": {}}""",
        "observations as columns": """{"annotations": [{"namespace": "tag_open", "data":
{"time": [0, 1.25, 4], "duration": [1.5, 1.75, 0.5], "confidence": [1, 1, 1],
"value": ["Speech", "Bee, wasp, etc.", "Ping"]}}]}""",
    },
    "Subtitles": {
        "WebVTT": "WEBVTT\n\n00:00.000 --> 00:01.500 align:start\nSpeech\n\n2\n"
        "00:00:01.250 --> 00:00:03.000\nBee, wasp, etc.\n\n00:04.000 --> 00:04.500\nPing\n",
        "SRT": "1\n00:00:00,000 --> 00:00:01,500\nSpeech\n\n2\n00:00:01,250 --> 00:00:03,000\n"
        "Bee, wasp, etc.\n\n3\n00:00:04,000 --> 00:00:04,500\nPing\n",
    },
    "Other tables": {
        "BeginTime, StopTime": "BeginTime,StopTime,Tag\n0,1.5,Speech\n"
        '1.25,3,"Bee, wasp, etc."\n4,4.5,Ping\n',
        "Start, Duration": "Start (sec)\tDuration (sec)\tCategory\n0\t1.5\tSpeech\n"
        "1.25\t1.75\tBee, wasp, etc.\n4\t0.5\tPing\n",
        "milliseconds": "start_ms;end_ms;label\n0;1500;Speech\n1250;3000;Bee, wasp, etc.\n"
        "4000;4500;Ping\n",
    },
}
"""Lists by the program that writes them and the form; each says `EVENTS` of the clip a.wav, or of
AudioSet's segment."""


def table() -> str:
    """Draw up the lists that the tests read, as Markdown."""
    rows = [f"| {program} | {'; '.join(map(_form, forms))} |" for program, forms in LISTS.items()]
    return "\n".join(["| list | forms |", "| --- | --- |", *rows]) + "\n"


def _form(form: str) -> str:
    return " ".join(form.split())


if __name__ == "__main__":
    sys.stdout.write(table())
