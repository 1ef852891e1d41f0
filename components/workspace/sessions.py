"""Saving and opening of a workspace's session: recordings, annotations, settings, thresholds."""

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import BinaryIO

from components.style import text
from components.view.settings import SoundChoice
from components.workspace.choices import TruthList, TruthOfMany
from components.workspace.recordings import PLACE, AwaitedRecording, Recording
from components.workspace.shared import shared
from components.workspace.waiting import Waiting
from components.workspace.workspace import OpenedSettings, Workspace
from models.errors import EarmarkError
from models.events.annotation import Annotation
from models.live import Gap
from models.session import (
    SUFFIX,
    ManyTruths,
    Session,
    SessionClip,
    SessionFile,
    SessionTruth,
    open_session,
    write_session,
)

OPENED = "session"
"""Place of the message about a session that was opened."""

Settings = Mapping[str, tuple[str, ...]]
"""Settings as texts, by name; an empty one is the default."""


def is_session(file_name: str) -> bool:
    """Whether a file is a session, by its name."""
    return file_name.lower().endswith(SUFFIX)


def file_name(workspace: Workspace) -> str:
    """Return a name for the file of the workspace's session."""
    recordings = workspace.recordings
    one = recordings.selected if len(recordings) == 1 else None
    stem = "" if one is None else PurePath(one.name.replace("\\", "/")).stem
    safe = "".join(sign for sign in stem if sign.isalnum() or sign in "_- ").strip()
    return f"{safe[:60] or 'earmark'}{SUFFIX}"


def save(
    workspace: Workspace,
    settings: Settings,
    file: BinaryIO,
    progress: Callable[[float], None],
    *,
    with_sounds: bool,
) -> None:
    """Write the session of a workspace to a file.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    settings : mapping of str to tuple of str
        Settings of the page.
    file : binary file
        File to write to.
    progress : callable
        Called with a fraction in [0, 1].
    with_sounds : bool
        Whether the recordings themselves are written, or only their digests.

    Raises
    ------
    SessionError
        If it has more than a session file holds.
    """
    recordings = workspace.recordings.all
    sounds = {one.digest: one.data for one in recordings} if with_sounds else {}
    write_session(file, session_of(workspace, settings), sounds, progress=progress)


def session_of(workspace: Workspace, settings: Settings) -> Session:
    """Return the session of a workspace, with the recordings that it still waits for."""
    view, recordings = workspace.view, workspace.recordings
    own: list[Recording | AwaitedRecording] = [*recordings.all, *recordings.awaited]
    firsts = {one.digest: one for one in reversed(own)}  # a session has each contents once
    own = [one for one in own if firsts[one.digest] is one]
    many = view.truth_of_many
    selected = recordings.selected
    return Session(
        clips=tuple(_clip_of(workspace, one) for one in own),
        selected=None if selected is None else selected.digest,
        settings=dict(settings),
        thresholds=dict(view.thresholds),
        many_truths=None
        if many is None
        else ManyTruths(
            many.file_name,
            {name: tuple(events) for name, events in many.truths.items()},
            many.notices,
        ),
    )


def _clip_of(workspace: Workspace, one: Recording | AwaitedRecording) -> SessionClip:
    sound = workspace.view.sound(one.digest)
    return SessionClip(
        name=one.name,
        digest=one.digest,
        size_bytes=one.size_bytes,
        remark=one.remark,
        is_live=one.is_live,
        gaps=tuple((gap.onset_s, gap.offset_s) for gap in one.gaps),
        audio_track=sound.audio_track,
        channels=sound.channels,
        truth=_truth_of(workspace, one),
    )


def _truth_of(workspace: Workspace, one: Recording | AwaitedRecording) -> SessionTruth | None:
    """Return the annotation of a recording, or else its own list of true events."""
    view = workspace.view
    annotation = view.annotations.present(one.digest)
    if annotation is not None:
        numbers = {event.number: place for place, event in enumerate(annotation.events, start=1)}
        reviewed = tuple(
            each if each.number is None else replace(each, number=numbers[each.number])
            for each in annotation.reviewed
        )
        return SessionTruth("", tuple(annotation.events), (), annotation.listed, reviewed)
    truth = view.truth.get(one.digest)
    if truth is None:
        return None
    return SessionTruth(truth.file_name, tuple(truth.events), truth.notices, truth.annotated)


def open_file(workspace: Workspace, tab: Waiting, name: str, data: bytes) -> None:
    """Open a session: add its recordings, and take over its true events and settings.

    What is here stays. Recordings whose sounds are not in the file are awaited. The settings are
    for `tab`, which takes them over in its next run. Messages tell the outcome. It does not access
    the session state: see `components.ui.widgets.uploader`.

    Parameters
    ----------
    workspace : Workspace
        The visitor's workspace.
    tab : Waiting
        Jobs of the visitor's tab.
    name : str
        Name of the file.
    data : bytes
        Contents of the file, which may come from a stranger.
    """
    try:
        # Beside the file, its sounds are held as recordings, which count themselves.
        with (
            workspace.room.reserving(len(data)),
            open_session(io.BytesIO(data), name) as file,
        ):
            _restore(workspace, file, name)
            session = file.session
    except EarmarkError as error:
        workspace.messages.add_failure(PLACE, name, error)
        return
    workspace.opened = OpenedSettings(tab, session.settings)
    workspace.messages.set_success(OPENED, _told(name, session))


def _told(name: str, session: Session) -> str:
    clips = "1 recording" if len(session.clips) == 1 else f"{len(session.clips):,} recordings"
    return f"Opened **{text.escape_markdown(text.shorten(name))}** with {clips} and its settings."


def _restore(workspace: Workspace, file: SessionFile, name: str) -> None:
    session, view = file.session, workspace.view
    for clip in session.clips:
        _restore_choices(workspace, clip, name)
        _restore_recording(workspace, file, clip)
    if session.many_truths is not None:
        read = session.many_truths
        many = TruthOfMany(read.file_name, read.truths, read.notices)
        with workspace.room.reserving(many.n_bytes):
            view.truth_of_many = many
    view.set_thresholds(dict(session.thresholds))
    if session.selected is not None:
        workspace.recordings.choose(session.selected)


def _restore_choices(workspace: Workspace, clip: SessionClip, name: str) -> None:
    view, truth = workspace.view, clip.truth
    choice = SoundChoice(clip.audio_track, clip.channels)
    if choice.is_default:
        view.sounds.pop(clip.digest, None)
    else:
        view.sounds[clip.digest] = choice
    if truth is None:
        return
    if truth.reviewed is not None:
        _restore_annotation(workspace, clip.digest, truth, name)
        return
    events = TruthList(truth.file_name or name, truth.events, truth.notices, truth.annotated)
    with workspace.room.reserving(events.n_bytes):
        view.truth[clip.digest] = events
        view.note_list(clip.digest, events.file_name)


def _restore_annotation(workspace: Workspace, digest: str, truth: SessionTruth, name: str) -> None:
    begun = Annotation.of(truth.events, truth.annotated or ())
    annotation = replace(begun, reviewed=truth.reviewed or ())
    workspace.view.annotations.change(
        digest,
        lambda history: history.then(f"opened {name}", annotation),
        workspace.room.reserving,
    )


def _restore_recording(workspace: Workspace, file: SessionFile, clip: SessionClip) -> None:
    """Add a recording whose sound is in the file or here, or else wait for it."""
    recordings, demonstration = workspace.recordings, shared().demonstration
    awaited = AwaitedRecording(
        clip.name,
        clip.digest,
        clip.size_bytes,
        tuple(Gap(*gap) for gap in clip.gaps),
        clip.remark,
        clip.is_live,
    )
    recordings.wait_for(awaited)
    if recordings.find(clip.digest) is not None:
        return
    try:
        if clip.has_sound:
            recordings.add(Recording(clip.name, file.sound(clip), clip.digest))
        elif clip.digest == demonstration.digest:
            recordings.add(demonstration)
    except EarmarkError as error:  # there is no room: it is awaited like those without sound
        workspace.messages.add_failure(PLACE, clip.name, error)


def stop_waiting(workspace: Workspace) -> None:
    """Forget the recordings that are awaited, with their true events and choices."""
    awaited = workspace.recordings.awaited
    workspace.recordings.stop_waiting()
    for one in awaited:
        workspace.view.forget(one.digest)


def take_settings(workspace: Workspace, tab: Waiting) -> Settings | None:
    """Return and remove the settings of a session that the tab has opened; None without one."""
    opened = workspace.opened
    if opened is None or opened.tab is not tab:
        return None
    workspace.opened = None
    return opened.settings
