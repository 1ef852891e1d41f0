"""Events as subtitles, for display during playback.

Conventions
-----------
Each event is one cue; cues of simultaneous events overlap, and players stack them. Times are whole
milliseconds, and a cue lasts at least one, because both formats require its end after its start.
WebVTT is a W3C format (Candidate Recommendation, 2019); SRT is SubRip's, has no standard and no
place for settings. Markup in labels is escaped in both by HTML character references; in SRT also
braces, which players interpret as ASS markup.
"""

from collections.abc import Iterable, Iterator

from models.events import Event
from models.export.provenance import Provenance
from models.export.values import caption


def web_vtt(events: Iterable[Event], provenance: Provenance) -> str:
    """Format events as WebVTT, with the settings in a comment (``NOTE``) before the first cue.

    Parameters
    ----------
    events : iterable of Event
        Ordered by onset, as the standard requires.
    provenance : Provenance
        Written to the comment as one line of JSON.
    """
    return "".join(web_vtt_blocks(events, provenance))


def web_vtt_blocks(events: Iterable[Event], provenance: Provenance) -> Iterator[str]:
    """Yield the blocks of `web_vtt`."""
    # A comment ends at an arrow. JSON has ">" only within strings, where it can be written as an
    # escape sequence.
    note = provenance.as_json().replace(">", "\\u003e")
    yield f"WEBVTT\n\nNOTE\n{note}\n"
    for event in events:
        begin, end = cue_times(event.onset_s, event.offset_s, ".")
        yield f"\n{begin} --> {end}\n{escape_markup(caption(event))}\n"


def sub_rip(events: Iterable[Event]) -> str:
    """Format events as SubRip (SRT), numbered from 1; without events the file is empty.

    Examples
    --------
    >>> from models import Event
    >>> from models.export import sub_rip
    >>> sub_rip([Event(0.0, 1.0, "Dog", peak=0.75, mean=0.5)]).splitlines()
    ['1', '00:00:00,000 --> 00:00:01,000', 'Dog (0.75)']
    """
    return "".join(sub_rip_blocks(events))


def sub_rip_blocks(events: Iterable[Event]) -> Iterator[str]:
    """Yield the blocks of `sub_rip`."""
    for number, event in enumerate(events, start=1):
        begin, end = cue_times(event.onset_s, event.offset_s, ",")
        blank = "\n" if number > 1 else ""
        text = escape_braces(escape_markup(caption(event)))
        yield f"{blank}{number}\n{begin} --> {end}\n{text}\n"


def escape_markup(text: str) -> str:
    """Write the characters of markup as character references."""
    for character, reference in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, reference)
    return text


def escape_braces(text: str) -> str:
    """Write braces, which players of SRT interpret, as character references."""
    return text.replace("{", "&#123;").replace("}", "&#125;")


def cue_times(onset_s: float, offset_s: float, point: str) -> tuple[str, str]:
    """Format start and end of a cue, such as ``00:00:01.250``; `point` precedes milliseconds."""
    begin_ms = round(onset_s * 1000)
    end_ms = max(round(offset_s * 1000), begin_ms + 1)
    return _clock(begin_ms, point), _clock(end_ms, point)


def _clock(time_ms: int, point: str) -> str:
    minutes, milliseconds = divmod(time_ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"
