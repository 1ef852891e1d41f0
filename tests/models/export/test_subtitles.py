import html
import io
import json
from datetime import timedelta

import srt
import webvtt
from hypothesis import example, given
from hypothesis import strategies as st

from models import export
from models.events import Event
from models.export.values import caption
from tests.models.export.samples import EVENTS, PROVENANCE, events

CAPTIONS = ["Speech (1.00)", "Bee, wasp, etc. (0.50)", "Motor vehicle (road) (0.30)"]


def read_vtt(found: list[Event]) -> webvtt.WebVTT:
    return webvtt.from_buffer(io.StringIO(export.web_vtt(found, PROVENANCE)))


def test_webvtt_reads_cues_that_overlap() -> None:
    cues = read_vtt(EVENTS).captions
    assert [cue.text for cue in cues] == CAPTIONS
    assert [(cue.start, cue.end) for cue in cues] == [
        ("00:00:00.000", "00:00:01.208"),
        ("00:00:00.728", "00:00:02.400"),
        ("00:00:01.200", "00:00:02.400"),
    ]


def test_webvtt_has_the_settings_in_a_comment() -> None:
    text = export.web_vtt([], PROVENANCE)
    header, blank, note, settings, end = text.split("\n")
    assert (header, blank, note, end) == ("WEBVTT", "", "NOTE", "")
    assert "-->" in PROVENANCE.clip_name
    assert "-->" not in settings
    assert json.loads(settings) == PROVENANCE.as_dict()
    assert read_vtt([]).captions == []


@given(st.lists(events, max_size=4))
def test_labels_survive_webvtt(found: list[Event]) -> None:
    text = export.web_vtt(found, PROVENANCE)
    _header, _note, *cues = text.rstrip("\n").split("\n\n")
    assert len(cues) == len(found)
    for cue, event in zip(cues, found, strict=True):
        timing, payload = cue.split("\n")
        assert timing.count("-->") == 1
        assert not {"<", ">"} & set(payload)
        plain = payload.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        assert plain == caption(event)


def test_references_in_labels_survive_webvtt() -> None:
    (cue,) = export.web_vtt([Event(0, 1, "R&B &lt; <b>", 0.5, 0.5)], PROVENANCE).split("\n\n")[2:]
    assert cue == "00:00:00.000 --> 00:00:01.000\nR&amp;B &amp;lt; &lt;b&gt; (0.50)\n"


@given(st.lists(events, max_size=4))
@example([Event(0, 1, "--> <b> <img src=x onerror=alert(1)> {\\an8} {1}{2} &lt;", 0.5, 0.5)])
def test_labels_are_no_markup_in_srt(found: list[Event]) -> None:
    text = export.sub_rip(found)
    cues = text.rstrip("\n").split("\n\n") if found else []
    assert len(cues) == len(found)
    for cue, event in zip(cues, found, strict=True):
        _, timing, payload = cue.split("\n")
        assert timing.count("-->") == 1
        assert not set("<>{}") & set(payload)
        assert html.unescape(payload) == html.unescape(html.escape(caption(event), quote=False))


def test_srt_reads_cues_that_overlap() -> None:
    cues = list(srt.parse(export.sub_rip(EVENTS)))
    assert [cue.content for cue in cues] == CAPTIONS
    assert [cue.index for cue in cues] == [1, 2, 3]
    assert cues[1].start == timedelta(milliseconds=728)
    assert cues[1].end == timedelta(seconds=2.4)
    assert list(srt.parse(export.sub_rip([]))) == []


def test_a_cue_lasts_and_hours_are_counted() -> None:
    brief = Event(3 * 3600 + 62.0005, 3 * 3600 + 62.0005, "Ping", 0.5, 0.5)
    (cue,) = srt.parse(export.sub_rip([brief]))
    assert cue.end - cue.start == timedelta(milliseconds=1)
    (cue,) = read_vtt([brief]).captions
    assert (cue.start, cue.end) == ("03:01:02.000", "03:01:02.001")
