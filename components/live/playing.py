"""Playing a recording into the live session, with its sound, in place of a microphone.

The component plays the sound on every page, as `components.live.capture` sends the microphone's,
and reports its position over the application's WebSocket (`components.server.live`). The server
passes on the recording's samples up to there (`models.live.playback`). No permission is needed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from components.frontend import bundle
from components.live import transport
from components.protocol import addresses, serving
from components.style import text
from components.ui import callbacks, notices, tab, widgets
from components.view.settings import LiveViewSettings
from components.workspace.current import current, waiting
from components.workspace.files import ServedFile
from components.workspace.jobs import Loading, start_loading
from components.workspace.recordings import Recording
from components.workspace.shared import shared
from models.errors import Cancelled, EarmarkError
from models.inference import SoundClassifier
from models.live import LiveSession

_KEY, _CHOICE, _REPEATS = "live-playback", "live-play-recording", "live-play-repeats"
_WANTED, _PLAYED, _BLOCKED = "_live_play_wanted", "_live_played", "_live_play_blocked"
_GROUP = "live-playback"  # of the served file

BLOCKED = (
    "The browser waits for a click or a key before it plays sound. Click anywhere on the page."
)
FAILED = "The browser cannot play this recording. Choose another one, or convert it to WAV."


@dataclass(frozen=True, eq=False)
class _Wanted:
    """A recording that the visitor asked to play, and the job that loads it once it has begun."""

    recording: Recording
    repeats: bool
    job: Loading | None = None


@dataclass(frozen=True)
class _Played:
    """The recording that plays in this tab."""

    name: str
    sound: str
    source: int


def show() -> None:
    """Draw the component, which plays this tab's recording, if there is one."""
    if not serving.is_serving():
        return
    with st.container(key="live-playback-place"):
        bundle.component("playback", Path(__file__).parent)(
            key=_KEY,
            data=_data(),
            on_blocked_change=_on_blocked,
            on_failed_change=_on_failed,
        )


def offer() -> None:
    """Draw the choice of a recording, and the button that plays it."""
    if not serving.is_serving():
        return
    recordings = {one.digest: one for one in (*current().recordings.all[::-1], _demonstration())}
    with st.popover("Play a recording into it", icon=":material/play_circle:"):
        st.markdown("It plays with its sound, as if the microphone heard it. No permission needed.")
        digest = st.selectbox(
            "Recording",
            list(recordings),
            format_func=lambda one: text.shorten(recordings[one].name),
            key=_CHOICE,
        )
        repeats = st.toggle("Repeat until Stop", key=_REPEATS)
        st.button(
            "Play",
            key="live-play",
            type="primary",
            icon=":material/play_arrow:",
            on_click=callbacks.light("live-play", _want, recordings[digest], repeats),
        )


def begin_if_wanted(
    session: LiveSession, classifier: SoundClassifier, view: LiveViewSettings
) -> None:
    """Load the recording that the visitor asked to play, with progress, and start the stream.

    Parameters
    ----------
    session : LiveSession
        The session to start.
    classifier : SoundClassifier
        Classifier of the audio.
    view : LiveViewSettings
        Settings of the stream.
    """
    wanted: _Wanted | None = tab.kept(_WANTED)
    if wanted is None:
        return
    job = wanted.job
    if job is None or not waiting().wait_beside(job):
        job = start_loading(current(), waiting(), wanted.recording, classifier.contract.sample_rate)
    tab.keep(_WANTED, _Wanted(wanted.recording, wanted.repeats, job))
    name = text.escape_markdown(text.shorten(wanted.recording.name))
    with notices.beside_cancel(_cancel, key="cancel-live-play"):
        notices.watch(job, f"Loading *{name}*")
    tab.take(_WANTED)
    try:
        clip, playable = job.result()
        source = transport.begin(
            lambda: session.play(clip, classifier, view.stream_settings(), repeats=wanted.repeats)
        )
    except Cancelled:
        return
    except EarmarkError as error:
        notices.show_error(error, about=wanted.recording.name)
        return
    sound = _serve(wanted.recording, playable.mime_type, playable.converted)
    tab.keep(_PLAYED, _Played(wanted.recording.name, sound, source.number))
    st.rerun()  # the component has been drawn before


def show_name() -> None:
    """Show which recording plays, and that the browser waits for a click, where it does."""
    played: _Played | None = tab.kept(_PLAYED)
    if played is not None:
        name = text.escape_markdown(text.shorten(played.name))
        st.markdown(f":material/volume_up: **{name}**")
    if tab.kept(_BLOCKED):
        st.warning(BLOCKED, icon=":material/volume_off:")


def _demonstration() -> Recording:
    return shared().demonstration


def _want(recording: Recording, repeats: bool) -> None:
    tab.keep(_WANTED, _Wanted(recording, repeats))


def _cancel() -> None:
    wanted: _Wanted | None = tab.take(_WANTED)
    if wanted is not None and wanted.job is not None:
        waiting().leave_job(wanted.job)


def _serve(recording: Recording, mime_type: str, converted: bytes | None) -> str:
    """Serve the file that the browser plays; returns its address."""
    workspace = current()
    digest = recording.digest if converted is None else f"{recording.digest}-playback"
    file = ServedFile(converted or recording.data, mime_type, digest)
    workspace.files.offer(file, _GROUP, at_most=1)
    return addresses.address(workspace.key, f"files/{digest}")


def _data() -> dict[str, Any]:
    session = current().live
    source, playback = session.source, session.playback
    played: _Played | None = tab.kept(_PLAYED)
    if playback is None or source is None or played is None or source.number != played.source:
        if tab.take(_PLAYED) is not None:
            current().files.drop_group(_GROUP)
        tab.take(_BLOCKED)
        return {"address": transport.address(), "source": None}
    return {
        "address": transport.address(),
        "source": source.number,
        "sound": played.sound,
        "duration_s": playback.duration_s,
        "repeats": playback.repeats,
    }


def _on_blocked() -> None:
    tab.keep(_BLOCKED, bool(widgets.reply(_KEY, "blocked")))


def _on_failed() -> None:
    """Stop a stream whose sound the browser cannot play."""
    session = current().live
    source = session.source
    if source is not None and source.number == widgets.reply(_KEY, "failed"):
        transport.note_words(FAILED)
        session.stop()
