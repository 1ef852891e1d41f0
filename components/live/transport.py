"""Audio transport of this tab: chosen way, current source, and connection failures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from components.protocol import addresses, serving
from components.ui import tab
from components.workspace.current import current
from models.live import LiveSession, Source

Choice = Literal["automatic", "webrtc", "websocket"]

CHOICES: dict[Choice, str] = {
    "automatic": "Automatic",
    "webrtc": "WebRTC",
    "websocket": "WebSocket",
}

_SOURCE, _PAGE, _STUCK, _FAILURE = "_live_source", "_live_page", "_live_stuck", "_live_failure"
_LACKS_WEBRTC = "_live_lacks_webrtc"
_NO_WEBRTC, _CHOICE, _CLEAN = "_live_no_webrtc", "_live_way", "_live_clean"

WORDS = {
    "NotAllowedError": "The browser refused the microphone. Allow it in the site's settings "
    "(the icon beside the address), then press Start again.",
    "NotFoundError": "No microphone was found. Plug one in, or allow it in the system's settings.",
    "NotReadableError": "The microphone cannot be read: another program may be using it. Close "
    "that program, then press Start again.",
    "stuck": "The browser's audio does not start. Connect headphones or a loudspeaker, then press "
    "Start again.",
    "insecure": "This page is not served over HTTPS, so the browser gives it no microphone. Open "
    "it over https:// or on localhost.",
}
"""Messages by name of the browser's error (MediaDevices.getUserMedia, exceptions)."""

_UNKNOWN = "The browser gave no sound from the microphone. Choose another one, or reload the page."


@dataclass(eq=False)
class _Own:
    """The source that is this tab's microphone."""

    source: Source | None = None


def _own() -> _Own:
    own: _Own | None = tab.kept(_SOURCE)
    if own is None:
        own = _Own()
        tab.keep(_SOURCE, own)
    return own


def address() -> str:
    """Return the address of the visitor's live WebSocket."""
    return addresses.address(current().key, "live")


def is_own(session: LiveSession) -> bool:
    """Whether the session's source is this tab's microphone."""
    source = session.source
    return source is not None and _own().source is source


def begin(start: Callable[[], Source]) -> Source:
    """Start a source, and note in the same step that it is this tab's microphone.

    Streamlit may end the script at any access to its session state, to run it again: a source that
    was started but not noted would be taken for another tab's. So the note is looked up first.
    """
    own = _own()
    own.source = start()
    return own.source


def listening_page() -> str | None:
    """Return the path of the page on which this tab starts and stops listening."""
    page: str | None = tab.kept(_PAGE)
    return page


def note_page(page: str) -> None:
    """Note the page on which this tab starts and stops listening."""
    tab.keep(_PAGE, page)


def choose(choice: Choice, *, clean: bool) -> None:
    """Note the chosen transport, and whether the browser processes the audio for speech."""
    tab.keep(_CHOICE, choice)
    tab.keep(_CLEAN, clean)


def chosen() -> Choice:
    """Return the chosen transport."""
    return cast(Choice, tab.kept(_CHOICE, "automatic"))


def is_clean() -> bool:
    """Whether the browser processes the audio for speech, as for calls."""
    return bool(tab.kept(_CLEAN))


def rule_out_webrtc() -> None:
    """Note that WebRTC does not connect from this tab."""
    tab.keep(_NO_WEBRTC, True)


def note_lack() -> None:
    """Note that this tab's browser has no WebRTC."""
    tab.keep(_LACKS_WEBRTC, True)
    rule_out_webrtc()


def lacks_webrtc() -> bool:
    """Whether this tab's browser has no WebRTC."""
    return bool(tab.kept(_LACKS_WEBRTC))


def by_websocket() -> bool:
    """Whether listening starts over the WebSocket."""
    if not serving.is_serving() or chosen() == "webrtc":
        return False
    return chosen() == "websocket" or bool(tab.kept(_NO_WEBRTC))


def note_stuck() -> None:
    """Note that WebRTC was chosen but does not connect."""
    tab.keep(_STUCK, True)


def take_stuck() -> bool:
    """Return whether WebRTC was chosen but does not connect, and reset the note."""
    return bool(tab.take(_STUCK, False))


def note_failure(reason: str) -> None:
    """Note the name of the error with which the browser denied the microphone."""
    tab.keep(_FAILURE, WORDS.get(reason, _UNKNOWN))


def note_words(words: str) -> None:
    """Note a message about a source that failed."""
    tab.keep(_FAILURE, words)


def take_failure() -> str | None:
    """Return the message about a denied microphone, and reset it; None if there is none."""
    words: str | None = tab.take(_FAILURE, None)
    return words
