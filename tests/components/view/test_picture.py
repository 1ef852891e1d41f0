import gzip
import json

import numpy as np

from components.view.picture import BEST, picture_file
from models.audio import timing
from models.audio.envelope import Envelope, min_max_envelope
from models.audio.spectrogram import Spectrogram, log_mel
from models.events.timeline import Timeline

LABELS = (*(f"Class {index}, {index}" for index in range(30)), "Dog")


def parts(n_frames: int = 40) -> tuple[Envelope, Spectrogram, Timeline]:
    generator = np.random.default_rng(3)
    scores = (generator.integers(0, 256, (n_frames, len(LABELS))) / 255).astype(np.float32)
    onsets_s = timing.frame_onsets_s(n_frames, 7_680, 16_000)
    duration_s = float(onsets_s[-1] + 0.975)
    samples = generator.uniform(-0.5, 0.5, round(16_000 * duration_s)).astype(np.float32)
    timeline = Timeline(scores, onsets_s, 0.975, 0.48, LABELS, duration_s)
    return min_max_envelope(samples, 16_000), log_mel(samples, 16_000), timeline


def read(file: bytes) -> tuple[dict[str, object], list[np.ndarray]]:
    """Read a picture file by what its module's docstring says, and by nothing else."""
    data = gzip.decompress(file)
    length = int(np.frombuffer(data, "<u4", 1)[0])
    header = json.loads(data[4 : 4 + length])
    at = 4 + length
    arrays = []
    n_bands = len(header["spectrogram"]["bands_hz"])
    for kind, count in (
        ("<i2", 2 * header["wave"]["count"]),
        ("u1", n_bands * header["spectrogram"]["count"]),
        ("<u2", header["best"]["frames"] * header["best"]["k"]),
        ("u1", header["best"]["frames"] * header["best"]["k"]),
    ):
        at += -at % np.dtype(kind).itemsize
        arrays.append(np.frombuffer(data, kind, count, at))
        at += arrays[-1].nbytes
    assert at == len(data)
    return header, arrays


def test_everything_comes_back_as_it_went_in() -> None:
    envelope, spectrogram, timeline = parts()
    header, (wave, levels, _, _) = read(picture_file(envelope, spectrogram, timeline, LABELS))
    np.testing.assert_array_equal(wave.reshape(-1, 2), envelope.extremes)
    n_bands = len(spectrogram.bands_hz)
    np.testing.assert_array_equal(levels.reshape(-1, n_bands).T, spectrogram.levels)
    assert header["wave"]["step_s"] == envelope.step_s
    assert header["spectrogram"]["step_s"] == spectrogram.step_s
    assert tuple(header["labels"]) == LABELS
    assert header["categories"][-1] >= 0
    assert set(header["categories"][:-1]) == {-1}


def test_the_best_of_each_frame_are_the_timelines_own() -> None:
    envelope, spectrogram, timeline = parts()
    _, (_, _, indices, scores) = read(picture_file(envelope, spectrogram, timeline, LABELS))
    for frame, (best, values) in enumerate(
        zip(indices.reshape(-1, BEST), scores.reshape(-1, BEST), strict=True)
    ):
        expected = np.sort(timeline.scores[frame])[::-1][:BEST]
        np.testing.assert_array_equal(timeline.scores[frame, best], expected)
        np.testing.assert_array_equal(values, np.minimum(np.rint(expected * 256), 255))


def test_only_what_may_be_shown_is_among_the_best() -> None:
    envelope, spectrogram, timeline = parts()
    header, (_, _, indices, _) = read(
        picture_file(envelope, spectrogram, timeline, ("Dog", LABELS[4]))
    )
    assert header["best"]["k"] == 2
    assert set(indices.tolist()) == {4, 30}
    header, arrays = read(picture_file(envelope, spectrogram, timeline, ()))
    assert header["best"]["k"] == 0
    assert len(arrays[2]) == 0
