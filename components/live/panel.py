"""Live panel: a component to which the server pushes scores.

The script passes the address of the WebSocket and the display settings to panel.js;
`components.server.live_messages` serializes the messages. No script runs during listening.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from components.frontend import bundle
from components.live import stage, transport
from components.protocol import serving
from components.style.palette import Palette
from components.ui import widgets
from components.view.settings import LiveViewSettings
from models.live import LiveSession

INVITATION = "Press Start listening, and allow the microphone when the browser asks."

NO_ROUTES = (
    "Live scores need Earmark's own routes, which this server does not have. "
    "Start it by streamlit run app.py."
)

_FOLDER = Path(__file__).parent


def _mount(name: str, data: dict[str, Any], **told: Callable[[], None]) -> None:
    """Mount a component; `told` are the callbacks of its replies, which also declare them."""
    arguments: dict[str, Any] = {f"on_{reply}_change": callback for reply, callback in told.items()}
    bundle.component(name, _FOLDER)(key=f"live-{name}", data=data, **arguments)


def show_panel(session: LiveSession, view: LiveViewSettings, palette: Palette) -> None:
    """Draw the panel, or update its display settings.

    Parameters
    ----------
    session : LiveSession
        The session to show. The page is rerun when the session starts or ends elsewhere.
    view : LiveViewSettings
        Settings of the display.
    palette : Palette
        Colours of the page's theme.
    """
    _mount("panel", panel_data(session, view, palette), other=lambda: None, stage=stage.take_reply)


def show_preflight() -> bool:
    """Show before Start what prevents using a microphone; return whether anything does."""
    _mount("preflight", {"stops": _is_stopped()}, problem=lambda: None)
    return _is_stopped()


def panel_data(session: LiveSession, view: LiveViewSettings, palette: Palette) -> dict[str, Any]:
    """Return the data of the component; parameters as for `show_panel`."""
    is_serving, is_own = serving.is_serving(), transport.is_own(session)
    return {
        "address": transport.address() if is_serving else None,
        "listening": session.listening and (is_own or not session.is_silent),
        "own": is_own,
        "invitation": _invitation(),
        "stage": stage.is_open(),
        "n_results": view.n_results,
        "threshold": view.threshold,
        "watched": list(view.watched),
        "colours": _colours(palette),
        "categories": dict(palette.categories),
    }


def _invitation() -> str:
    """Return the text that explains Start; empty if the page shows what prevents it."""
    if not serving.is_serving():
        return NO_ROUTES
    return "" if _is_stopped() else INVITATION


def _is_stopped() -> bool:
    """Whether the browser has reported that it has no microphone for the page."""
    return bool(widgets.reply("live-preflight", "problem"))


def _colours(palette: Palette) -> dict[str, str]:
    names = ("text", "muted", "grid", "sound", "score", "lane", "warn", "page")
    return {name: getattr(palette, name) for name in names} | {"on-score": palette.on_score}
