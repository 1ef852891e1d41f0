import subprocess
import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import models
from models.archive import Archive, Hit, indexing, workers
from models.archive.store import ArchiveError
from models.errors import EarmarkError, ModelError, RecordingError, SettingError
from models.events import find_events
from models.inference import Classifier
from tests.models.archive.conftest import Record, tone

HOP_S = 0.96


def add(archive: Archive, *recordings: Path) -> None:
    archive.add(recordings, model="builtin", workers=0)


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys, models; models.open_archive('/nowhere').summary();"
        " print({'lancedb', 'dask', 'distributed'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_a_new_archive_is_empty_and_makes_no_folder(archive: Archive, tmp_path: Path) -> None:
    assert archive.summary().recordings == 0
    assert archive.model is None
    assert archive.verify() == archive.failures() == []
    assert not (tmp_path / "archive").exists()
    for search in (archive.events, lambda: archive.similar(np.ones((1, 1024), np.float32))):
        with pytest.raises(SettingError, match=r"is empty.*archive\.add"):
            search()


def test_a_folder_of_other_things_is_no_archive(folder: Path, record: Record) -> None:
    record(0)
    with pytest.raises(SettingError, match="is no archive"):
        models.open_archive(folder)


def test_events_are_those_of_the_recording_itself(
    archive: Archive, record: Record, builtin: Classifier
) -> None:
    path = record(0, duration_s=12.3)
    add(archive, path)
    timeline = builtin.classify(models.load_clip(path), HOP_S)
    for score in (0.2, 0.5):
        expected = find_events(timeline, score, offset_threshold=0.2)
        found = archive.events(min_score=score, limit=None)
        assert {(one.label, one.onset_s, one.offset_s, one.score) for one in found} == {
            (one.label, one.onset_s, one.offset_s, one.peak) for one in expected
        }
    assert expected
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_what_is_stored_of_a_window_is_what_the_model_gives(
    archive: Archive, record: Record, builtin: Classifier
) -> None:
    path = record(0)
    add(archive, path)
    clip = models.load_clip(path)
    hit = Hit(str(path), 0.0, clip.duration_s, 1.0, recording=0)
    (found,) = archive.similar(hit, limit=1)
    assert found.path == str(path)
    assert archive.summary().windows == builtin.classify(clip, HOP_S).n_frames
    (nearest, *_) = archive.similar(builtin.embed(clip, HOP_S)[2:3], limit=1, exact=True)
    assert nearest.onset_s <= 2 * HOP_S < nearest.offset_s


def test_a_clip_finds_the_recording_that_it_was_cut_from(archive: Archive, record: Record) -> None:
    paths = [record(seed) for seed in range(6)]
    add(archive, *paths)
    for path in paths[::2]:
        samples = models.load_clip(path).samples[15_360 : 2 * 15_360 + 15_600]
        clip = models.Clip.from_samples(samples, 16_000)
        best, *others = archive.similar(clip, limit=3)
        assert best.path == str(path)
        assert best.score == pytest.approx(1, abs=1e-3)
        assert all(other.score < 0.99 for other in others)


def test_a_negative_example_moves_down(archive: Archive, record: Record) -> None:
    paths = [record(seed) for seed in range(4)]
    add(archive, *paths)
    clips = [models.load_clip(path) for path in paths]
    both = [one.path for one in archive.similar(clips[:2], limit=100)]
    assert {both[0], both[1]} == {str(paths[0]), str(paths[1])}
    without = archive.similar(clips[0], negative=[clips[1]], limit=100)
    with_it = archive.similar(clips[0], limit=100)

    def score(hits: list[Hit]) -> float:
        return max(one.score for one in hits if one.path == str(paths[1]))

    assert without[0].path == str(paths[0])
    assert score(without) < score(with_it)


def test_results_can_be_limited_to_times_and_recordings(archive: Archive, record: Record) -> None:
    paths = [record(seed) for seed in range(3)]
    record(3, "without_a_date.wav")
    add(archive, paths[0].parent)
    everything = {one.path for one in archive.events(min_score=0.2, limit=None)}
    assert len(everything) == 4
    second = {"after": "2023-05-02", "before": datetime(2023, 5, 3)}
    assert {one.path for one in archive.events(min_score=0.2, **second)} == {str(paths[1])}
    example = archive.events(min_score=0.2)[0]
    assert {one.path for one in archive.similar(example, **second)} == {str(paths[1])}
    third = {"path": "*/20230503_*"}
    assert {one.path for one in archive.events(min_score=0.2, **third)} == {str(paths[2])}
    assert {one.path for one in archive.similar(example, **third)} == {str(paths[2])}
    with pytest.raises(SettingError, match="No recording's path"):
        archive.events(path="*.mp3")
    with pytest.raises(SettingError, match="cannot be read"):
        archive.events(after="yesterday")


def test_the_summary_counts(archive: Archive, record: Record, folder: Path) -> None:
    record(0)
    record(1, "sub/20230501_230000.wav")
    (folder / "broken.wav").write_bytes(b"RIFF")
    add(archive, folder)
    summary = archive.summary()
    assert (summary.recordings, summary.failed, summary.windows) == (2, 1, 2 * 5)
    assert summary.hours == pytest.approx(8 / 3600)
    assert summary.hours_by_day == {date(2023, 5, 1): pytest.approx(8 / 3600)}
    assert sum(summary.classes.values()) == summary.events > 0
    assert summary.model == "builtin"
    assert 10 * 2048 < summary.size_bytes < 1e6


def test_an_excerpt_is_the_sound_of_the_recording(
    archive: Archive, record: Record, folder: Path
) -> None:
    path = record(0, duration_s=6)
    whole = models.load_clip(path).samples
    flac = folder / "20230601_000000.flac"
    import soundfile

    soundfile.write(flac, tone(1, 6.0), 44_100)
    add(archive, folder)
    hit = next(one for one in archive.events(min_score=0.2) if one.path == str(path))
    clip = archive.excerpt(hit, padding_s=0.25)
    first = round(max(0, hit.onset_s - 0.25) * 16_000)
    assert np.array_equal(clip.samples, whole[first : first + len(clip.samples)])
    last = min(len(whole), round((hit.offset_s + 0.25) * 16_000))
    assert abs(len(clip.samples) - (last - first)) <= 1
    resampled = models.load_clip(flac).samples
    cut = archive.excerpt(Hit(str(flac), 1.0, 1.5, 1.0, recording=1 - hit.recording), 0.0)
    assert np.array_equal(cut.samples, resampled[16_000:24_000])
    with pytest.raises(SettingError, match="padding_s"):
        archive.excerpt(hit, -1)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(RecordingError, match="is not the recording that was added"):
        archive.excerpt(hit)
    path.unlink()
    with pytest.raises(RecordingError, match=r"cannot be read.*add the folder"):
        archive.excerpt(hit)


def test_an_archive_keeps_to_its_model_and_hop(
    archive: Archive, record: Record, dynamic_path: Path, builtin_path: Path
) -> None:
    add(archive, record(0))
    assert archive.add(record(1), workers=0).added == 1  # the model need not be given again
    assert archive.add(record(2), model=builtin_path, workers=0).added == 1
    with pytest.raises(ModelError, match="not that whose features"):
        archive.add(record(3), model=dynamic_path, workers=0)
    with pytest.raises(SettingError, match=r"The hop is 0\.48 s.*0\.96 s apart"):
        archive.add(record(3), hop_s=0.48, workers=0)
    with pytest.raises(SettingError, match=r"have shape \(1, 7\)"):
        archive.similar(np.ones(7, np.float32))


def test_a_dynamic_model_has_its_own_hop(
    archive: Archive, record: Record, dynamic_path: Path
) -> None:
    path = record(0)
    archive.add(path, model=dynamic_path, workers=0)
    assert archive.model.hop_s == 0.48
    assert (
        archive.summary().windows
        == models.open_classifier(dynamic_path).classify(models.load_clip(path)).n_frames
    )


def test_a_taught_classifier_scores_what_is_stored(
    archive: Archive, record: Record, builtin: Classifier
) -> None:
    paths = [record(seed) for seed in range(4)]
    add(archive, *paths)
    clips = [models.load_clip(path) for path in paths]
    taught = models.teach({"First": clips[:1], "Second": clips[1:2]}, base=builtin)
    found = archive.classify(taught, min_score=0.3, limit=1000)
    expected = {
        (str(path), event.label, event.onset_s)
        for path, clip in zip(paths, clips, strict=True)
        for event in find_events(taught.classify(clip, HOP_S), 0.3)
        if event.label != "Background"
    }
    assert {(one.path, one.label, one.onset_s) for one in found} == expected
    assert found[0].score >= found[-1].score
    assert {one.label for one in archive.classify(taught, labels=["Second"])} == {"Second"}
    assert archive.classify(taught, min_score=0.3, limit=2) == found[:2]


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({}, [0, 1, 2, 3]),
        ({"after": "2023-05-02T05:30:01"}, [1, 2, 3]),
        ({"before": "2023-05-03"}, [0, 1]),
        ({"after": "2023-05-02", "before": "2023-05-04"}, [1, 2]),
        ({"time_of_day": ("05:00", "05:31")}, [0, 1, 2, 3]),
        ({"time_of_day": ("05:31", "05:00")}, []),
        ({"path": "*20230502*"}, [1]),
        ({"after": "2024-01-01"}, []),
    ],
)
def test_a_taught_classifier_is_applied_to_a_part(
    archive: Archive,
    record: Record,
    builtin: Classifier,
    asked: dict[str, Any],
    kept: list[int],
) -> None:
    paths = [record(seed) for seed in range(4)]
    unknown = record(0, "no-time.wav", 5.0)
    add(archive, *paths, unknown)
    clips = [models.load_clip(path) for path in paths]
    taught = models.teach({"First": clips[:1], "Second": clips[1:2]}, base=builtin)
    everything = archive.classify(taught, min_score=0.0)
    assert {one.path for one in everything} == {*map(str, paths), str(unknown)}
    found = archive.classify(taught, min_score=0.0, **asked)
    assert {one.path for one in found} <= {
        *(str(paths[seed]) for seed in kept),
        *([] if asked else [str(unknown)]),
    }
    assert bool(found) == bool(kept)
    after = datetime.fromisoformat(asked.get("after", "2000-01-01"))
    among = [
        one
        for one in everything
        if not asked or (one.at is not None and Path(one.path) in [paths[n] for n in kept])
    ]
    assert found == [one for one in among if one.at is None or one.at >= after]


def test_uncertain_events_come_first_where_they_are_asked_for(
    archive: Archive, record: Record, builtin: Classifier
) -> None:
    paths = [record(seed) for seed in range(4)]
    add(archive, *paths)
    clips = [models.load_clip(path) for path in paths]
    taught = models.teach({"First": clips[:1], "Second": clips[1:2]}, base=builtin)
    everything = archive.classify(taught, min_score=0.0)
    found = archive.classify(taught, min_score=0.0, uncertain_first=True)
    doubts = [abs(one.score - 0.5) for one in found]
    assert doubts == sorted(doubts)
    assert set(found) == set(everything)
    few = archive.classify(taught, min_score=0.0, uncertain_first=True, limit=3)
    assert few == found[:3] != everything[:3]


def test_a_classifier_taught_on_another_model_is_refused(
    archive: Archive, record: Record, builtin: Classifier, dynamic_path: Path
) -> None:
    path = record(0)
    archive.add(path, model=dynamic_path, workers=0)
    clip = models.load_clip(path)
    taught = models.teach({"One": [clip]}, base=builtin)
    with pytest.raises(ModelError, match="Both have to be of the same model"):
        archive.classify(taught)


@pytest.mark.parametrize(
    "asked",
    [
        lambda archive: archive.events("Yodelling trombone"),
        lambda archive: archive.events(min_score=0.1),
        lambda archive: archive.events(min_score=40),
        lambda archive: archive.events(limit=0),
        lambda archive: archive.similar([]),
        lambda archive: archive.excerpt(Hit("nowhere.wav", 0, 1, 1, recording=77)),
        lambda archive: archive.add("no/such/*.wav", workers=0),
        lambda archive: archive.add(".", workers=-1),
        lambda archive: archive.add(__file__, client="tcp://127.0.0.1:9"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_a_user_can_cause_is_explained(
    archive: Archive, record: Record, asked: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "CONNECT_S", 1.0)  # no scheduler listens there
    add(archive, record(0))
    with pytest.raises(EarmarkError):
        asked(archive)


def test_labels_may_be_spelled_in_any_case(archive: Archive, record: Record) -> None:
    add(archive, record(0))
    label = archive.events(min_score=0.2)[0].label
    assert archive.events(label.upper(), min_score=0.2)[0].label == label


def test_an_index_is_made_when_it_pays_and_finds_the_same(
    archive: Archive, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "INDEXED_WINDOWS", 500)
    add(archive, record(0, duration_s=300))
    assert not has_vector_index(archive)
    add(archive, record(1, duration_s=300))
    assert has_vector_index(archive)
    later = record(2, duration_s=20)
    add(archive, later)  # windows that the index did not have when it was made
    samples = models.load_clip(later).samples[15_360 : 15_360 + 15_600]
    clip = models.Clip.from_samples(samples, 16_000)
    found, exact = (archive.similar(clip, limit=20, exact=each) for each in (False, True))
    assert found[0].path == str(later)
    assert found[0].score == pytest.approx(1, abs=1e-3)
    assert len({one.path for one in exact}) > 1
    shared = {(one.path, one.onset_s) for one in found} & {(one.path, one.onset_s) for one in exact}
    assert len(shared) >= 0.9 * len(exact)
    assert archive.verify() == []


def has_vector_index(archive: Archive) -> bool:
    indices = archive._store.snapshot().windows.list_indices()
    return any(index.columns == ["embedding"] for index in indices)


def test_a_damaged_archive_says_so(
    archive: Archive, record: Record, tmp_path: Path, builtin: Classifier
) -> None:
    path = record(0)
    add(archive, path)
    clip = models.load_clip(path)
    taught = models.teach({"One": [clip]}, base=builtin)
    for data in (tmp_path / "archive").glob("*.lance/data/*"):
        if data.parents[1].name != "head.lance":
            data.unlink()
    damaged = models.open_archive(tmp_path / "archive")
    for asked in (
        damaged.summary,
        damaged.events,
        damaged.verify,
        lambda: damaged.similar(clip),
        lambda: damaged.classify(taught),
        lambda: damaged.add(path, workers=0),
    ):
        with pytest.raises(ArchiveError, match="could not be read"):
            asked()


def test_a_taught_classifier_can_be_the_model(
    archive: Archive, record: Record, tmp_path: Path, builtin: Classifier
) -> None:
    paths = [record(seed) for seed in range(2)]
    clips = [models.load_clip(path) for path in paths]
    taught = models.teach({"First": clips[:1], "Second": clips[1:]}, base=builtin)
    archive.add(paths, model=taught.save(tmp_path / "mine"), workers=0)
    expected = find_events(taught.classify(clips[0], HOP_S), 0.3, offset_threshold=0.2)
    found = archive.events(min_score=0.3, path=str(paths[0]), limit=None)
    assert {(one.label, one.onset_s, one.score) for one in found} == {
        (one.label, one.onset_s, one.peak) for one in expected
    }
    assert expected
    assert archive.similar(clips[1], limit=1)[0].path == str(paths[1])


def test_an_address_may_be_a_url(record: Record, tmp_path: Path) -> None:
    path = record(0)
    archive = models.open_archive(f"file://{tmp_path}/archive")
    add(archive, path)
    again = models.open_archive(f"file://{tmp_path}/archive")
    assert again.summary().recordings == 1
    assert again.summary().size_bytes is None
    assert again.verify() == []


def test_a_time_of_day_passes_midnight(archive: Archive, record: Record) -> None:
    assert archive.version == -1
    add(archive, record(0, "20230501_053000.wav"), record(1, "20230501_233000.wav"))
    assert archive.version >= 0
    hours = {hit.at.hour for hit in archive.events(min_score=0.2, limit=None) if hit.at}
    assert hours == {5, 23}
    for within, expected in {
        ("05:00", "06:00"): {5},
        ("22:00", "05:00"): {23},
        ("22:00", "05:31"): {5, 23},
        ("06:00", "06:00"): {5, 23},
    }.items():
        found = archive.events(min_score=0.2, time_of_day=within, limit=None)
        assert {hit.at.hour for hit in found if hit.at} == expected
        alike = archive.similar(found[0], time_of_day=within)
        assert {hit.at.hour for hit in alike if hit.at} == expected
    with pytest.raises(SettingError, match="'noon' cannot be read"):
        archive.events(time_of_day=("noon", "13:00"))


def test_activity_counts_the_events_of_each_hour(archive: Archive, record: Record) -> None:
    names = ("20230501_053000.wav", "20230502_233000.wav", "untimed.wav")
    add(archive, *(record(seed, name) for seed, name in enumerate(names)))
    found = archive.events(min_score=0.2, limit=None)
    counted = Counter(
        hit.at.replace(minute=0, second=0, microsecond=0) for hit in found if hit.at is not None
    )
    assert len(counted) == 2
    assert archive.activity(min_score=0.2) == dict(sorted(counted.items()))
    label = found[0].label
    assert sum(archive.activity(label, min_score=0.2).values()) == sum(
        hit.label == label and hit.at is not None for hit in found
    )
