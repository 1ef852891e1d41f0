"""Simulated visitor without a browser, which uses the protocol of Streamlit's page.

The page sends the visitor's cookie. It connects to ``/_stcore/stream`` with the subprotocols
``streamlit``, a placeholder and, to reconnect, the id of its session. It requests a run of the
script with the state of all its widgets, and receives the elements until ``script_finished``.
Files are uploaded by HTTP, to an address that it requests over the WebSocket (observed with
Streamlit 1.67).
"""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from urllib3.util import Retry
from websockets.asyncio.client import ClientConnection, connect

from components.ui.recording_sources import UPLOADS_KEY

PATIENCE_S = 60.0
"""Timeout of an answer, in seconds; generous, because other programs may load the machine."""

_NO_XSRF_COOKIE = "PLACEHOLDER_AUTH_TOKEN"  # as the page sends it
_LARGEST_MESSAGE = 1 << 27

Result = TypeVar("Result")
Picker = Callable[[Element], Any]


def run(visit: Coroutine[Any, Any, Result]) -> Result:
    """Run the actions of visitors on another thread: Playwright uses this thread's event loop."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, visit).result()


class Visitor:
    """The elements that one page has received, and its answers.

    Parameters
    ----------
    url : str
        Address of the server.
    page : str
        Path of the page, without a slash; empty for the first.
    query : str
        Query string of the address.
    cookies : bool, optional
        False to act as a browser that refuses cookies.
    address : str, optional
        Address of the visitor, as a proxy would forward it.
    """

    def __init__(
        self, url: str, page: str = "", query: str = "", *, cookies: bool = True, address: str = ""
    ) -> None:
        self._forwarded = {"X-Forwarded-For": address} if address else {}
        self.session_id = ""
        self._url, self._page, self._query, self._cookies = url, page, query, cookies
        self._http = requests.Session()
        self._origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        # The server closes an idle connection after five seconds, possibly at the moment of its
        # reuse: as in browsers, an idempotent request is then repeated once.
        self._http.mount("http://", HTTPAdapter(max_retries=Retry(1, backoff_factor=0)))
        self._socket: ClientConnection | None = None
        self._widgets: dict[str, WidgetState] = {}
        self._elements: list[Element] = []
        self._urls: asyncio.Queue[Any] = asyncio.Queue()
        self._news = asyncio.Condition()
        self._script = ""
        self._scripts: dict[str, str] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def visiting(self) -> AsyncIterator["Visitor"]:
        """Open the page, and leave it at the end without notice, as a closed tab does."""
        await self.open()
        try:
            yield self
        finally:
            await self.leave()

    async def open(self) -> None:
        """Connect, for the first time or again, and request a run of the script."""
        self._elements.clear()  # the server has to send them again
        if self._cookies and not self._http.cookies:
            await asyncio.to_thread(self._http.get, self._url, timeout=30)
        own = "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())
        words = ["streamlit", _NO_XSRF_COOKIE, *([self.session_id] if self.session_id else [])]
        self._socket = await connect(
            f"{self._url.replace('http', 'ws', 1)}/_stcore/stream",
            subprotocols=words,
            origin=self._origin,
            additional_headers={"Cookie": own, **self._forwarded},
            max_size=_LARGEST_MESSAGE,
            max_queue=None,  # with a full one, closing waits ten seconds for an answer
        )
        self._tasks["reading"] = asyncio.create_task(self._read(self._socket))
        await self.rerun()

    async def connect(self, address: str) -> ClientConnection:
        """Open a WebSocket of the application, as a script of the page does."""
        own = "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())
        return await connect(
            self._url.replace("http", "ws", 1) + address,
            origin=self._origin,
            additional_headers={"Cookie": own},
            max_size=_LARGEST_MESSAGE,
            max_queue=None,  # with a full one, closing waits ten seconds for an answer
        )

    async def leave(self) -> None:
        """Drop the connection."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    @property
    def connected(self) -> bool:
        """Whether the page is open."""
        return self._socket is not None

    def note(self, state: WidgetState) -> None:
        """Set a widget's state for the next run of the script."""
        self._widgets[state.id] = state

    async def rerun(self, *states: WidgetState, fragment: str = "") -> None:
        """Request a run of the script with these states, in addition to all previous ones."""
        triggers = []
        for state in states:
            if state.WhichOneof("value") in ("trigger_value", "json_trigger_value"):
                triggers.append(state)  # a press applies to one run
            else:
                self.note(state)
        client = ClientState(query_string=self._query, page_script_hash=self._script)
        client.page_name = "" if self._script else self._page
        client.context_info.url = f"{self._url}/{self._page}"
        client.fragment_id, client.is_auto_rerun = fragment, bool(fragment)
        client.widget_states.widgets.extend([*self._widgets.values(), *triggers])
        await self.say(BackMsg(rerun_script=client))

    async def go(self, page: str) -> None:
        """Follow a link to another page of the app, given by its path."""
        self._script, self._page = self._scripts[page], page
        self._widgets.clear()
        await self.rerun()

    async def press(self, label: str) -> None:
        """Press a button, given by part of its label."""
        button = await self.wait_for(
            lambda e: e.button.id if e.HasField("button") and label in e.button.label else None
        )
        await self.rerun(WidgetState(id=button, trigger_value=True))

    async def upload(self, files: dict[str, bytes]) -> None:
        """Upload files on the page "Clip", in addition to previous ones."""
        own = re.compile(rf"-{UPLOADS_KEY}-\d+$")  # not the uploader for models

        def fresh(element: Element) -> str | None:
            """Return the identifier of an uploader that is drawn and not emptied yet."""
            found: str = element.file_uploader.id
            return found if own.search(found) and found not in self._widgets else None

        uploader = await self.wait_for(fresh)
        message = BackMsg()
        message.file_urls_request.request_id = "upload"
        message.file_urls_request.file_names.extend(files)
        message.file_urls_request.session_id = self.session_id
        await self.say(message)
        answer = await asyncio.wait_for(self._urls.get(), PATIENCE_S)
        state = WidgetState(id=uploader)
        for (name, data), urls in zip(files.items(), answer.file_urls, strict=True):
            await asyncio.to_thread(self._put, urls.upload_url, name, data)
            state.file_uploader_state_value.uploaded_file_info.add(
                name=name, size=len(data), file_id=urls.file_id, file_urls=urls
            )
        await self.rerun(state)

    async def fetch(self, address: str) -> bytes:
        """Fetch a file that the page refers to, such as the player's audio."""
        response = await asyncio.to_thread(self._http.get, self._url + address, timeout=PATIENCE_S)
        response.raise_for_status()
        return response.content

    def status(self, address: str) -> int:
        """Return the HTTP status of a request by this visitor."""
        return self._http.get(self._url + address, timeout=PATIENCE_S).status_code

    async def wait_for(self, pick: Picker, patience_s: float = PATIENCE_S) -> Any:  # noqa: ANN401
        """Wait until an element is on the page, and return the result of `pick` for it.

        Parameters
        ----------
        pick : callable
            Takes an element, the newest first, and returns None if it is not the one.
        patience_s : float
            Timeout, in seconds.
        """

        def found() -> Any:  # noqa: ANN401
            picked = (pick(element) for element in reversed(self._elements))
            return next((one for one in picked if one is not None), None)

        async with self._news:
            try:
                return await asyncio.wait_for(self._news.wait_for(found), patience_s)
            except TimeoutError as error:
                shown = [element.WhichOneof("type") for element in self._elements]
                raise TimeoutError(f"not on the page: {shown} {self.words()}") from error

    def words(self) -> str:
        """Return the text of alerts, headings, Markdown and exceptions on the page."""
        kinds = ("alert", "heading", "markdown", "exception")
        return "\n".join(
            str(getattr(element, kind))
            for element in self._elements
            for kind in kinds
            if element.HasField(kind)
        )

    def _put(self, address: str, name: str, data: bytes) -> None:
        response = self._http.put(
            self._url + address,
            files={name: (name, data, "audio/wav")},
            headers={"Origin": self._origin},
            timeout=PATIENCE_S,
        )
        response.raise_for_status()

    async def say(self, message: BackMsg) -> None:
        """Send a message."""
        assert self._socket is not None, "open the page first"
        await self._socket.send(message.SerializeToString())

    async def _read(self, socket: ClientConnection) -> None:
        async for content in socket:
            message = ForwardMsg()
            message.ParseFromString(content)
            async with self._news:
                self._take(message)
                self._news.notify_all()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._draw(message.delta)
        elif kind == "new_session":
            self.session_id = message.new_session.initialize.session_id
            if not message.metadata.run.fragment_ids:
                self._elements.clear()
                self._stop_ticking()
        elif kind == "navigation":
            pages, self._script = message.navigation.app_pages, message.navigation.page_script_hash
            self._scripts = {
                "" if page.is_default else page.url_pathname: page.page_script_hash
                for page in pages
            }
        elif kind == "file_urls_response":
            self._urls.put_nowait(message.file_urls_response)
        elif kind == "auto_rerun":
            fragment, every_s = message.auto_rerun.fragment_id, message.auto_rerun.interval
            self._tasks[fragment] = asyncio.create_task(self._tick(fragment, every_s))

    def _draw(self, delta: Delta) -> None:
        if delta.WhichOneof("type") == "new_element":
            self._elements = [e for e in self._elements if not _same_place(e, delta.new_element)]
            self._elements.append(delta.new_element)

    def _stop_ticking(self) -> None:
        for name in [name for name in self._tasks if name != "reading"]:
            self._tasks.pop(name).cancel()

    async def _tick(self, fragment: str, every_s: float) -> None:
        with contextlib.suppress(OSError):
            while True:
                await asyncio.sleep(every_s)
                await self.rerun(fragment=fragment)


def _same_place(one: Element, other: Element) -> bool:
    """Whether an element replaces another one: components are identified by their id."""
    kind = other.WhichOneof("type")
    if kind != one.WhichOneof("type") or kind not in ("bidi_component", "component_instance"):
        return False
    return bool(getattr(one, kind).id == getattr(other, kind).id)


def component(name: str) -> Picker:
    """Pick a component of version 2, given by its name, as its data."""

    def pick(element: Element) -> dict[str, Any] | None:
        if not element.HasField("bidi_component"):
            return None
        drawn = element.bidi_component
        if not drawn.component_name.endswith(name):
            return None
        kind = drawn.WhichOneof("data")
        text = drawn.mixed.json if kind == "mixed" else drawn.json
        data: dict[str, Any] = json.loads(text or "{}")
        return data

    return pick


def frame(name: str) -> Picker:
    """Pick a component of version 1, given by its name, as its id and arguments."""

    def pick(element: Element) -> tuple[str, dict[str, Any]] | None:
        drawn = element.component_instance
        if not element.HasField("component_instance") or name not in drawn.component_name:
            return None
        return drawn.id, json.loads(drawn.json_args)

    return pick
