"""Thresholds of single classes outlive the table in which they were edited."""

from streamlit.testing.v1 import AppTest

from components.workspace.current import IN_SESSION
from models.inference import Classifier
from models.registry.catalog import BUILTIN, CATALOG
from tests.components.pages import PATIENCE_S, SCRIPT, open_app, workspace_of


def test_what_was_edited_is_there_after_a_reload(builtin: Classifier) -> None:
    before = open_app(clip="demonstration")
    workspace = workspace_of(before)
    edited = {builtin.labels[0]: 0.9, builtin.labels[1]: 0.1}
    workspace.view.thresholds = dict(edited)  # as the table does, whose edits a reload forgets
    after = AppTest.from_file(SCRIPT, default_timeout=PATIENCE_S)
    after.session_state[IN_SESSION] = workspace
    after.query_params["model"] = CATALOG[BUILTIN].title
    for _ in range(2):
        after.run()
        assert not after.exception
        assert workspace.view.thresholds == edited
