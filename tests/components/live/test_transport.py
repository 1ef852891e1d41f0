"""Which tab a source belongs to, although any access to the tab's state may end the script."""

from typing import Any

import pytest

from components.live import transport
from models.live import LiveSession, Seats, Source


class EndedError(Exception):
    """Stands for Streamlit's own exception, which ends a script that is to run again."""


class State(dict[str, Any]):
    """Values of a tab; access may end the script."""

    ends = False

    def keep(self, name: str, value: object) -> None:
        self.check()
        self[name] = value

    def kept(self, name: str, default: object = None) -> Any:  # noqa: ANN401
        self.check()
        return self.get(name, default)

    def check(self) -> None:
        if self.ends:
            raise EndedError


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> State:
    state = State()
    monkeypatch.setattr(transport.tab, "keep", state.keep)
    monkeypatch.setattr(transport.tab, "kept", state.kept)
    return state


class Listening(LiveSession):
    """A session whose source goes on."""

    @property
    def source(self) -> Source | None:
        return self._source


def test_a_source_that_was_started_belongs_to_its_tab(state: State) -> None:
    session = Listening(Seats(1), keep=lambda _excerpt: None)

    def start() -> Source:
        state.ends = True  # the page has changed, and the script is to run again
        return session.take_over("webrtc")

    transport.begin(start)
    state.ends = False
    assert transport.is_own(session)
    session.take_over("websocket")  # by another tab
    assert not transport.is_own(session)
