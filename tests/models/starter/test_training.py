"""What the starter model is trained on, without TensorFlow and without Debian's packages."""

from pathlib import Path

import numpy as np
import pytest

from models import taxonomy
from models.errors import RecordingError
from models.starter import augment, synthetic
from models.starter.classes import (
    ESC10_LABELS,
    LABELS,
    SILENCE,
    TEACHER_LABELS,
    from_teacher,
)
from models.starter.esc import read_recordings
from models.starter.synthetic import SAMPLE_RATE, WINDOW_SAMPLES
from models.starter.targets import AUDIBLE_DBFS, SILENT_DBFS, other_targets, recording_targets

DOG, RAIN = LABELS.index("Dog"), LABELS.index("Rain")
DEAF = np.zeros(len(LABELS), np.float32)  # a teacher that hears nothing


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_all_labels_are_audiosets() -> None:
    known = set(taxonomy.labels())
    assert set(LABELS) <= known
    assert {name for names in TEACHER_LABELS.values() for name in names} <= known
    assert set(ESC10_LABELS.values()) < set(LABELS)


def test_the_teacher_is_read_by_its_best_name_for_a_class() -> None:
    teacher_labels = taxonomy.labels()
    scores = np.zeros((2, len(teacher_labels)), np.float32)
    scores[0, teacher_labels.index("Bark")] = 0.8
    scores[0, teacher_labels.index("Dog")] = 0.5
    scores[1, teacher_labels.index("Raindrop")] = 0.3
    expected = np.zeros((2, len(LABELS)), np.float32)
    expected[0, DOG], expected[1, RAIN] = 0.8, 0.3
    np.testing.assert_array_equal(from_teacher(scores, teacher_labels), expected)


def test_a_silent_window_of_a_dogs_recording_is_silence_and_no_dog() -> None:
    target = recording_targets("Dog", DEAF, -np.inf, np.inf)
    assert target[SILENCE] == 1
    assert target.sum() == 1


def test_the_loudest_window_of_a_dogs_recording_is_a_dog() -> None:
    target = recording_targets("Dog", DEAF, -20.0, 0.0)
    assert target[DOG] > 0.9
    assert target[SILENCE] == 0


def test_between_barks_the_teacher_decides() -> None:
    teacher = DEAF.copy()
    teacher[DOG] = 0.4
    assert recording_targets("Dog", teacher, -50.0, 40.0)[DOG] == np.float32(0.4)


def test_the_truth_stands_against_the_teacher() -> None:
    teacher = DEAF.copy()
    teacher[RAIN] = 0.8
    target = recording_targets("Dog", teacher, -20.0, 0.0)
    assert target[DOG] > 3 * target[RAIN]


def test_what_is_none_of_the_classes_scores_nothing_whatever_the_teacher_says() -> None:
    assert other_targets(np.ones(len(LABELS), np.float32), -20.0, None).sum() == 0


def test_silence_comes_evenly_as_the_level_falls() -> None:
    middle = (SILENT_DBFS + AUDIBLE_DBFS) / 2
    target = recording_targets("Rain", DEAF, middle, 0.0)
    assert target[SILENCE] == pytest.approx(0.5)
    assert target[RAIN] == pytest.approx(0.95 / 2)


def test_esc50_is_read_as_it_is_published(tmp_path: Path) -> None:
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "esc50.csv").write_text(
        "filename,fold,target,category,esc10,src_file,take\n"
        "1-100032-A-0.wav,1,0,dog,True,100032,A\n"
        "5-1-A-10.wav,5,10,rain,True,1,A\n"
        "1-100038-A-14.wav,1,14,chirping_birds,False,100038,A\n"
    )
    found = [(one.path.name, one.label, one.fold) for one in read_recordings(tmp_path)]
    assert found == [("1-100032-A-0.wav", "Dog", 1), ("5-1-A-10.wav", "Rain", 5)]
    assert read_recordings(tmp_path)[0].path.parent == tmp_path / "audio"


def test_a_folder_for_each_category_is_read(tmp_path: Path) -> None:
    for name in ("rooster/3-1-A.ogg", "sneezing/1-2-B.wav", "sneezing/notes.txt", "cat/1-3-A.ogg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = {(one.path.name, one.label, one.fold) for one in read_recordings(tmp_path)}
    assert found == {("3-1-A.ogg", "Chicken, rooster", 3), ("1-2-B.wav", "Sneeze", 1)}


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"meta/esc50\.csv"):
        read_recordings(tmp_path)


def test_a_damaged_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "esc50.csv").write_text("filename,fold,category,esc10\nx,one,dog,True\n")
    with pytest.raises(RecordingError, match="cannot be read"):
        read_recordings(tmp_path)


@pytest.mark.parametrize("n_samples", [1, WINDOW_SAMPLES, 80_000])
def test_a_cut_is_one_window_long(n_samples: int) -> None:
    sound = rng().uniform(-1, 1, n_samples).astype(np.float32)
    for cut in (augment.cut, augment.cut_repitched):
        assert cut(rng(), sound).shape == (WINDOW_SAMPLES,)


@pytest.mark.parametrize("vary", [augment.reverberate, augment.band_limit])
def test_variations_keep_length_and_range(vary) -> None:  # noqa: ANN001
    sound = rng().uniform(-1, 1, WINDOW_SAMPLES).astype(np.float32)
    varied = vary(rng(), sound)
    assert varied.shape == sound.shape
    assert varied.dtype == np.float32
    assert np.abs(varied).max() <= 1
    assert not np.array_equal(varied, sound)


def test_gain_is_in_decibels_and_clips_at_full_scale() -> None:
    sound = np.full(WINDOW_SAMPLES, 0.1, np.float32)
    assert augment.level_dbfs(augment.amplify(sound, 6.0)) == pytest.approx(-14.0, abs=0.01)
    assert augment.level_dbfs(augment.amplify(sound, 60.0)) == 0.0
    assert augment.level_dbfs(np.zeros(10, np.float32)) == -np.inf


def mixed(gain_db: float) -> tuple[np.ndarray, np.ndarray]:
    """A dog, and rain at a level beside it, equally loud before that."""
    mel = np.full((1, 64, 64), 0.5, np.float32)
    dog, rain = DEAF.copy()[None], DEAF.copy()[None]
    dog[0, DOG] = rain[0, RAIN] = 1
    return augment.mix((mel, mel), (dog, rain), np.array([gain_db]))


def test_two_equally_loud_sounds_are_both_there() -> None:
    mel, target = mixed(0.0)
    np.testing.assert_allclose(mel, 0.5 * np.sqrt(2), rtol=1e-5)
    assert target[0, DOG] == target[0, RAIN] > 0.9


def test_a_sound_far_below_another_does_not_count() -> None:
    mel, target = mixed(-40.0)
    np.testing.assert_allclose(mel, 0.5, rtol=1e-3)
    assert target[0, DOG] > 0.9
    assert target[0, RAIN] < 0.01


def test_silence_mixed_with_a_sound_is_the_sound() -> None:
    silence, dog = DEAF.copy()[None], DEAF.copy()[None]
    silence[0, SILENCE] = dog[0, DOG] = 1
    nothing, something = np.zeros((1, 64, 64), np.float32), np.ones((1, 64, 64), np.float32)
    _, target = augment.mix((nothing, something), (silence, dog), np.zeros(1))
    assert target[0, SILENCE] == 0
    assert target[0, DOG] > 0.9


def test_disturbing_leaves_the_bank_as_it_was() -> None:
    mel = rng().uniform(0, 1, (4, 64, 64)).astype(np.float32)
    before = mel.copy()
    disturbed = augment.disturb(rng(), mel)
    np.testing.assert_array_equal(mel, before)
    assert disturbed.shape == mel.shape
    assert disturbed.min() >= 0


@pytest.mark.parametrize("maker", [maker for maker, _ in synthetic.MAKERS])
def test_synthetic_sounds_are_windows_of_peak_1_and_follow_their_seed(maker) -> None:  # noqa: ANN001
    sound = maker(rng())
    assert sound.shape == (WINDOW_SAMPLES,)
    assert sound.dtype == np.float32
    assert np.abs(sound).max() == pytest.approx(1)
    np.testing.assert_array_equal(sound, maker(rng()))


def test_the_shares_of_synthetic_sounds_are_a_whole() -> None:
    assert sum(share for _, share in synthetic.MAKERS) == pytest.approx(1)
    assert SAMPLE_RATE * 0.975 == WINDOW_SAMPLES
