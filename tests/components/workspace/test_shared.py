"""What all visitors share goes with the last who has the recording."""

from components.view.settings import AnalysisSettings
from components.workspace.limits import Limits
from components.workspace.shared import Shared
from models.jobs.job import Job
from tests.components.workspace.making import recording


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
