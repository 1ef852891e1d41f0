"""Waiting until what was drawn is on its way to the browser."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from components import outbox


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppSession]:
    """A session with one message to send, on a loop that runs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    session = AppSession.__new__(AppSession)
    session._state = AppSessionState.SHUTDOWN_REQUESTED  # there is nothing to end
    session._browser_queue, session._event_loop = ForwardMsgQueue(), loop
    session._browser_queue.enqueue(ForwardMsg())
    monkeypatch.setattr(outbox, "_session", lambda: session)
    yield session
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_it_waits_until_all_is_taken(session: AppSession) -> None:
    session._event_loop.call_soon_threadsafe(
        session._event_loop.call_later, 0.05, session.flush_browser_queue
    )
    outbox.wait_until_sent(60)
    assert session._browser_queue.is_empty()


def test_it_waits_for_what_was_drawn_a_moment_before(session: AppSession) -> None:
    session._browser_queue.flush()

    def draw() -> None:  # the server's loop is busy, and takes it later
        session._browser_queue.enqueue(ForwardMsg())
        session._event_loop.call_later(0.05, session.flush_browser_queue)

    session._event_loop.call_soon_threadsafe(draw)
    outbox.wait_until_sent(60)
    assert session._browser_queue.is_empty()


def test_it_gives_up_where_nobody_takes_it_and_leaves_nothing_behind(session: AppSession) -> None:
    outbox.wait_until_sent(0.05)
    assert not session._browser_queue.is_empty()

    async def others() -> list[str]:
        await asyncio.sleep(0)  # what was cancelled ends
        return [t.get_name() for t in asyncio.all_tasks() if t is not asyncio.current_task()]

    assert asyncio.run_coroutine_threadsafe(others(), session._event_loop).result(60) == []


def test_where_the_server_has_ended_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    session = AppSession.__new__(AppSession)
    session._state = AppSessionState.SHUTDOWN_REQUESTED
    session._event_loop = asyncio.new_event_loop()
    session._event_loop.close()
    monkeypatch.setattr(outbox, "_session", lambda: session)
    outbox.wait_until_sent(60)


def test_without_a_server_there_is_nothing_to_wait_for() -> None:
    assert outbox._session() is None
    outbox.wait_until_sent(60)
