"""All that one visitor has: what it holds, what it has room for, and that it is freed."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from components.view.settings import AnalysisSettings
from components.workspace.choices import TRUE_EVENT_BYTES, TruthList
from components.workspace.exports import ExportFile
from components.workspace.files import ServedFile
from components.workspace.recordings import PLACE
from components.workspace.room import Room
from components.workspace.workspace import Workspace
from models.analysis import Analysis
from models.audio import Clip
from models.errors import RecordingError, SettingError
from models.events.truth import TrueEvent
from models.inference import Classifier
from models.jobs.job import Job
from models.live import Excerpt, Gap, LiveSettings
from models.registry.local_models import ModelFile
from models.teaching import lesson as lessons
from models.teaching.delivery import Delivery, Parcel
from models.teaching.lesson import Lesson, Piece
from tests.components.workspace.making import FULL, MB, recording, workspace
from tests.models.teaching.parcels import LABEL

PROJECT = Path(__file__).parents[3]


def excerpt(duration_s: float, *, onset_s: float = 0.0, level: float = 0.25) -> Excerpt:
    clip = Clip.from_samples(np.full(round(16_000 * duration_s), level), 16_000)
    return Excerpt(clip, onset_s, 1_700_000_000.0, (Gap(0.1, 0.2),))


def names(one: Workspace) -> list[str]:
    return [each.name for each in one.recordings.all]


def test_a_workspace_knows_nothing_of_streamlit() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, components.workspace.workspace, components.workspace.registry\n"
            "print({m.partition('.')[0] for m in sys.modules}"
            " & {'streamlit', 'streamlit_webrtc', 'starlette', 'plotly'})",
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "set()\n"


def test_keys_cannot_be_guessed() -> None:
    keys = {workspace().key for _ in range(100)}
    assert len(keys) == 100
    assert min(map(len, keys)) == 32  # 24 random bytes in base64


def test_what_takes_too_much_is_told_with_what_is_held() -> None:
    one = workspace(max_workspace_mb=2, max_clips_mb=100)
    one.recordings.add(recording("a", 1_500_000))
    with pytest.raises(SettingError) as told:
        one.room.take(600_000)
    assert "This takes 600 kB more, and 1.5 MB are held already." in str(told.value)
    assert "A visitor may have 2 MB" in str(told.value)
    assert "Remove recordings, or choose Forget everything." in str(told.value)
    with pytest.raises(SettingError):
        one.recordings.add(recording("b", 600_000))
    assert names(one) == ["a"]
    one.room.take(500_000)


def test_where_the_server_is_full_that_is_told_and_nothing_stays_reserved() -> None:
    one = workspace(Room(100, lambda: 0, lambda _n_bytes: FULL))
    with pytest.raises(SettingError, match="All is full"):
        one.recordings.add(recording("a", 123))
    assert one.room.n_bytes == 0
    one.recordings.add(recording("a", 99))


def sound(duration_s: float) -> Clip:
    return Clip.from_samples(np.full(round(16_000 * duration_s), 0.25), 16_000)


def test_what_can_be_had_again_makes_room_before_anything_is_refused() -> None:
    one = workspace(max_workspace_mb=20)
    one.recordings.add(recording("a", 8 * MB))
    old, new = AnalysisSettings(), AnalysisSettings(hop_s=0.1)
    for settings in (old, new):
        analysed(one, settings, 5 * MB)
    export = exported(one, MB)
    one.recordings.add(recording("b", 2 * MB))
    assert one.exports.find(export.token) is None, "it can be written again"
    assert one.analyses.find(("a", old)) is not None
    one.analyses.find(("a", new))
    one.recordings.add(recording("c", 2 * MB))
    assert one.analyses.find(("a", old)) is None, "the oldest result goes first"
    assert one.analyses.find(("a", new)) is not None
    assert names(one) == ["a", "b", "c"]
    assert one.n_bytes <= 20 * MB


def analysed(one: Workspace, settings: AnalysisSettings, n_bytes: int) -> None:
    job = Job(lambda _progress: Sized(n_bytes))
    one.analyses.put(("a", settings), job)
    job.join("test")
    assert job.wait(60)


def exported(one: Workspace, n_bytes: int) -> ExportFile:
    job = one.exports.start("a.zip", "application/zip", lambda file, _: file.write(bytes(n_bytes)))
    job.join("test")
    return job.result()


def test_undo_goes_back_less_far_before_an_example_is_refused() -> None:
    one = workspace(max_workspace_mb=1)
    quarter_s = 0.24 * MB / Piece(LABEL, "a", "a", sound(1)).n_bytes
    for name in "abc":
        teach(one, name, quarter_s)
    removed = lessons.remove(one.teaching.lesson, one.teaching.lesson.pieces[0].number)
    one.teaching.change("removed a", removed)
    teach(one, "d", quarter_s)
    assert one.teaching.history.last_change == "added d to Typing"
    assert one.n_bytes <= MB
    assert not one.messages.show_failures(LABEL)
    teach(one, "e", quarter_s)
    assert [piece.name for piece in one.teaching.lesson.pieces] == ["b", "c", "d", "e"]
    assert not one.messages.show_failures(LABEL), "what was removed made room"
    teach(one, "f", quarter_s)
    ((name, error),) = one.messages.show_failures(LABEL)
    assert name == "f"
    assert "Remove examples on the page Teach" in str(error)
    assert [piece.name for piece in one.teaching.lesson.pieces] == ["b", "c", "d", "e"]


def teach(one: Workspace, name: str, duration_s: float) -> None:
    piece = Piece(LABEL, name, name, sound(duration_s))
    parcel = Parcel(name, lambda _progress: partial(lessons.add, pieces=[piece]))
    take(one, Delivery(LABEL, [parcel], LABEL))


def take(one: Workspace, delivery: Delivery) -> None:
    one.teaching.add_delivery(delivery)
    job = delivery.job()
    job.join("test")
    assert job.wait(60)
    one.teaching.take_parcel(delivery)


def test_what_waits_to_be_taken_in_counts_and_is_refused_where_it_does_not_fit() -> None:
    one = workspace(max_workspace_mb=1)
    waiting = Delivery(LABEL, [Parcel("a", lambda _progress: lambda lesson: lesson, 900_000)])
    one.teaching.add_delivery(waiting)
    assert one.n_bytes == 900_000
    with pytest.raises(SettingError):
        one.teaching.add_delivery(Delivery(LABEL, [replace(waiting.parcels[0], n_bytes=200_000)]))
    one.teaching.cancel_delivery(waiting)
    assert one.n_bytes == 0


def test_the_file_of_an_example_makes_room_for_it() -> None:
    one = workspace(max_workspace_mb=1)
    piece = Piece(LABEL, "a", "a", sound(0.9 * MB / Piece(LABEL, "a", "a", sound(1)).n_bytes))
    file = Parcel("a", lambda _progress: partial(lessons.add, pieces=[piece]), 800_000)
    take(one, Delivery(LABEL, [file], LABEL))
    assert one.teaching.lesson.pieces == (piece,)
    assert one.n_bytes == piece.n_bytes > 800_000


def test_models_lists_and_files_of_removed_models_count() -> None:
    one = workspace(max_workspace_mb=1)
    file = one.models.add(bytes(600_000), "a", {})
    assert isinstance(file, ModelFile)
    with pytest.raises(SettingError, match="Remove models"):
        one.models.add(bytes(500_000), "b", {})
    one.models.remove(file.sha256)
    assert one.n_bytes == 600_000, "its file is there for what still uses it"
    one.models.add(bytes(500_000), "b", {})
    assert one.n_bytes == 500_000
    one.view.truth["a"] = TruthList("a.txt", [TrueEvent(0.0, 1.0, "Speech")] * 100)
    assert one.n_bytes == 500_000 + 100 * TRUE_EVENT_BYTES


def test_listening_takes_from_the_first_moment_what_it_will_hold(builtin: Classifier) -> None:
    one = workspace()
    one.live.begin("websocket", builtin, LiveSettings())
    held = one.n_bytes
    assert held > 600 * 16_000 * 2
    one.live.stop()
    assert one.n_bytes < held / 4
    small = workspace(max_workspace_mb=20)
    for _ in range(2):
        with pytest.raises(SettingError, match="A visitor may have 20 MB"):
            small.live.begin("websocket", builtin, LiveSettings())
        assert not small.live.has_seat
        assert not small.live.listening


@pytest.mark.parametrize(
    "limits", [{"max_clips": 3}, {"max_clips_mb": 1}, {"max_workspace_mb": 1}], ids=str
)
def test_the_oldest_make_room_for_what_was_captured(limits: dict[str, int]) -> None:
    one = workspace(**limits)
    others = [recording(name, 300_000) for name in "abc"]
    for other in others:
        one.recordings.add(other)
        one.files.offer(ServedFile(b"", "audio/wav", other.name), other.digest)
        one.view.truth[other.digest] = TruthList("truth.txt", ())
    one.capture(excerpt(6), "Heard live")  # 192 kB
    assert names(one) == ["b", "c", "Heard live 2023-11-14 22.13.20 UTC.wav"]
    assert one.recordings.chosen == one.recordings.all[-1].digest
    assert one.recordings.all[-1].gaps == (Gap(0.1, 0.2),)
    assert one.files.find("a") is None, "nothing is left of what had to go"
    assert one.files.find("b") is not None
    assert others[0].digest not in one.view.truth
    one.capture(excerpt(6), "Heard live")
    assert len(one.recordings) == 3, "it was there already"


@pytest.mark.parametrize(
    "limits",
    [{"max_clips_mb": 1}, {"max_workspace_mb": 1}],
    ids=str,
)
def test_what_does_not_fit_even_alone_costs_no_other_and_is_told(limits: dict[str, int]) -> None:
    one = workspace(**limits)
    one.recordings.add(recording("a", 300_000))
    one.capture(excerpt(40), "Heard live")  # 1.28 MB
    assert names(one) == ["a"]
    ((name, _error),) = one.messages.show_failures(PLACE)
    assert name.startswith("Heard live")
    with pytest.raises((RecordingError, SettingError)):
        one.add_captured(recording("b", 1_000_001))


def test_what_a_session_recorded_is_kept_with_what_became_of_it() -> None:
    one = workspace()
    keep: Callable[[Excerpt], None] = one.live._keep
    keep(excerpt(10, onset_s=50.0))
    (kept,) = one.recordings.all
    assert kept.name.startswith("Live session ")
    assert kept.remark == "The session lasted 1:00; the last 10.0 s of it are kept."
    keep(excerpt(10, level=0.5))
    assert one.recordings.all[-1].remark == ""


def test_a_recording_goes_with_all_that_was_made_of_it() -> None:
    one = workspace()
    gone, stays = recording("gone"), recording("stays")
    settings = AnalysisSettings(), AnalysisSettings(hop_s=0.1)
    for each in (gone, stays):
        one.recordings.add(each)
        for setting in settings:
            one.analyses.put((each.digest, setting), Job[Analysis](lambda _progress: None))
        one.files.offer(ServedFile(b"sound", "audio/wav", each.name), each.digest)
        one.view.truth[each.digest] = TruthList("truth.txt", ())
    one.remove_recording(gone.digest)
    one.remove_recording(gone.digest)  # another tab did so, too
    assert names(one) == ["stays"]
    for setting in settings:
        assert one.analyses.find((gone.digest, setting)) is None
        assert one.analyses.find((stays.digest, setting)) is not None
    assert one.files.find("gone") is None
    assert one.files.find("stays") is not None
    assert set(one.view.truth) == {stays.digest}


def full() -> Workspace:
    """A workspace that has something of everything that takes memory."""
    one = workspace()
    one.recordings.add(recording("a", 1_000))
    one.models.add(b"a model", "mine", {})
    clip = Clip.from_samples(np.full(16_000, 0.25), 16_000)
    one.teaching.change("added it", Lesson(pieces=(Piece("Typing", "a", "a", clip),)))
    one.files.offer(ServedFile(b"sound", "audio/wav", "digest"), "group")
    one.files.offer(ServedFile(b"picture", "image/webp", "picture"), "group")
    one.view.set_thresholds({"Speech": 0.5})
    one.settings["model"] = "yamnet"
    return one


def test_its_size_is_that_of_all_that_it_holds() -> None:
    one = full()
    sounds = 16_000 * 6  # float32, and a WAV file of 16 bits to be played
    assert one.n_bytes == 1_000 + len(b"a model") + sounds + len(b"picture")
    analysed(one, AnalysisSettings(), 5 * MB)
    export = exported(one, 2_000)
    assert one.n_bytes == (
        1_000 + len(b"a model") + sounds + len(b"picture") + 5 * MB + export.size_bytes
    )


class Sized:
    """Stands for an analysis of a certain size."""

    def __init__(self, n_bytes: int) -> None:
        self.n_bytes = n_bytes


def test_closing_frees_all_of_it() -> None:
    one = full()
    (model,) = (file for file in one.models.all() if file.uploaded)
    assert model.path.exists()
    one.close()
    assert one.n_bytes == 0
    assert not one.recordings.all
    assert not model.path.exists()
    assert one.teaching.lesson.pieces == ()
    assert one.files.find("digest") is None
    assert one.view.thresholds == {}
    assert one.settings == {}
    one.close()
