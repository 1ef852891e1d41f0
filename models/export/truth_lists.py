"""Lists of true events in the formats that `models.events.truth` reads.

Conventions
-----------
True events have no scores. Times are seconds with six decimals, except in subtitles and ELAN's text
(milliseconds) and in layers of Sonic Visualiser (frames of the recording). A label is one line; in
tables, text that a spreadsheet would evaluate is escaped (see `models.untrusted.formulas`). Praat's
intervals do not overlap, so that events that do are in several tiers; instants are points.
"""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from models.audio.flow import SAMPLE_RATE
from models.events import taxonomy
from models.events.truth import TrueEvent
from models.export.naming import NamedFormat
from models.export.subtitles import cue_times, escape_braces, escape_markup
from models.export.values import TIME_DECIMALS, csv_lines, one_line, seconds
from models.untrusted.formulas import escape_formulas

_NYQUIST_HZ = SAMPLE_RATE // 2
_NO_XML = {0xFFFE: " ", 0xFFFF: " "}
"""Characters that XML does not allow, in addition to control characters."""


@dataclass(frozen=True)
class TruthClip:
    """The clip that a list is about.

    Parameters
    ----------
    name : str
        File name of the recording.
    duration_s : float
        Its duration, in seconds.
    sample_rate : int
        Its sample rate, in Hz.
    """

    name: str
    duration_s: float
    sample_rate: int


@dataclass(frozen=True)
class TruthFormat(NamedFormat):
    """One format of lists of true events.

    Parameters
    ----------
    lines : callable
        Yields the file's content in pieces, from true events ordered by onset, and their clip.
    """

    lines: Callable[[Sequence[TrueEvent], TruthClip], Iterable[str]]

    def write(self, events: Iterable[TrueEvent], clip: TruthClip) -> str:
        """Return the file's content.

        Examples
        --------
        >>> from models import TrueEvent
        >>> from models.export.truth_lists import TRUTH_FORMATS, TruthClip
        >>> clip = TruthClip("dog.wav", 2.0, 16_000)
        >>> TRUTH_FORMATS[0].write([TrueEvent(0.5, 1.25, "Dog")], clip).splitlines()
        ['onset_s,offset_s,label', '0.500000,1.250000,Dog']
        """
        return "".join(self.lines(sorted(events, key=_order), clip))


def _order(event: TrueEvent) -> tuple[float, float, str]:
    return event.onset_s, event.offset_s, event.label


def _cell(label: str) -> str:
    return escape_formulas(one_line(label))


def _times(event: TrueEvent) -> tuple[str, str]:
    return seconds(event.onset_s), seconds(event.offset_s)


def _length(event: TrueEvent) -> str:
    return seconds(event.offset_s - event.onset_s)


def _tabbed(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    return ("\t".join(row) + "\n" for row in rows)


def _csv(events: Sequence[TrueEvent], _clip: TruthClip) -> Iterator[str]:
    header = ("onset_s", "offset_s", "label")
    return csv_lines([header, *((*_times(one), _cell(one.label)) for one in events)])


def _json(events: Sequence[TrueEvent], clip: TruthClip) -> Iterator[str]:
    rows = [
        {
            "onset_s": round(one.onset_s, TIME_DECIMALS),
            "offset_s": round(one.offset_s, TIME_DECIMALS),
            "label": one.label,
        }
        for one in events
    ]
    document = {"clip": clip.name, "duration_s": clip.duration_s, "events": rows}
    yield json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _audacity(events: Sequence[TrueEvent], _clip: TruthClip) -> Iterator[str]:
    return _tabbed((*_times(one), _cell(one.label)) for one in events)


def _raven(events: Sequence[TrueEvent], clip: TruthClip) -> Iterator[str]:
    header = (
        *("Selection", "View", "Channel", "Begin Time (s)", "End Time (s)"),
        *("Low Freq (Hz)", "High Freq (Hz)", "Annotation", "Begin Path"),
    )
    rows = (
        (
            *(str(number), "Spectrogram 1", "1", *_times(one), "0", str(_NYQUIST_HZ)),
            *(_cell(one.label), _cell(clip.name)),
        )
        for number, one in enumerate(events, start=1)
    )
    return _tabbed([header, *rows])


def _dcase(events: Sequence[TrueEvent], clip: TruthClip) -> Iterator[str]:
    rows = ((_cell(clip.name), *_times(one), _cell(one.label)) for one in events)
    table = [("filename", "onset", "offset", "event_label"), *rows]
    return csv_lines(table, delimiter="\t", lineterminator="\n")


def _audioset(events: Sequence[TrueEvent], clip: TruthClip) -> Iterator[str]:
    header = ("segment_id", "start_time_seconds", "end_time_seconds", "label")
    name = _cell(clip.name.rsplit(".", 1)[0])
    rows = ((name, *_times(one), taxonomy.mid(one.label) or _cell(one.label)) for one in events)
    return _tabbed([header, *rows])


def _birdnet(events: Sequence[TrueEvent], clip: TruthClip) -> Iterator[str]:
    header = ("Start (s)", "End (s)", "Scientific name", "Common name", "Confidence", "File")
    rows = (
        (*_times(one), _cell(one.label), _cell(one.label), "1.0", _cell(clip.name))
        for one in events
    )
    return csv_lines([header, *rows])


def _crowsetta(events: Sequence[TrueEvent], clip: TruthClip) -> Iterator[str]:
    header = (
        *("label", "onset_s", "offset_s"),
        *("notated_path", "annot_path", "sequence", "annotation"),
    )
    name = _cell(clip.name)
    rows = ((_cell(one.label), *_times(one), name, name, "0", "0") for one in events)
    return csv_lines([header, *rows])


def _elan(events: Sequence[TrueEvent], _clip: TruthClip) -> Iterator[str]:
    header = ("Begin Time - ss.msec", "End Time - ss.msec", "Duration - ss.msec", "Events")
    rows = (
        (
            f"{one.onset_s:.3f}",
            f"{one.offset_s:.3f}",
            f"{one.offset_s - one.onset_s:.3f}",
            _cell(one.label),
        )
        for one in events
    )
    return _tabbed([header, *rows])


def _textgrid(events: Sequence[TrueEvent], clip: TruthClip) -> Iterator[str]:
    lasting = [one for one in events if one.onset_s < one.offset_s]
    points = [one for one in events if one.onset_s == one.offset_s]
    end_s = max(clip.duration_s, *(one.offset_s for one in events), 0.0)
    tiers = [_intervals(tier, end_s) for tier in _apart(lasting)]
    whole = f"0\n{seconds(end_s)}\n"
    yield f'File type = "ooTextFile"\nObject class = "TextGrid"\n\n{whole}<exists>\n'
    yield f"{len(tiers) + bool(points)}\n"
    for number, tier in enumerate(tiers, start=1):
        yield f'"IntervalTier"\n"events {number}"\n{whole}{len(tier)}\n'
        yield from (f"{begin}\n{end}\n{text}\n" for begin, end, text in tier)
    if points:
        yield f'"TextTier"\n"instants"\n{whole}{len(points)}\n'
        yield from (f"{seconds(one.onset_s)}\n{_quoted(one.label)}\n" for one in points)


def _apart(events: Sequence[TrueEvent]) -> list[list[TrueEvent]]:
    """Distribute events so that those of a tier do not overlap."""
    tiers: list[list[TrueEvent]] = []
    for one in events:
        free = next((tier for tier in tiers if tier[-1].offset_s <= one.onset_s), None)
        if free is None:
            tiers.append([one])
        else:
            free.append(one)
    return tiers


def _intervals(events: Sequence[TrueEvent], end_s: float) -> list[tuple[str, str, str]]:
    """Return the intervals of a tier: without gaps, as Praat requires."""
    found: list[tuple[str, str, str]] = []
    now = seconds(0.0)
    for one in events:
        onset, offset = _times(one)
        if now != onset:
            found.append((now, onset, '""'))
        found.append((onset, offset, _quoted(one.label)))
        now = offset
    if now != seconds(end_s):
        found.append((now, seconds(end_s), '""'))
    return found


def _quoted(label: str) -> str:
    return '"' + one_line(label).replace('"', '""') + '"'


def _layer(events: Sequence[TrueEvent], clip: TruthClip) -> Iterator[str]:
    rate = clip.sample_rate
    frames = [(round(rate * one.onset_s), round(rate * one.offset_s)) for one in events]
    end = max((last for _, last in frames), default=0)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE sonic-visualiser>\n<sv>\n  <data>\n'
    yield (
        f'    <model id="1" name="" sampleRate="{rate}" start="0" end="{end}" type="sparse" '
        'dimensions="3" resolution="1" notifyOnAdd="true" dataset="0" subtype="region" '
        'units="" />\n    <dataset id="0" dimensions="3">\n'
    )
    for value, (one, (first, last)) in enumerate(zip(events, frames, strict=True)):
        label = quoteattr(one_line(one.label).translate(_NO_XML))
        yield (
            f'      <point frame="{first}" value="{value}" duration="{last - first}" '
            f"label={label} />\n"
        )
    yield "    </dataset>\n  </data>\n  <display>\n"
    yield '    <layer id="2" type="regions" name="Regions" model="1" />\n  </display>\n</sv>\n'


def _regions(events: Sequence[TrueEvent], _clip: TruthClip) -> Iterator[str]:
    rows = (
        (seconds(one.onset_s), str(value), _length(one), _cell(one.label))
        for value, one in enumerate(events)
    )
    return csv_lines([("TIME", "VALUE", "DURATION", "LABEL"), *rows])


def _jams(events: Sequence[TrueEvent], clip: TruthClip) -> Iterator[str]:
    by_namespace: dict[str, list[dict[str, object]]] = {"tag_audioset": [], "tag_open": []}
    for one in events:
        length_s = round(one.offset_s - one.onset_s, TIME_DECIMALS)
        by_namespace["tag_audioset" if taxonomy.mid(one.label) else "tag_open"].append(
            {
                "time": round(one.onset_s, TIME_DECIMALS),
                "duration": length_s,
                "value": one.label,
                "confidence": None,
            }
        )
    document = {
        "annotations": [
            {
                "annotation_metadata": _JAMS_ORIGIN,
                "namespace": namespace,
                "data": data,
                "sandbox": {},
                "time": 0,
                "duration": clip.duration_s,
            }
            for namespace, data in by_namespace.items()
            if data or namespace == "tag_audioset"
        ],
        "file_metadata": {
            "title": clip.name,
            "artist": "",
            "release": "",
            "duration": clip.duration_s,
            "identifiers": {},
            "jams_version": "0.3.5",
        },
        "sandbox": {},
    }
    yield json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n"


_JAMS_ORIGIN = {
    "curator": {"name": "", "email": ""},
    "annotator": {},
    "version": "",
    "corpus": "",
    "annotation_tools": "Earmark",
    "annotation_rules": "",
    "validation": "",
    "data_source": "manual",
}


def _web_vtt(events: Sequence[TrueEvent], _clip: TruthClip) -> Iterator[str]:
    yield "WEBVTT\n"
    for one in events:
        begin, end = cue_times(one.onset_s, one.offset_s, ".")
        yield f"\n{begin} --> {end}\n{escape_markup(one_line(one.label))}\n"


def _srt(events: Sequence[TrueEvent], _clip: TruthClip) -> Iterator[str]:
    for number, one in enumerate(events, start=1):
        begin, end = cue_times(one.onset_s, one.offset_s, ",")
        text = escape_braces(escape_markup(one_line(one.label)))
        yield f"{number}\n{begin} --> {end}\n{text}\n\n"


_TABBED = "text/tab-separated-values"

TRUTH_FORMATS: tuple[TruthFormat, ...] = tuple(
    itertools.starmap(
        TruthFormat,
        (
            ("csv", "CSV", "truth.csv", "text/csv", _csv),
            ("json", "JSON", "truth.json", "application/json", _json),
            ("audacity", "Audacity labels", "truth.audacity.txt", "text/plain", _audacity),
            ("raven", "Raven selection table", "truth.raven.txt", _TABBED, _raven),
            ("dcase", "DCASE event list", "truth.dcase.tsv", _TABBED, _dcase),
            ("audioset", "AudioSet-strong list", "truth.audioset.tsv", _TABBED, _audioset),
            ("birdnet", "BirdNET table (CSV)", "truth.birdnet.csv", "text/csv", _birdnet),
            ("crowsetta", "crowsetta generic-seq", "truth.crowsetta.csv", "text/csv", _crowsetta),
            ("elan", "ELAN tab-delimited text", "truth.elan.txt", _TABBED, _elan),
            ("textgrid", "Praat TextGrid", "truth.TextGrid", "text/plain", _textgrid),
            ("layer", "Sonic Visualiser layer", "truth.svl", "application/xml", _layer),
            ("regions", "Sonic Visualiser CSV", "truth.regions.csv", "text/csv", _regions),
            ("jams", "JAMS annotation", "truth.jams", "application/json", _jams),
            ("web_vtt", "WebVTT subtitles", "truth.vtt", "text/vtt", _web_vtt),
            ("srt", "SRT subtitles", "truth.srt", "application/x-subrip", _srt),
        ),
    )
)
"""All formats, the most common first."""
