"""Columns of a table of events: what each means, by its header or by its values.

Conventions
-----------
A header is compared without case, spaces, punctuation and units: ``Begin Time (s)``,
``begin_time`` and ``BeginTime`` are one name. Without a header the first rows tell: a run of
columns of times, with the label behind it, and before it, if at all, the recording. Where times
stand in several notations, as in ELAN's export, columns of equal times are one. Columns that these
rules do not determine are not guessed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.events.truth.times import is_clock, read_time

_ONSETS = frozenset(
    {
        "onset", "start", "begin", "starttime", "begintime", "startsecond", "startseconds",
        "from", "tmin", "xmin", "mintime", "t0", "tstart", "onsettime", "eventonset",
        "eventstart", "eventstarttime", "startoffset", "beginning",
    }
)  # fmt: skip
_OFFSETS = frozenset(
    {
        "offset", "end", "stop", "endtime", "stoptime", "endsecond", "endseconds", "to", "until",
        "tmax", "xmax", "maxtime", "t1", "tend", "offsettime", "eventoffset", "eventend",
        "eventendtime", "endoffset", "finish",
    }
)  # fmt: skip
_DURATIONS = frozenset(["duration", "dur", "length", "eventduration", "deltatime"])
_INSTANTS = frozenset(["time", "timestamp", "instant"])
_LABELS = (
    "eventlabel", "label", "labels", "annotation", "annotations", "annotationvalue", "tag",
    "tags", "commonname", "class", "classname", "classlabel", "soundclass", "soundtype",
    "soundevent", "soundeventlabel", "calltype", "eventtype", "eventclass", "species",
    "speciesname", "category", "event", "sound", "scientificname", "speciescode", "text",
    "transcription", "description", "name", "type", "value", "mid", "id",
)  # fmt: skip
"""Headers of labels, the most telling first: a table of BirdNET has several of them."""

_RECORDINGS = (
    "filename", "file", "audiofilename", "audiofile", "audiopath", "notatedpath", "recording",
    "recordingname", "recordingid", "beginfile", "beginpath", "filepath", "infile", "soundfile",
    "wavfile", "wav", "segmentid", "clip", "clipname", "clipid", "fname", "ytid", "youtubeid",
    "videoid", "path",
)  # fmt: skip

LABEL_EXAMPLES = "Label, Annotation, Tag, Common Name, Class, Call type, Sound Type, Species or ID"
"""Headers of labels that messages name."""

_UNITS = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "ss": 1.0,
    "ms": 1e-3, "msec": 1e-3, "msecs": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3,
    "min": 60.0, "mins": 60.0, "minutes": 60.0,
}  # fmt: skip
_OTHER_UNITS = frozenset(["sample", "samples", "frame", "frames", "hz", "khz", "db"])
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORDS = re.compile(r"[^\W_]+")
_MAX_HEADER = 200
_MAX_ONSET_COLUMN = 3
"""Most columns before the times of a table without a header: recording, scene, or ELAN's tier and
participant."""

_SAME_S = 0.0011
"""Difference of one time in two notations, both to the millisecond, in seconds."""

_TOLERANCE_S = 0.0021
"""Difference of a duration from the times around it, all rounded to milliseconds, in seconds."""


@dataclass(frozen=True)
class Columns:
    """Meaning of a table's columns, counted from 0.

    Parameters
    ----------
    onset : int
        Beginning of the event.
    offset, duration : int or None
        Its end, or its length; events without both are instants.
    labels : tuple of int
        Columns of labels; a row has one event for each that is not empty.
    recording, file_offset, selection : int or None
        Name of the recording; the beginning within it; number of Raven's selection.
    has_header : bool
        Whether the first row has names.
    unit_s : float
        Unit of the times, in seconds.
    """

    onset: int
    offset: int | None
    labels: tuple[int, ...]
    duration: int | None = None
    recording: int | None = None
    file_offset: int | None = None
    selection: int | None = None
    has_header: bool = False
    unit_s: float = 1.0


@dataclass(frozen=True)
class _Header:
    name: str
    unit_s: float | None  # None for samples and other units that are no time


def _header_of(text: str) -> _Header:
    words = _WORDS.findall(_CAMEL.sub(" ", text[:_MAX_HEADER]).casefold())
    unit_s: float | None = 1.0
    if {"hh", "mm"} <= set(words):  # a clock, whatever its last unit
        words = words[: words.index("hh")]
    elif "ss" in words[1:]:  # ELAN's ss.msec
        words = words[: words.index("ss")]
    elif len(words) > 1 and words[-1] in _UNITS:
        unit_s = _UNITS[words.pop()]
    elif len(words) > 1 and words[-1] in _OTHER_UNITS:
        unit_s = None
        words.pop()
    if len(words) > 1 and words[-1] == "in":
        words.pop()
    return _Header("".join(words), unit_s)


def by_header(fields: Sequence[str]) -> Columns | None:
    """Read a header.

    Parameters
    ----------
    fields : sequence of str
        Fields of the row.

    Returns
    -------
    Columns or None
        Without labels where the header names none; None if it names no times.
    """
    headers = [_header_of(field) for field in fields]
    names = [header.name for header in headers]
    times = _times_of(headers)
    if times is None:
        return None
    onset, offset, duration, unit_s = times

    def find(*wanted: str) -> int | None:
        return next((names.index(each) for each in wanted if each in names), None)

    used = {onset, offset, duration}
    label = next((names.index(n) for n in _LABELS if n in names and names.index(n) not in used), -1)
    labels = (label,) if label >= 0 else _tiers_of(fields, names)
    recording = find(*_RECORDINGS)
    if offset is None and duration is None and label < 0:
        return None
    return Columns(
        onset,
        offset,
        labels,
        duration=duration,
        recording=None if recording in labels else recording,
        file_offset=find("fileoffset"),
        selection=find("selection"),
        has_header=True,
        unit_s=unit_s,
    )


def _times_of(headers: Sequence[_Header]) -> tuple[int, int | None, int | None, float] | None:
    """Return the places of onset, offset and duration, and their unit; seconds first."""

    def find(names: frozenset[str], unit_s: float) -> int | None:
        fits = (i for i, h in enumerate(headers) if h.name in names and h.unit_s == unit_s)
        return next(fits, None)

    for unit_s in (1.0, 1e-3, 60.0):
        onset, offset = find(_ONSETS, unit_s), find(_OFFSETS, unit_s)
        duration = find(_DURATIONS, unit_s)
        if onset is None and offset is not None and duration is not None:
            onset, offset = offset, None  # Kaleidoscope's OFFSET is where the event begins
        if onset is None:
            onset = find(_INSTANTS, unit_s)
            if onset is not None:
                return onset, offset, None if offset is not None else duration, unit_s
        elif offset is not None or duration is not None:
            return onset, offset, None if offset is not None else duration, unit_s
    return None


def _tiers_of(fields: Sequence[str], names: Sequence[str]) -> tuple[int, ...]:
    """Return the columns of ELAN's tiers, if each has its own."""
    if not any("ss.msec" in field or "hh:mm:ss" in field for field in fields):
        return ()
    known = {*_ONSETS, *_OFFSETS, *_DURATIONS, *_RECORDINGS, "tier", "participant", ""}
    return tuple(i for i, name in enumerate(names) if name not in known)


def by_values(rows: Sequence[Sequence[str]], *, is_tabbed: bool) -> Columns | None:
    """Tell the columns of a table without a header.

    Parameters
    ----------
    rows : sequence of sequence of str
        Its first rows, stripped.
    is_tabbed : bool
        Whether tabs separate the fields, as in Audacity's labels.

    Returns
    -------
    Columns or None
        None where the values allow more than one reading, or none.
    """
    first = next((row for row in rows if any(row[1:])), None)
    if first is None:
        return None
    run = _run_of_times(first)
    if not run or run[0] > _MAX_ONSET_COLUMN:
        return None
    if len(run) > 2 and (run[-1] == len(first) - 1 or _is_text(rows, run[-1])):
        run = run[:-1]  # a label of digits
    if len(run) == 1:
        are_instants = all(len(row) == 2 and read_time(row[0]) is not None for row in rows)
        return Columns(0, None, (1,)) if are_instants else None
    columns = _of_run(rows, run, len(first), is_tabbed=is_tabbed)
    if columns is not None and columns.recording is None and first is not rows[0]:
        return None  # what stands above is neither a recording without events nor a header
    return columns


def _run_of_times(row: Sequence[str]) -> list[int]:
    run: list[int] = []
    for place, field in enumerate(row):
        if read_time(field) is not None:
            run.append(place)
        elif len(run) > 1:
            break
        else:
            run = run if run == [0] and place == len(row) - 1 else []
    return run


def _is_text(rows: Sequence[Sequence[str]], place: int) -> bool:
    fields = [row[place] for row in rows if place < len(row) and row[place]]
    return any(read_time(field) is None for field in fields)


def _of_run(
    rows: Sequence[Sequence[str]], run: Sequence[int], n_columns: int, *, is_tabbed: bool
) -> Columns | None:
    times = [
        [float(read_time(row[place]) or 0) for place in run]
        for row in rows
        if len(row) > run[-1] and all(read_time(row[place]) is not None for place in run)
    ]
    if not times:
        return None
    starts = _groups(times)
    onset = run[0]
    label = run[-1] + 1 if run[-1] + 1 < n_columns or onset == 0 else onset - 1
    has_clock = any(is_clock(rows[0][place]) for place in run if place < len(rows[0]))
    is_elan = has_clock or len(run) > 2
    recording = 0 if onset and label > onset and not is_elan else None
    n_before = sum(row[starts[1]] < row[0] for row in times) if len(starts) > 1 else 0
    if len(starts) <= 2 or (len(starts) == 3 and _is_length(times, starts)):
        place = starts[1] if len(starts) > 1 else 1
        if len(run) == 2 and not is_tabbed and 2 * n_before > len(times):
            return Columns(onset, None, (label,))  # Sonic Visualiser's values: time, value, label
        return Columns(onset, run[place], (label,), recording=recording)
    if _are_numbers(times) and all(row[1] < row[2] for row in times):
        return None  # numbers of rows, or times of Sonic Visualiser's regions
    if n_before and len(run) in (3, 4) and onset == 0:  # its regions: time, value, duration
        return Columns(onset, None, (label,), duration=run[2])
    return None


def _are_numbers(times: Sequence[Sequence[float]]) -> bool:
    """Whether the first column counts the rows."""
    first = times[0][0]
    return first in (0, 1) and [row[0] for row in times] == [
        first + place for place in range(len(times))
    ]


def _groups(times: Sequence[Sequence[float]]) -> list[int]:
    """Return where columns begin whose times differ from those of the column before."""
    starts = [0]
    for place in range(1, len(times[0])):
        before = starts[-1]
        same = len(times[0]) > 2 and all(
            abs(row[place] - row[before]) < _SAME_S
            or abs(row[place] - 1000 * row[before]) < _SAME_S  # milliseconds
            for row in times
        )
        if not same:
            starts.append(place)
    return starts


def _is_length(times: Sequence[Sequence[float]], starts: Sequence[int]) -> bool:
    onset, offset, length = starts
    return all(abs(row[offset] - row[onset] - row[length]) < _TOLERANCE_S for row in times)
