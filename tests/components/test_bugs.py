"""A bug in the script, a callback or a fragment: one sentence for the page, the log the rest."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.WidgetStates_pb2 import WidgetState

from components.server.errors import WORDS
from tests.e2e.driving import PROJECT, Server, serving_app
from tests.load.wire import Visitor

ON_THE_SERVER = "/srv/secret/path"

FAULTS = f"""

def stumble():
    raise ZeroDivisionError("{ON_THE_SERVER}")

@st.fragment
def part():
    if st.button("fail in a fragment"):
        stumble()

if st.button("fail in the script"):
    stumble()
st.button("fail in a callback", on_click=stumble)
part()
"""


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Server]:
    """The app with three buttons more."""
    for name in ("components", "models", ".streamlit"):
        unwanted = shutil.ignore_patterns("secrets.toml")
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=unwanted)
    shutil.copy(PROJECT / "app.py", tmp_path)
    with (tmp_path / "components/script.py").open("a") as script:
        script.write(FAULTS)
    with (tmp_path / "log").open("wb") as log, serving_app(None, tmp_path, log) as running:
        yield running


class Unlucky(Visitor):
    """Presses buttons as the page does: those of a fragment have just that run anew."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.fragments: dict[str, str] = {}

    def _draw(self, delta: Delta) -> None:
        super()._draw(delta)
        if delta.new_element.HasField("button"):
            self.fragments[delta.new_element.button.id] = delta.fragment_id

    async def press(self, label: str) -> None:
        button: str = await self.wait_for(
            lambda e: e.button.id if e.button.label == label else None
        )
        pressed = WidgetState(id=button, trigger_value=True)
        await self.rerun(pressed, fragment=self.fragments[button])


@pytest.mark.parametrize(
    ("label", "in_fragment"),
    [("fail in the script", False), ("fail in a callback", False), ("fail in a fragment", True)],
)
def test_the_page_says_that_something_went_wrong_and_the_log_what(
    faulty: Server, tmp_path: Path, label: str, in_fragment: bool
) -> None:
    async def visit() -> str:
        visitor = Unlucky(faulty.url)
        async with visitor.visiting():
            await visitor.press(label)
            assert any(visitor.fragments.values()) >= in_fragment
            await visitor.wait_for(lambda e: WORDS in e.alert.body or None)
            words = visitor.words()
            await visitor.rerun()  # it is over
            await visitor.wait_for(lambda e: e.button.label == "fail in the script" or None)
            return words

    words = asyncio.run(visit())
    assert ON_THE_SERVER not in words
    assert "Traceback" not in words
    log = (tmp_path / "log").read_text()
    assert log.count(f"ZeroDivisionError: {ON_THE_SERVER}") == 1
