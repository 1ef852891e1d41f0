"""What all visitors share goes with the last who has the recording."""

from collections.abc import Iterator
from typing import cast

import pytest

from components.server.upload_bounds import HELD, UploadBoundError
from components.view.settings import AnalysisSettings
from components.workspace.exports import ExportFile
from components.workspace.limits import Limits
from components.workspace.shared import Shared
from components.workspace.workspace import Workspace
from models.analysis import Analysis
from models.errors import SettingError
from models.jobs.job import Job
from tests.components.workspace.making import MB, recording

SETTINGS = AnalysisSettings()


def test_results_go_with_the_last_workspace_that_has_the_recording() -> None:
    shared = Shared(Limits())
    ada, bo = shared.registry.open("ada"), shared.registry.open("bo")
    both, one = recording("both", 100), recording("one", 100)
    for workspace in (ada, bo):
        workspace.recordings.add(both)
    ada.recordings.add(one)
    for each in (both, one):
        shared.analyses.put((each.digest, AnalysisSettings()), Job(lambda _progress: None))
    shared.registry.forget(ada)
    assert shared.analyses.find((both.digest, AnalysisSettings())) is not None
    assert shared.analyses.find((one.digest, AnalysisSettings())) is None
    bo.remove_recording(both.digest)
    assert shared.analyses.find((both.digest, AnalysisSettings())) is None
    shared.close()


@pytest.fixture
def narrow() -> Iterator[Shared]:
    """Room for 20 MB of all visitors."""
    shared = Shared(Limits(max_workspaces_mb=20))
    yield shared
    shared.close()


class Sized:
    """Stands for an analysis of a certain size."""

    def __init__(self, n_bytes: int) -> None:
        self.n_bytes = n_bytes


def result(n_bytes: int) -> Job[Analysis]:
    job: Job[Analysis] = Job(lambda _progress: cast(Analysis, Sized(n_bytes)))
    job.join("test")
    assert job.wait(60)
    return job


def test_what_several_hold_counts_once_for_all(narrow: Shared) -> None:
    both = result(3 * MB)
    narrow.analyses.put(("both", SETTINGS), both)
    for cookie in ("ada", "bo"):
        one = narrow.registry.open(cookie)
        one.recordings.add(recording(cookie, MB))
        one.analyses.put(("both", SETTINGS), both)
        assert one.n_bytes == 4 * MB
    assert narrow.room.n_bytes == 5 * MB


def test_results_that_no_workspace_holds_go_before_any_workspace(narrow: Shared) -> None:
    held = result(5 * MB)
    ada, bo = narrow.registry.open("ada"), narrow.registry.open("bo")
    ada.recordings.add(recording("a", 5 * MB))
    ada.analyses.put(("a", SETTINGS), held)
    narrow.analyses.put(("a", SETTINGS), held)
    narrow.analyses.put(("old", SETTINGS), result(4 * MB))
    narrow.analyses.put(("new", SETTINGS), result(4 * MB))
    narrow.registry.connect("bo")
    bo.recordings.add(recording("b", 5 * MB))
    assert narrow.analyses.find(("old", SETTINGS)) is None
    assert narrow.analyses.find(("new", SETTINGS)) is not None
    bo.recordings.add(recording("b2", 5 * MB))
    assert narrow.analyses.find(("new", SETTINGS)) is None
    assert ada.recordings.all, "what they hold themselves is there"
    bo.recordings.add(recording("b3", 5 * MB))
    assert not ada.recordings.all, "who has left makes room last"
    with pytest.raises(SettingError, match=r"memory for visitors is full.*20 MB"):
        bo.recordings.add(recording("b4", 6 * MB))


def test_exports_of_all_take_from_the_same_room(narrow: Shared) -> None:
    for cookie in ("ada", "bo", "cy"):
        narrow.registry.connect(cookie)
    for cookie in ("ada", "bo"):
        assert exported(narrow.registry.open(cookie)).result().size_bytes == 8 * MB
    with pytest.raises(SettingError, match="memory for visitors is full"):
        exported(narrow.registry.open("cy")).result()
    assert narrow.room.n_bytes == 16 * MB


def exported(workspace: Workspace) -> Job[ExportFile]:
    job = workspace.exports.start(
        "a.zip", "application/zip", lambda file, _progress: file.write(bytes(8 * MB)) and None
    )
    job.join("test")
    return job


def test_uploads_take_from_the_same_room(narrow: Shared) -> None:
    narrow.registry.connect("ada")
    ada = narrow.registry.open("ada")
    ada.recordings.add(recording("a", 15 * MB))
    HELD.reserve("home", 4 * MB, 4 * MB, narrow.limits, narrow.room)
    try:
        assert narrow.room.n_bytes == 19 * MB
        with pytest.raises(UploadBoundError) as refusal:
            HELD.reserve("home", 4 * MB, 8 * MB, narrow.limits, narrow.room)
        assert refusal.value.status == 503
        assert "memory for visitors is full" in refusal.value.reason
        with pytest.raises(SettingError):
            ada.recordings.add(recording("b", 2 * MB))
    finally:
        HELD.finish("home", 4 * MB, "no session", "no file")
    ada.recordings.add(recording("b", 2 * MB))
