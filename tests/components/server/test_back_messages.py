"""What a browser may say to Streamlit."""

import asyncio
import time
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import connect

from components.server.back_messages import (
    ADDRESS_AT_ONCE,
    ADDRESS_PER_S,
    BYTES_PER_MESSAGE,
    FLOODED,
    KINDS,
    MAX_FILES,
    MAX_KEPT_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_WAITING,
    MAX_WIDGETS,
    MESSAGES_AT_ONCE,
    MESSAGES_PER_S,
    OPERATIONS,
    BackMessages,
    TokenBucket,
    check_kinds,
    is_let_through,
)
from tests.components.server.serving import STREAM, serving
from tests.e2e.driving import serving_builtin
from tests.load.wire import Visitor

PATIENCE_S = 30.0

REFUSED = (
    BackMsg(clear_cache=True),
    BackMsg(load_git_info=True),
    BackMsg(set_run_on_save=True),
    BackMsg(debug_disconnect_websocket=True),
    BackMsg(debug_shutdown_runtime=True),
    BackMsg(),
)


def test_every_kind_that_streamlit_knows_was_looked_at() -> None:
    """A kind that a later Streamlit adds is refused, and fails here until it was looked at."""
    refused = {message.WhichOneof("type") for message in REFUSED} - {None}
    assert {one.name for one in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields} == refused | KINDS
    operation = BackMsg().backend_operation_request
    known = {one.name for one in operation.DESCRIPTOR.oneofs_by_name["payload"].fields}
    assert known == OPERATIONS | {"install_skills", "dismiss_skills_nudge"}


@pytest.mark.parametrize("message", REFUSED, ids=lambda message: message.WhichOneof("type"))
def test_what_no_page_says_is_refused(message: BackMsg) -> None:
    assert not is_let_through(message.SerializeToString())


def test_the_last_kind_counts_as_it_does_for_streamlit() -> None:
    rerun, clear = BackMsg(), BackMsg(clear_cache=True)
    rerun.rerun_script.query_string = "a"
    assert not is_let_through(rerun.SerializeToString() + clear.SerializeToString())
    assert is_let_through(clear.SerializeToString() + rerun.SerializeToString())


def test_files_are_not_written_beside_the_script() -> None:
    message = BackMsg()
    message.backend_operation_request.install_skills.SetInParent()
    assert not is_let_through(message.SerializeToString())
    message.backend_operation_request.dataframe_chunk.SetInParent()
    assert is_let_through(message.SerializeToString())


def asking_for_files(count: int) -> BackMsg:
    message = BackMsg()
    message.file_urls_request.file_names.extend([""] * count)
    return message


def running_with(*states: WidgetState, query: str = "") -> BackMsg:
    run = ClientState(query_string=query)
    run.widget_states.widgets.extend(states)
    return BackMsg(rerun_script=run)


def widgets(count: int) -> list[WidgetState]:
    return [WidgetState(id=str(number), bool_value=True) for number in range(count)]


def edited(n_rows: int, **known: str) -> WidgetState:
    """Return a table with rows that were added."""
    rows = ",".join(['{"Label":"a","Threshold":0.5}'] * n_rows)
    value = '{"edited_rows":{},"added_rows":[' + rows + '],"deleted_rows":[]}'
    return WidgetState(**{"id": "table", "string_value": value, **known})


def chosen(n_values: int) -> WidgetState:
    return WidgetState(id="classes", string_array_value={"data": ["a"] * n_values})


@pytest.mark.parametrize(
    "message",
    [
        asking_for_files(MAX_FILES),
        running_with(*widgets(MAX_WIDGETS)),
        running_with(WidgetState(id="text", string_value="x" * (MAX_KEPT_BYTES - 1_000))),
        running_with(WidgetState(id="recorder", json_trigger_value="x" * 2_600_000)),
        running_with(edited(521)),
        running_with(chosen(10_000)),
    ],
    ids=("files", "widgets", "text", "recording", "a row for each class", "each class"),
)
def test_what_pages_send_at_most_passes(message: BackMsg) -> None:
    assert is_let_through(message.SerializeToString())


@pytest.mark.parametrize(
    "message",
    [
        asking_for_files(MAX_FILES + 1),
        BackMsg(backend_operation_request={"request_id": "x" * MAX_KEPT_BYTES}),
        running_with(*widgets(MAX_WIDGETS + 1)),
        running_with(WidgetState(id="text", string_value="x" * MAX_KEPT_BYTES)),
        running_with(query="x" * MAX_KEPT_BYTES),
        running_with(
            WidgetState(id="recorder", json_trigger_value="x"),
            WidgetState(id="text", json_value="x" * MAX_KEPT_BYTES),
        ),
        running_with(WidgetState(id="recorder", json_trigger_value="x" * MAX_MESSAGE_BYTES)),
        running_with(edited(9_000)),
        running_with(*(edited(1_000, id=f"table {number}") for number in range(2))),
        running_with(WidgetState(id="table", json_value='{"deleted_rows":[0' + ",0" * 30_000)),
        running_with(chosen(30_000)),
        running_with(WidgetState(id="numbers", int_array_value={"data": [0] * 30_000})),
    ],
    ids=(
        *("files", "operation", "widgets", "text", "query", "beside", "recording"),
        *("rows", "rows of two tables", "deleted rows", "choices", "numbers"),
    ),
)
def test_what_none_sends_is_dropped(message: BackMsg) -> None:
    assert not is_let_through(message.SerializeToString())


def test_a_flood_of_messages_waits_and_a_page_does_not() -> None:
    now_s = 0.0
    pace = TokenBucket(MESSAGES_PER_S, MESSAGES_AT_ONCE, clock=lambda: now_s)
    waits_s = [pace.wait_s() for _ in range(MESSAGES_AT_ONCE + 100)]
    assert waits_s[:MESSAGES_AT_ONCE] == [0.0] * MESSAGES_AT_ONCE
    assert waits_s[-1] == pytest.approx(100 / MESSAGES_PER_S)
    now_s = 3_600.0
    assert pace.is_full
    assert pace.wait_s() == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "::1"])
def test_this_machine_does_not_wait(address: str) -> None:
    left: Message = {"type": "websocket.disconnect", "code": 1006}
    seen, _ = asyncio.run(_said([*[RUN] * 1_000, left], address))
    assert len(seen) == 1_001


def test_another_connection_of_an_address_does_not_wait_for_one_that_floods() -> None:
    async def visit() -> None:
        app = _Counting()
        middleware = BackMessages(app)
        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as visitors:
            tasks = [visitors.create_task(app.send(middleware, MESSAGES_AT_ONCE + 90))]
            await app.until(MESSAGES_AT_ONCE)
            began_s = time.monotonic()
            tasks += [visitors.create_task(app.send(middleware, 20)) for _ in range(10)]
            await app.until(MESSAGES_AT_ONCE + 200)
            assert time.monotonic() - began_s < 0.5 * 200 / MESSAGES_PER_S
            for task in tasks:
                task.cancel()

    asyncio.run(visit())


def test_many_connections_of_an_address_wait_together() -> None:
    async def visit() -> None:
        app = _Counting()
        middleware = BackMessages(app)
        n_connections = 2 * ADDRESS_AT_ONCE // MESSAGES_AT_ONCE
        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as visitors:
            tasks = [
                visitors.create_task(app.send(middleware, MESSAGES_AT_ONCE))
                for _ in range(n_connections)
            ]
            await app.until(ADDRESS_AT_ONCE)
            began_s = time.monotonic()
            await app.until(ADDRESS_AT_ONCE + 25)
            assert time.monotonic() - began_s > 0.5 * 25 / ADDRESS_PER_S
            for task in tasks:
                task.cancel()

    asyncio.run(visit())


def test_a_large_message_counts_as_many() -> None:
    pace = TokenBucket(MESSAGES_PER_S, MESSAGES_AT_ONCE, clock=lambda: 0.0)
    assert pace.wait_s(1 + 2_600_000 / BYTES_PER_MESSAGE) == 0  # a recording under Teach
    assert pace.wait_s(1 + MAX_MESSAGE_BYTES / BYTES_PER_MESSAGE) > 0


class _Counting:
    """An application that counts the messages that it gets to see."""

    def __init__(self) -> None:
        self.n_seen = 0
        self._more = asyncio.Condition()

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive())["type"] == "websocket.receive":
            async with self._more:
                self.n_seen += 1
                self._more.notify_all()

    async def until(self, n_seen: int) -> None:
        """Wait until that many messages were seen."""
        async with self._more:
            await self._more.wait_for(lambda: self.n_seen >= n_seen)

    async def send(self, middleware: BackMessages, n_messages: int) -> None:
        """Send messages over a connection, and keep it open."""
        coming: asyncio.Queue[Message] = asyncio.Queue()
        for _ in range(n_messages):
            coming.put_nowait(RUN)
        await middleware(_opened("192.0.2.1"), coming.get, _ignore)


async def _ignore(_message: Message) -> None:
    pass


def _opened(address: str) -> Scope:
    return {"type": "websocket", "path": STREAM, "client": (address, 1), "headers": []}


async def _said(
    messages: list[Message], address: str = "192.0.2.1"
) -> tuple[list[Message], list[Message]]:
    """Return what Streamlit gets to see of a connection's messages, and what is sent back."""
    seen: list[Message] = []
    sent: list[Message] = []
    coming: asyncio.Queue[Message] = asyncio.Queue()
    for message in messages:
        coming.put_nowait(message)

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        while not seen or seen[-1]["type"] == "websocket.receive":
            seen.append(await receive())

    async def send(message: Message) -> None:
        sent.append(message)

    await BackMessages(app)(_opened(address), coming.get, send)
    return seen, sent


RUN: Message = {"type": "websocket.receive", "bytes": running_with().SerializeToString()}


def test_who_has_left_has_no_more_runs() -> None:
    """Places of connections were taken until all that waited was acted on."""
    left: Message = {"type": "websocket.disconnect", "code": 1006}
    n_sent = MESSAGES_AT_ONCE + MAX_WAITING - 10
    seen, sent = asyncio.run(_said([RUN] * n_sent + [left]))
    assert seen[-1] == left
    assert MESSAGES_AT_ONCE <= len(seen) - 1 < n_sent
    assert not sent


def test_a_connection_that_floods_is_closed() -> None:
    seen, sent = asyncio.run(_said([RUN] * (MESSAGES_AT_ONCE + 2 * MAX_WAITING)))
    assert seen[-1] == {"type": "websocket.disconnect", "code": FLOODED}
    assert sent == [{"type": "websocket.close", "code": FLOODED}]


def test_a_version_of_streamlit_that_lacks_a_kind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    check_kinds()
    monkeypatch.setattr("components.server.back_messages.KINDS", {*KINDS, "from_the_future"})
    with pytest.raises(RuntimeError, match="no message from_the_future"):
        check_kinds()


def test_only_the_rest_arrives_and_in_order() -> None:
    said = [BackMsg(stop_script=True), BackMsg(clear_cache=True), BackMsg(app_heartbeat=True)]
    with serving(BackMessages) as host:
        on_stream = asyncio.run(_echoed(f"ws://{host}{STREAM}", said, 2))
        elsewhere = asyncio.run(_echoed(f"ws://{host}/earmark/key/live", said, 3))
    assert on_stream == [said[0], said[2]]
    assert elsewhere == said


async def _echoed(address: str, said: list[BackMsg], count: int) -> list[BackMsg]:
    async with connect(address) as opened:
        await opened.recv()
        for message in said:
            await opened.send(message.SerializeToString())
        return [BackMsg.FromString(await opened.recv()) for _ in range(count)]


NOTING = """
from pathlib import Path
import streamlit

note = Path(__file__).with_name("cleared")
streamlit.cache_resource.clear = streamlit.cache_data.clear = note.touch
"""


def test_nobody_empties_what_others_have(tmp_path: Path) -> None:
    """Streamlit would clear the caches of all visitors, and with them what their tabs wait for."""

    async def visit(url: str) -> None:
        async with Visitor(url).visiting() as visitor:
            await visitor.wait_for(lambda e: e.HasField("file_uploader") or None)
            await visitor.say(BackMsg(clear_cache=True))
            await asyncio.sleep(1)  # it takes a few milliseconds where it is let through

    with serving_builtin(tmp_path, NOTING) as running:
        asyncio.run(visit(running.url))
    assert not list(tmp_path.rglob("cleared"))
