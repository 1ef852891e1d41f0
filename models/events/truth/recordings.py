"""Recordings that a list names, and which of them a clip is.

Conventions
-----------
Names are compared without folder and case, first with and then without their extension. AudioSet's
strong labels name a segment, ``YTID_30000``: the id of a video of 11 characters, and where the
segment begins in it, in milliseconds; times count from there. A clip of the video's id is the
segment, and so is one that adds the beginning in seconds (``YTID_30.000_40.000.wav``).
"""

import re
from collections.abc import Set

from models.errors import TruthError
from models.events.truth.event import list_named, quoted
from models.untrusted.formulas import unescape_formulas

_SEGMENT = re.compile(r"([\w-]{11})_(\d{1,9})", re.ASCII)
_CLIP = re.compile(r"y?([\w-]{11})(?:_(\d{1,9})(?:\.\d{1,9})?(?:_[\d.]{1,19})?)?", re.ASCII)


def recordings_of(recordings: Set[str], clip_name: str) -> set[str]:
    """Return those of the recordings' names that mean a clip; none if its name is empty."""
    wanted = _base(clip_name)
    if not wanted:
        return set()
    stem = _stem(wanted)
    return (
        {each for each in recordings if _base(each) == wanted}
        or {each for each in recordings if _base(each) == stem}
        or {each for each in recordings if _stem(_base(each)) == stem}
        or _segments(recordings, wanted)
    )


def choose_recordings(recordings: Set[str], clip_name: str, name: str) -> set[str]:
    """Choose those of several recordings' names that mean a clip.

    Parameters
    ----------
    recordings : set of str
        Names in the list.
    clip_name : str
        Name of the clip; may be empty.
    name : str
        Name of the list, for messages.

    Raises
    ------
    TruthError
        If none of them means the clip.
    """
    chosen = recordings_of(recordings, clip_name)
    if chosen:
        return chosen
    told = quoted(", ".join(sorted(recordings)))
    missing = f", and {quoted(clip_name)} is none of them" if _base(clip_name) else ""
    raise TruthError(
        f"{list_named(name)} names {len(recordings)} recordings{missing}: {told}.",
        allowed="A list of several recordings has to name the one that is shown.",
        remedy="Give the list of this recording, or the recording the name it has in the list.",
    )


def _segments(recordings: Set[str], clip: str) -> set[str]:
    """Return the segments of AudioSet that a clip is."""
    found = _CLIP.fullmatch(clip) or _CLIP.fullmatch(_stem(clip))
    if found is None:
        return set()
    video, start = found.groups()
    segments = {each: match for each in recordings if (match := _SEGMENT.fullmatch(_base(each)))}
    starts = {each: match[2] for each, match in segments.items() if match[1] == video}
    if start is None:
        return set(starts) if len(starts) == 1 else set()
    return {each for each, begin in starts.items() if int(begin) in (int(start), 1000 * int(start))}


def _base(name: str) -> str:
    return unescape_formulas(name.strip()).replace("\\", "/").rsplit("/", 1)[-1].casefold()


def _stem(base: str) -> str:
    return base.rsplit(".", 1)[0]
