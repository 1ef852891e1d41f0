"""Messages of a browser to Streamlit: the kinds that the pages need, and no others.

Streamlit acts on every kind that a browser sends, also on those that its own page offers to nobody
but a developer: ``clear_cache`` empties the caches of all visitors, ``install_skills`` writes files
beside the script, ``load_git_info`` and ``set_run_on_save`` read the server's repository and watch
its files. No setting turns them off (``streamlit/runtime/app_session.py``, 1.65 to 1.67). No issue
upstream asks for it; a public door would be a setting, such as the kinds that `client.toolbarMode`
offers, that the server holds browsers to. Until then the protocol is read here: `BackMsg` is not
public, and `check_kinds` refuses to start where it has become another one.
"""

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from components.server.scopes import is_stream

KINDS = {
    "app_heartbeat",
    "backend_operation_request",
    "file_urls_request",
    "rerun_script",
    "stop_script",
}
"""What the pages need, of the kinds in Streamlit's ``BackMsg.proto``."""

OPERATIONS = {"dataframe_chunk", "deferred_file"}
"""What they need of ``backend_operation_request``: parts of a table, and downloads."""


class BackMessages:
    """Middleware that drops messages of other kinds from Streamlit's WebSocket.

    Parameters
    ----------
    app : ASGIApp
        What it wraps.

    Raises
    ------
    RuntimeError
        If the installed Streamlit has none of the kinds that are needed.
    """

    def __init__(self, app: ASGIApp) -> None:
        check_kinds()
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        if is_stream(scope):
            await self._app(scope, lambda: _next(receive), send)
        else:
            await self._app(scope, receive, send)


def check_kinds() -> None:
    """Check that the installed Streamlit speaks the protocol that is known here.

    Raises
    ------
    RuntimeError
        If it does not.
    """
    message = BackMsg.DESCRIPTOR
    operation = BackMsg().backend_operation_request.DESCRIPTOR
    for kinds, known, oneof in ((KINDS, message, "type"), (OPERATIONS, operation, "payload")):
        has = {field.name for field in known.oneofs_by_name[oneof].fields}
        if not kinds <= has:
            raise RuntimeError(
                f"The installed Streamlit has no message {', '.join(sorted(kinds - has))}: it is "
                "spoken to otherwise than 1.65 to 1.67. Install a version within the bounds of "
                "requirements.txt."
            )


def is_let_through(data: bytes) -> bool:
    """Whether Streamlit gets to see a message; it refuses by itself what cannot be read."""
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return True
    kind = message.WhichOneof("type")
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in OPERATIONS
    return kind in KINDS


async def _next(receive: Receive) -> Message:
    """Wait for the next message that Streamlit gets to see."""
    while True:
        message = await receive()
        data = message.get("bytes")
        if message["type"] != "websocket.receive" or data is None or is_let_through(data):
            return message
