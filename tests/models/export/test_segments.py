"""Segments: what each file has of its recording, and how much is in memory."""

import csv
import io
import json
import tracemalloc
import zipfile
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.errors import Cancelled, ExportError
from models.events import Event
from models.export import SegmentedClip, SegmentOptions, segments, segments_zip
from models.export.segments import FIELDS, AudioFormat, Segment, passes, plan
from tests.models.export.samples import PROVENANCE

RATE_HZ, DURATION_S = 8_000, 4.0


def event(onset_s: float, offset_s: float, label: str = "Dog") -> Event:
    return Event(onset_s, offset_s, label, 0.75, 0.5)


EVENTS = [event(0.0, 1.0), event(0.5, 4.0, "Bee, wasp, etc."), event(0.5, 1.0), event(3.0, 4.0)]


@pytest.fixture(scope="module")
def samples() -> NDArray[np.int16]:
    rng = np.random.default_rng(1)
    return rng.integers(-32_768, 32_767, round(RATE_HZ * DURATION_S), np.int16, endpoint=True)


@pytest.fixture(scope="module")
def recording(samples: NDArray[np.int16]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()


def clip(recording: bytes, events: Sequence[Event] = EVENTS) -> SegmentedClip:
    made = replace(PROVENANCE, clip_name="walk.wav", duration_s=DURATION_S)
    return SegmentedClip(recording, RATE_HZ, made, lambda: events)


def written(clips: Sequence[SegmentedClip], options: SegmentOptions) -> zipfile.ZipFile:
    content = b"".join(piece.content for piece in segments_zip(clips, options))
    members = zipfile.ZipFile(io.BytesIO(content))
    assert members.testzip() is None
    return members


def listed(members: zipfile.ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(members.read("segments.csv").decode())))


@pytest.mark.parametrize("audio_format", ["wav", "flac"])
@pytest.mark.parametrize("padding_s", [0.0, 0.75])
def test_each_event_has_its_samples_to_the_bit(
    audio_format: AudioFormat, padding_s: float, recording: bytes, samples: NDArray[np.int16]
) -> None:
    members = written([clip(recording)], SegmentOptions(audio_format, padding_s))
    rows = listed(members)
    assert len(rows) == len(EVENTS)
    for row in rows:
        sound, rate_hz = soundfile.read(io.BytesIO(members.read(row["file"])), dtype="int16")
        assert rate_hz == RATE_HZ
        first = max(0.0, float(row["onset_s"]) - padding_s)
        last = min(DURATION_S, float(row["offset_s"]) + padding_s)
        np.testing.assert_array_equal(
            sound, samples[round(first * RATE_HZ) : round(last * RATE_HZ)]
        )
        assert (float(row["file_onset_s"]), float(row["file_offset_s"])) == (first, last)


def test_files_are_sorted_into_folders_by_label_with_names_of_the_template(
    recording: bytes,
) -> None:
    options = SegmentOptions("flac", template="{number} {clip} {peak}")
    names = written([clip(recording)], options).namelist()
    assert sorted(names) == [
        "Bee_ wasp_ etc_/0002 walk 0.75.flac",
        "Dog/0001 walk 0.75.flac",
        "Dog/0003 walk 0.75.flac",
        "Dog/0004 walk 0.75.flac",
        "segments.csv",
        "settings.json",
    ]


def test_files_of_one_name_are_numbered_and_folders_of_two_labels_are_two(
    recording: bytes,
) -> None:
    both = [event(0, 1, "a,b"), event(1, 2, "a;b"), event(2, 3, "A,B")]
    members = written([clip(recording, both), clip(recording, both)], SegmentOptions(template="x"))
    assert {row["label"]: row["file"] for row in listed(members)} == {
        "a,b": "a_b/x (2).wav",
        "a;b": "a_b (2)/x (2).wav",
        "A,B": "A_B (3)/x (2).wav",
    }
    told = json.loads(members.read("settings.json"))
    assert [one["clip_name"] for one in told["clips"]] == ["walk.wav", "walk.wav (2)"]
    assert told["segments"] == {"format": "wav", "padding_s": 0.0, "name": "x"}


def test_a_stereo_recording_gives_the_channel_that_was_analysed(
    samples: NDArray[np.int16],
) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.stack([samples, samples[::-1]], 1), RATE_HZ, format="FLAC")
    right = replace(clip(file.getvalue(), EVENTS[:1]), channels="right")
    members = written([right], SegmentOptions())
    sound, _ = soundfile.read(io.BytesIO(members.read(members.namelist()[0])), dtype="int16")
    np.testing.assert_array_equal(sound, samples[::-1][:RATE_HZ])


def test_events_that_overlap_beyond_the_bound_are_cut_in_another_pass(
    recording: bytes, samples: NDArray[np.int16], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "MAX_OPEN_SAMPLES", 4 * RATE_HZ)
    reserved: list[int] = []
    overlapping = [event(n / 10, 3 + n / 10, f"Dog {n}") for n in range(5)]
    pieces = segments_zip([clip(recording, overlapping)], SegmentOptions(), reserve=reserved.append)
    members = zipfile.ZipFile(io.BytesIO(b"".join(piece.content for piece in pieces)))
    assert len(reserved) == 5
    assert max(reserved) <= 2 * 4 * RATE_HZ
    for row in listed(members):
        sound, _ = soundfile.read(io.BytesIO(members.read(row["file"])), dtype="int16")
        first = round(float(row["onset_s"]) * RATE_HZ)
        np.testing.assert_array_equal(sound, samples[first : first + len(sound)])


def test_a_long_event_gives_several_files_without_a_gap() -> None:
    parts = plan([event(1, 3)], duration_s=4, padding_s=0, rate_hz=10, max_samples=8)
    assert [(one.part, one.first, one.last) for one in parts] == [
        (1, 10, 18),
        (2, 18, 26),
        (3, 26, 30),
    ]
    assert SegmentOptions().file_name("a.b.wav", 1, event(1, 3), 2) == "a_b_0001.00s_Dog-part2.wav"


spans = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 20)).map(
        lambda span: Segment(event(0, 1), 1, 0, span[0], span[0] + span[1])
    )
).map(lambda found: sorted(found, key=lambda one: one.first))


@given(spans, st.integers(20, 60))
def test_passes_have_each_segment_once_and_no_more_open_than_allowed(
    found: list[Segment], max_open: int
) -> None:
    runs = passes(found, max_open)
    assert sorted(id(one) for run, _ in runs for one in run) == sorted(map(id, found))
    for run, most in runs:
        at_once = [
            sum(one.last - one.first for one in run if one.first <= at < one.last)
            for at in range(80)
        ]
        assert max(at_once) == most <= max_open
    if sum(one.last - one.first for one in found) <= max_open:
        assert len(runs) <= 1


@given(st.floats(0, 5), st.floats(0, 5), st.floats(0, 10), st.sampled_from([8_000, 44_100]))
def test_a_segment_lies_within_its_clip_and_has_a_sample(
    onset_s: float, length_s: float, padding_s: float, rate_hz: int
) -> None:
    (one,) = plan(
        [event(onset_s, onset_s + length_s)], duration_s=4.0, padding_s=padding_s, rate_hz=rate_hz
    )
    assert 0 <= one.first < one.last <= 4 * rate_hz


def test_no_event_is_a_list_without_rows(recording: bytes) -> None:
    members = written([clip(recording, [])], SegmentOptions())
    assert members.namelist() == ["segments.csv", "settings.json"]
    assert listed(members) == []


def test_what_reserves_memory_may_refuse_and_what_waits_may_cancel(recording: bytes) -> None:
    def refuse(_n_bytes: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        list(segments_zip([clip(recording)], SegmentOptions(), reserve=refuse))


@pytest.mark.parametrize("padding_s", [-0.1, 10.1, float("nan")])
def test_a_padding_out_of_range_is_refused(padding_s: float) -> None:
    with pytest.raises(ExportError, match="from 0 to 10 s"):
        SegmentOptions(padding_s=padding_s)


def test_an_unknown_field_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ExportError) as error:
        SegmentOptions(template="{date}")
    assert all(f"{{{field}}}" in error.value.allowed for field in FIELDS)


def test_a_long_recording_is_cut_in_bounded_memory() -> None:
    rate_hz, duration_s = 16_000, 240.0
    samples = np.random.default_rng(2).integers(-9_000, 9_000, round(rate_hz * duration_s))
    file = io.BytesIO()
    soundfile.write(file, samples.astype(np.int16), rate_hz, format="WAV", subtype="PCM_16")
    events = [event(float(n), n + 3.0) for n in range(0, 237, 2)]
    made = replace(PROVENANCE, duration_s=duration_s)
    long = SegmentedClip(file.getvalue(), rate_hz, made, lambda: events)
    n_bytes = 0
    tracemalloc.start()
    for piece in segments_zip([long], SegmentOptions()):
        n_bytes += len(piece.content)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_bytes > 2 * rate_hz * 3 * len(events)
    assert most < n_bytes / 4
