"""All that one visitor has: what it holds, what it has room for, and that it is freed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from components.view.settings import AnalysisSettings
from components.workspace.files import ServedFile
from components.workspace.recordings import PLACE
from components.workspace.view import TruthList
from components.workspace.workspace import Workspace
from models.analysis import Analysis
from models.audio import Clip
from models.errors import RecordingError, SettingError
from models.jobs.job import Job
from models.live import Excerpt, Gap
from models.teaching.lesson import Lesson, Piece
from tests.components.workspace.making import MB, recording, workspace

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
        one.reserve(600_000)
    assert "This takes 600 kB more, and 1.5 MB are held already." in str(told.value)
    assert "A visitor may have 2 MB" in str(told.value)
    with pytest.raises(SettingError):
        one.recordings.add(recording("b", 600_000))
    assert names(one) == ["a"]
    one.reserve(500_000)


def test_where_the_server_is_full_that_is_told() -> None:
    asked: list[int] = []

    def refuse(n_bytes: int) -> bool:
        asked.append(n_bytes)
        return False

    one = workspace(refuse, max_workspaces_mb=7)
    with pytest.raises(SettingError) as told:
        one.recordings.add(recording("a", 123))
    assert "memory for visitors is full" in str(told.value)
    assert "7 MB" in str(told.value)
    assert asked == [123]


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
    one.view.set_thresholds({"Speech": 0.5})
    one.settings["model"] = "yamnet"
    return one


def test_its_size_is_that_of_all_that_it_holds() -> None:
    one = full()
    samples = 16_000 * 4
    assert one.n_bytes == 1_000 + len(b"a model") + samples
    job = Job(lambda _progress: Sized(5 * MB))
    one.analyses.put(("digest", AnalysisSettings()), job)
    job.join("test")
    assert job.wait(10)
    assert one.n_bytes == 1_000 + len(b"a model") + samples + 5 * MB


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
