import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from models.audio import Clip, load_clip
from models.errors import Cancelled, ModelError, SettingError
from models.inference import BATCH_WINDOWS, Classifier
from models.opening import open_classifier
from models.registry.catalog import BUILTIN, CATALOG
from models.tflite.runtimes import TITLES, available_runtimes, open_interpreter
from tests.demonstrated import demonstration_clip


def noise(duration_s: float) -> Clip:
    generator = np.random.default_rng(0)
    samples = generator.uniform(-0.5, 0.5, round(16_000 * duration_s)).astype(np.float32)
    return Clip.from_samples(samples, 16_000)


@pytest.mark.model
@pytest.mark.recordings
def test_real_recordings_are_what_they_are(yamnet: Classifier, recordings: Path) -> None:
    true = {"speech_reading.ogg": "Speech", "trumpet.ogg": "Trumpet", "robin.ogg": "Bird"}
    for name, label in true.items():
        timeline = yamnet.classify(load_clip(recordings / name))
        assert label in [found for found, _ in timeline.top(5)], name


ESC10_LABELS = {
    "chainsaw/4-165823-A.ogg": "Chainsaw",
    "clock_tick/4-179984-A.ogg": "Tick-tock",
    "crackling_fire/4-170247-A.ogg": "Fire",
    "crying_baby/4-167077-A.ogg": "Baby cry, infant cry",
    "dog/4-182395-A.ogg": "Dog",
    "helicopter/4-125929-A.ogg": "Helicopter",
    "rain/4-160999-A.ogg": "Rain",
    "rooster/4-164021-A.ogg": "Chicken, rooster",
    "sea_waves/4-167063-A.ogg": "Waves, surf",
    "sneezing/4-156843-A.ogg": "Sneeze",
}


@pytest.mark.model
@pytest.mark.recordings
def test_a_clip_of_each_esc10_class_shows_what_it_is(yamnet: Classifier, esc10: Path) -> None:
    for name, label in ESC10_LABELS.items():
        timeline = yamnet.classify(load_clip(esc10 / name))
        assert label in {found for found, _ in timeline.top(5, by="max")}, name


@pytest.mark.parametrize("hop_s", [0.1, 0.24, 0.48, 0.975])
@pytest.mark.parametrize("duration_s", [0.01, 0.975, 1.0, 12.34])
def test_the_timeline_has_the_promised_grid(
    builtin: Classifier, hop_s: float, duration_s: float
) -> None:
    clip = noise(duration_s)
    timeline = builtin.classify(clip, hop_s=hop_s)
    n_samples, hop = len(clip.samples), round(hop_s * 16_000)
    assert timeline.n_frames == 1 + -(-max(0, n_samples - 15_600) // hop)
    assert timeline.scores.dtype == np.float32
    assert timeline.scores.shape == (timeline.n_frames, len(builtin.labels))
    assert timeline.scores.min() >= 0
    assert timeline.scores.max() <= 1
    np.testing.assert_allclose(timeline.onsets_s, np.arange(timeline.n_frames) * hop_s)
    assert timeline.duration_s == pytest.approx(duration_s, abs=1e-4)


def test_a_pool_gives_the_scores_of_one_interpreter(
    builtin: Classifier, builtin_path: Path
) -> None:
    clip = demonstration_clip()
    interpreter = open_interpreter(builtin_path)
    given = interpreter.tensor(interpreter.get_input_details()[0]["index"])
    taken = interpreter.tensor(interpreter.get_output_details()[0]["index"])
    expected = []
    for start in range(0, len(clip.samples) - 15_600, 7_680):
        given()[:] = clip.samples[start : start + 15_600]
        interpreter.invoke()
        expected.append(taken()[0].copy())
    scores = builtin.classify(clip).scores
    np.testing.assert_array_equal(scores[: len(expected)], expected)


def test_many_sessions_share_it_and_nothing_mixes(builtin: Classifier) -> None:
    samples = demonstration_clip().samples
    clips = [Clip.from_samples(part, 16_000) for part in np.array_split(samples, 8)]
    alone = [builtin.classify(clip, hop_s=0.24).scores for clip in clips]
    assert len({scores.tobytes() for scores in alone}) == 8
    together: dict[int, np.ndarray] = {}

    def classify(index: int) -> None:
        together[index] = builtin.classify(clips[index], hop_s=0.24).scores

    threads = [threading.Thread(target=classify, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, scores in enumerate(alone):
        np.testing.assert_array_equal(together[index], scores)


def test_a_short_clip_does_not_wait_behind_a_long_one(builtin: Classifier) -> None:
    long_fractions: list[float] = []
    started = threading.Event()

    def note(fraction: float) -> None:
        long_fractions.append(fraction)
        if fraction > 0:
            started.set()

    long_clip = noise(240.0)
    thread = threading.Thread(target=builtin.classify, args=(long_clip, 0.1, note))
    thread.start()
    assert started.wait(60)
    builtin.classify(noise(2.0))
    at_the_end_of_the_short_one = long_fractions[-1]
    thread.join()
    assert at_the_end_of_the_short_one < 1.0


def test_progress_rises_from_nothing_to_all(builtin: Classifier) -> None:
    fractions: list[float] = []
    builtin.classify(noise(60.0), progress=fractions.append)
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0
    assert fractions == sorted(fractions)
    assert len(fractions) > 3


def test_what_progress_raises_ends_the_work(builtin: Classifier) -> None:
    calls: list[float] = []

    def cancel_at_the_third(fraction: float) -> None:
        calls.append(fraction)
        if len(calls) == 3:
            raise Cancelled

    clip = noise(120.0)
    with pytest.raises(Cancelled):
        builtin.classify(clip, progress=cancel_at_the_third)
    assert calls[-1] <= 3 * BATCH_WINDOWS / 249
    # The classifier is free at once for the next one.
    assert builtin.classify(noise(1.0)).n_frames == 2


@pytest.mark.parametrize("hop_s", [0.1, 0.48, 0.975])
@pytest.mark.parametrize("duration_s", [0.01, 0.975, 8.175, 20.0])
@pytest.mark.parametrize("block_samples", [999, 16_000, 400_000])
def test_a_clip_in_blocks_has_the_scores_of_the_whole(
    builtin: Classifier, hop_s: float, duration_s: float, block_samples: int
) -> None:
    clip = noise(duration_s)
    blocks = (
        clip.samples[start : start + block_samples]
        for start in range(0, len(clip.samples), block_samples)
    )
    found, whole = builtin.classify_blocks(blocks, hop_s), builtin.classify(clip, hop_s)
    np.testing.assert_array_equal(found.scores, whole.scores)
    np.testing.assert_array_equal(found.onsets_s, whole.onsets_s)
    assert (found.hop_s, found.window_s) == (whole.hop_s, whole.window_s)
    assert found.duration_s == whole.duration_s


@pytest.mark.parametrize("hop_s", [0.24, 0.48])
def test_a_clip_in_blocks_has_the_embeddings_of_the_whole(
    builtin: Classifier, hop_s: float
) -> None:
    clip = noise(10.0)
    embeddings = builtin.embed_blocks(np.array_split(clip.samples, 11), hop_s)
    np.testing.assert_array_equal(embeddings, builtin.embed(clip, hop_s))


def test_blocks_are_asked_for_no_faster_than_they_are_heard(builtin: Classifier) -> None:
    """However slow the model, what waits for it stays a few batches."""
    asked_for = 0

    def blocks() -> Iterator[np.ndarray]:
        nonlocal asked_for
        for _ in range(300):
            asked_for += 1
            yield np.zeros(16_000, np.float32)

    framing = builtin.framing(0.48)
    rows = builtin._scoring.rows(blocks(), framing, builtin.contract.n_classes)
    for n_batches, _ in enumerate(rows, start=1):
        ahead_s = asked_for - n_batches * BATCH_WINDOWS * framing.hop_s
        assert ahead_s <= (builtin.workers + 1) * BATCH_WINDOWS * framing.hop_s + 2


def test_what_a_block_raises_ends_the_work(builtin: Classifier) -> None:
    def blocks() -> Iterator[np.ndarray]:
        for _ in range(30):
            yield np.zeros(16_000, np.float32)
        raise Cancelled

    with pytest.raises(Cancelled):
        builtin.classify_blocks(blocks())
    assert builtin.classify(noise(1.0)).n_frames == 2


@pytest.mark.model
@pytest.mark.recordings
def test_scores_equal_mediapipe(
    yamnet: Classifier,
    yamnet_path: Path,
    recordings: Path,
    mediapipe_scores: Callable[[Path, Clip], np.ndarray],
) -> None:
    for name in ("speech_reading.ogg", "vibe_ace.ogg"):
        clip = load_clip(recordings / name)
        expected = mediapipe_scores(yamnet_path, clip)
        scores = yamnet.classify(clip, hop_s=0.975).scores
        assert len(expected) == len(scores)
        assert np.abs(expected - scores).max() == 0.0


@pytest.fixture
def mediapipe_scores() -> Callable[[Path, Clip], np.ndarray]:
    """How MediaPipe's AudioClassifier scores a clip, one row per window."""
    pytest.importorskip("mediapipe", reason="MediaPipe has no wheel for this Python")
    from mediapipe.tasks.python import BaseOptions, audio, components

    def classify(path: Path, clip: Clip) -> np.ndarray:
        options = audio.AudioClassifierOptions(BaseOptions(model_asset_path=str(path)))
        with audio.AudioClassifier.create_from_options(options) as classifier:
            data = components.containers.AudioData.create_from_array(
                clip.samples.copy(), clip.sample_rate
            )
            results = classifier.classify(data)
        rows = np.empty((len(results), 521), np.float32)
        for row, result in zip(rows, results, strict=True):
            for category in result.classifications[0].categories:
                row[category.index] = category.score
        return rows

    return classify


@pytest.mark.model
@pytest.mark.runtimes
@pytest.mark.recordings
def test_runtimes_agree_on_real_recordings(
    yamnet: Classifier, yamnet_path: Path, recordings: Path
) -> None:
    """The same best class on at least 95 % of the frames in which anything scores above 0.3."""
    if "tflite" not in available_runtimes():
        pytest.skip("tflite-runtime has no wheel for this Python")
    other = Classifier(yamnet_path, runtime="tflite")
    agreeing = total = 0
    for path in sorted(recordings.glob("*.ogg")):
        clip = load_clip(path)
        ours, theirs = (c.classify(clip, hop_s=0.975).scores for c in (yamnet, other))
        clear = ours.max(axis=1) > 0.3
        agreeing += int((ours.argmax(axis=1) == theirs.argmax(axis=1))[clear].sum())
        total += int(clear.sum())
    other.close()
    assert total > 50
    assert agreeing / total >= 0.95


def test_a_catalog_name_and_a_path_open_the_same(builtin_path: Path) -> None:
    by_name, by_path = open_classifier(BUILTIN, workers=1), open_classifier(builtin_path, workers=1)
    assert by_name.labels == by_path.labels
    assert len(by_name.labels) == CATALOG[BUILTIN].n_classes
    for classifier in (by_name, by_path):
        classifier.close()


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("person_detect_model.tflite", "an image"),
        ("yamnet_spectra_in.tflite", "a spectrogram"),
    ],
)
def test_files_that_are_no_waveform_classifier_are_refused(
    shared_models: Path, name: str, reason: str
) -> None:
    with pytest.raises(ModelError, match=reason):
        open_classifier(shared_models / name)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    notes = tmp_path / "notes.csv"
    notes.write_text("index,mid,display_name\n")
    for path, reason in (
        (notes, "not a TFLite file"),
        (tmp_path / "missing.tflite", "no model file"),
    ):
        with pytest.raises(ModelError, match=reason):
            open_classifier(path)


def test_a_clip_at_another_rate_is_refused(builtin: Classifier) -> None:
    clip = Clip.from_samples(np.zeros(44_100, np.float32), 44_100)
    with pytest.raises(ModelError, match="44100 Hz"):
        builtin.classify(clip)


def test_an_unknown_runtime_is_refused(builtin_path: Path) -> None:
    with pytest.raises(SettingError, match="'onnx'"):
        open_interpreter(builtin_path, "onnx")


def test_the_default_runtime_is_litert() -> None:
    assert available_runtimes()[0] == "litert"
    assert set(available_runtimes()) <= set(TITLES)


@pytest.mark.parametrize("hop_s", [0.48, 0.975])
def test_a_profiler_does_not_disturb_it(builtin: Classifier, hop_s: float) -> None:
    """A profiler holds frames of functions that have returned, and with them their variables.

    LiteRT refuses to run while there is an array on its memory.
    """
    clip = noise(60.0)
    ended = threading.Event()

    def profile() -> None:
        held: deque[object] = deque(maxlen=50)
        while not ended.is_set():
            held.append(sys._current_frames())

    profiler = threading.Thread(target=profile)
    profiler.start()
    try:
        scores = builtin.classify(clip, hop_s).scores
        embeddings = builtin.embed(clip, hop_s)
    finally:
        ended.set()
        profiler.join()
    assert np.array_equal(scores, builtin.classify(clip, hop_s).scores)
    assert np.array_equal(embeddings, builtin.embed(clip, hop_s))
