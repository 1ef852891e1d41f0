"""Thresholds of single classes outlive the table in which they were edited."""

from models.inference import Classifier
from models.registry.catalog import BUILTIN
from tests.components.pages import SCRIPT, new_tab, open_app, workspace_of


def test_what_was_edited_is_there_after_a_reload(builtin: Classifier) -> None:
    before = open_app(clip="demonstration")
    workspace = workspace_of(before)
    edited = {builtin.labels[0]: 0.9, builtin.labels[1]: 0.1}
    workspace.view.thresholds = dict(edited)  # as the table does, whose edits a reload forgets
    after = new_tab(SCRIPT, workspace, BUILTIN)
    for _ in range(2):
        after.run()
        assert not after.exception
        assert workspace.view.thresholds == edited
