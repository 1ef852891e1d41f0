"""Everything that outlives a run of the script: every cache and every session key.

Conventions
-----------
Caches are shared by all sessions, bounded, and keyed by digests and frozen settings, never by
sound: Streamlit hashes long arrays by sampling them. What takes long is cached as a `Job`, so that
two people who ask for the same thing wait for the same work, and whoever comes back finds it.

What a visitor must not lose with a connection that breaks and comes back stands in
``st.session_state``: a cache of ``scope="session"`` is released the moment the connection is gone,
the state of the session only when Streamlit gives the session up (``disconnectedSessionTTL``).
"""

import gc
import hashlib
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components import leaving, sweeping, text
from components.findings import shaped
from components.kept import Kept
from components.live.session import LiveSession
from components.operator import Limits, read_limits
from components.player import media
from components.player.data import Wish
from components.player.picture import picture_file
from components.settings import AnalysisSettings, ModelChoice, ViewSettings
from components.teaching import training
from components.teaching.delivery import Change, Delivery
from components.teaching.lessons import History, Lesson
from components.teaching.training import Heard, Trained
from models import spectrogram
from models.analysis import Analysis, analyse
from models.audio import beginning, isolate_decoding
from models.catalog import CATALOG, CatalogEntry
from models.classifier import (
    Classifier,
    ModelDescription,
    describe_model,
    open_classifier,
)
from models.collection import (
    SUFFIX,
    TAUGHT_SUFFIX,
    ModelFile,
    entry_of,
    find_brought,
    passing_folder,
    store_model,
    with_different_titles,
)
from models.concordance import Concordance, concordance
from models.demonstration import demonstration_recording
from models.errors import Cancelled, EarmarkError, ModelError
from models.events import EventRules
from models.jobs import Job
from models.live import Gap, Seats
from models.runtimes import Runtime
from models.teaching.document import as_bytes
from models.teaching.head import ScoreKind
from models.timeline import Timeline
from models.turns import Turns

Result = TypeVar("Result")

MAX_CLASSIFIERS = 4
"""Models kept open, for all and by each session: each holds 9 MB per core. A page uses four at
most: two that are compared, and what stands in for them."""

MAX_PORTRAITS = 8
"""Pictures kept, each with the scores as they are shown: 2 MB for ten minutes, and as much again
as the analysis where they are smoothed or rolled up. They are bounded in bytes like analyses."""

MAX_SHELF = 12
"""Sounds kept per session beside those in its widgets: ten minutes of listening take 19 MB. They
are bounded in bytes like the clips of a page."""

MAX_DESCRIPTIONS = 64
"""Models remembered for what they are: 20 KB each, most of it labels."""

MAX_OWN_MODELS = 8
"""Models that one session can bring, beside those that it taught."""

MAX_REMOVED_MODELS = 2
"""Files kept of models that a session has removed, for what still listens to them."""

MAX_TAUGHT = 3
"""Taught classifiers that stay among a session's models: the latest, to compare it with."""


@dataclass(frozen=True, eq=False)
class Recording:
    """A file that somebody brought, with the digest that stands for it.

    Parameters
    ----------
    name : str
        As its owner calls it: text to show, never a path to open.
    data : bytes
        The file.
    digest : str
        SHA-256 of `data`, in hexadecimal.
    gaps : tuple of Gap
        Stretches that were lost on the way from the microphone, and are silent here.
    remark : str
        What became of it on its way here, in a sentence; empty where nothing did.
    """

    name: str
    data: bytes
    digest: str
    gaps: tuple[Gap, ...] = ()
    remark: str = ""


@st.cache_resource(show_spinner=False)
def limits() -> Limits:
    """Give what the operator allows, as it was read when it was first right.

    Raises
    ------
    SettingError
        If what is configured is wrong; it is read anew the next time.
    """
    allowed = read_limits()
    isolate_decoding(at_once=4 * allowed.max_analyses)  # each lends its turn to three at most
    return allowed


@st.cache_resource(show_spinner=False)
def _turns() -> Turns:
    return Turns(limits().max_analyses)


@st.cache_resource(show_spinner=False)
def seats() -> Seats:
    """Tell who listens live."""
    return Seats(limits().max_listeners)


@st.cache_resource(show_spinner=False)
def settle(stage: str) -> None:  # noqa: ARG001  # the key
    """Take what is loaded by now out of the garbage collector's sight, once per stage.

    Each collection walks everything that was ever imported, unless it is frozen: 160 ms in which
    all else waits (measured). Much is imported only where it is first used, so it is done again
    once a page has been drawn. The cost: what visitors hold in reference cycles at that moment is
    not collected before all have left.

    Parameters
    ----------
    stage : str
        What was just done for the first time.
    """
    gc.collect()
    gc.freeze()


@cache  # once for the process, also where Streamlit's caches are cleared
def keep_swept() -> None:
    """Give back what visitors leave behind from now on: `components.leaving` and `sweeping`."""
    sweeping.begin()
    leaving.begin(media.let_go, sweeping.sweep_all)


@st.cache_resource(show_spinner="Getting the microphone ready")
def prepare_microphone() -> None:
    """Load what carries the microphone, which takes a second or two."""
    import_module("streamlit_webrtc")


@st.cache_resource(show_spinner=False)
def prepare_results() -> None:
    """Load what the first result needs, which takes a second or two, while the visitor reads."""

    def prepare() -> None:
        spectrogram.prepare()
        for module in ("av", "soxr", "pandas", "plotly.graph_objects"):
            import_module(module)

    threading.Thread(target=prepare, name="prepare", daemon=True).start()


@st.cache_resource(
    max_entries=MAX_CLASSIFIERS, show_spinner=False, validate=lambda job: job.reusable
)
def _shared_classifier_job(choice: ModelChoice, file: ModelFile | None) -> Job[Classifier]:
    # A classifier that is pushed out ends its threads when the last who uses it is gone.
    return Job(
        lambda progress: open_classifier(
            choice.model if file is None else file.path,
            runtime=choice.runtime,
            sample_rate=choice.sample_rate,
            head=choice.head,
            squashing=choice.squashing,
            progress=progress,
        ),
        name=f"open {choice.model}",
    )


def classifier_job(choice: ModelChoice) -> Job[Classifier]:
    """Open a model, downloading it first where the catalog has it and it is not found.

    A failure is kept for the session that saw it, until `retry_classifier`; whoever comes anew
    has it tried anew.
    """
    known = known_model(choice.model)
    file = known if isinstance(known, ModelFile) else None
    held = _held_classifiers()
    job = held.get((choice, file))
    if job is None or job.abandoned:
        job = _shared_classifier_job(choice, file)
        if job.done and not job.succeeded:
            _shared_classifier_job.clear(choice, file)
            job = _shared_classifier_job(choice, file)
    held.pop((choice, file), None)
    held[choice, file] = job  # the one used last comes last
    for oldest in list(held)[:-MAX_CLASSIFIERS]:
        del held[oldest]
    return job


def _held_classifiers() -> dict[tuple[ModelChoice, ModelFile | None], Job[Classifier]]:
    held: dict[tuple[ModelChoice, ModelFile | None], Job[Classifier]]
    held = st.session_state.setdefault("_classifiers", {})
    return held


def _awaited(find: Callable[[], Job[Result]]) -> Job[Result]:
    """Begin to wait for a job; for another one where it was abandoned a moment before."""
    while True:
        job = find()
        if job.done or attendance().wait_also_for(job):
            return job


def start_opening(choice: ModelChoice) -> Job[Classifier]:
    """Begin to wait for a model; it goes on to be fetched while something else is done.

    Raises
    ------
    Cancelled
        If the tab was closed.
    """
    return _awaited(lambda: classifier_job(choice))


def retry_classifier(choice: ModelChoice) -> None:
    """Forget that a model could not be opened."""
    held = _held_classifiers()
    for key in [key for key in held if key[0] == choice]:
        del held[key]


@st.cache_resource(
    max_entries=MAX_DESCRIPTIONS, show_spinner=False, validate=lambda job: job.reusable
)
def _shared_description_job(file: ModelFile, runtime: Runtime) -> Job[ModelDescription]:
    return Job(
        lambda _progress: describe_model(file.path, runtime=runtime), name=f"describe {file.sha256}"
    )


def start_describing(file: ModelFile, runtime: Runtime) -> Job[ModelDescription]:
    """Begin to wait for what a model's file is found to be.

    Raises
    ------
    Cancelled
        If the tab was closed.
    """
    return _awaited(lambda: _shared_description_job(file, runtime))


def _upload_folder() -> Path:
    """Give this session's folder, which goes with it."""
    if "_upload_folder" not in st.session_state:
        st.session_state["_upload_folder"] = passing_folder()
    folder: TemporaryDirectory[str] = st.session_state["_upload_folder"]
    return Path(folder.name)


@st.cache_resource(show_spinner=False)
def prepare_teaching() -> None:
    """Load what learning needs, which takes seconds, while the visitor records."""
    threading.Thread(target=training.prepare, name="prepare", daemon=True).start()


def bring_model(
    data: bytes, title: str, label_lists: Mapping[str, bytes], suffix: str = SUFFIX
) -> CatalogEntry | ModelFile:
    """Keep an uploaded model: for this session, or for good where the catalog knows it.

    Parameters
    ----------
    data : bytes
        The file.
    title : str
        What to call it on the page.
    label_lists : mapping of str to bytes
        Lists of labels that came with it, by their file names' suffix.
    suffix : str
        How its name ends: one of `models.collection.MODEL_SUFFIXES`.

    Raises
    ------
    ModelError
        If it cannot be stored, or is one too many.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    entry = entry_of(sha256)
    if entry is not None:
        store_model(data, entry.file_name)
        st.session_state.pop("_classifiers", None)  # failures are not remembered any longer
        return entry
    kept: dict[str, ModelFile] = st.session_state.setdefault("_brought", {})
    taught: dict[str, int] = st.session_state.get("_taught", {})
    if sha256 not in taught and len(kept.keys() - taught.keys() - {sha256}) >= MAX_OWN_MODELS:
        raise ModelError(
            f"{text.shorten(title)!r} is one model more than a session can hold.",
            allowed=f"At most {MAX_OWN_MODELS} can be brought.",
            remedy="Remove one on the page Models, and add this one again.",
        )
    # A folder of its own each time: what is open under the old path stays as it was.
    folder = _upload_folder() / uuid4().hex
    path = store_model(data, f"model{suffix}", folder)  # a name that messages can be read with
    for ending, content in label_lists.items():
        store_model(content, f"model{ending}", folder)
    file = ModelFile(title, path, len(data), sha256, uploaded=True)
    kept[sha256] = file
    return file


def remove_model(sha256: str) -> None:
    """Forget a model that this session brought.

    Its file goes a little later, or with the session: who listens to it may open it once more.
    """
    file: ModelFile | None = st.session_state.get("_brought", {}).pop(sha256, None)
    removed: list[Path] = st.session_state.setdefault("_removed", [])
    if file is not None:
        removed.append(file.path.parent)
    while len(removed) > MAX_REMOVED_MODELS:
        rmtree(removed.pop(0), ignore_errors=True)


def recall(key: str, options: Collection[str]) -> None:
    """Set a choice, known by its widget's key, to what it was on the page shown before.

    Links between pages drop what is kept in the address, and a widget that is on both pages then
    starts anew in the browser, which only a value set by hand prevents (seen with Streamlit 1.67).
    """
    page = urlsplit(st.context.url or "").path
    before, where = st.session_state.get(f"_{key}", (None, page))
    if where != page and before in options and key not in st.query_params:
        st.session_state[key] = before


def note_choice(key: str, value: str) -> None:
    """Remember a choice for the next page."""
    st.session_state[f"_{key}"] = value, urlsplit(st.context.url or "").path


def brought_models() -> tuple[ModelFile, ...]:
    """List the models beside the catalog's: this session's, and those in the model folders."""
    own: dict[str, ModelFile] = st.session_state.get("_brought", {})
    found = [file for file in find_brought() if file.sha256 not in own]
    return with_different_titles([*own.values(), *found])


def known_model(model: str) -> CatalogEntry | ModelFile:
    """Find what is known of a model by its catalog name or digest, also when its file is gone."""
    if model in CATALOG:
        return CATALOG[model]
    files = {file.sha256: file for file in brought_models()}
    gone = ModelFile(f"Model {model[:8]}", Path(f"{model[:8]}{SUFFIX}"), 0, model)
    return files.get(model, gone)


@st.cache_resource(show_spinner=False)
def _analyses() -> Kept[Job[Analysis]]:
    return Kept(limits().max_results, limits().max_results_bytes, _n_bytes)


def _n_bytes(job: Job[Analysis]) -> int:
    return job.result().n_bytes if job.succeeded else 0


def _shared_analysis_job(
    recording: Recording, settings: AnalysisSettings, classifier: Classifier
) -> Job[Analysis]:
    allowed, turns = limits(), _turns()

    def work(progress: Callable[[float], None]) -> Analysis:
        return analyse(
            recording.data,
            classifier,
            hop_s=settings.hop_s,
            max_duration_s=allowed.max_duration_s,
            max_scores=allowed.max_scores,
            progress=progress,
        )

    return _analyses().get(
        (recording.digest, settings),
        lambda: Job(work, name="analyse", turns=turns),
        lambda job: job.reusable,
    )


@dataclass(frozen=True, eq=False)
class Portrait:
    """What a clip looks like under some settings, whatever counts as an event.

    Parameters
    ----------
    timeline : Timeline
        Scores as they are shown.
    picture : bytes
        The player's picture file.
    digest : str
        SHA-256 of `picture`, in hexadecimal.
    """

    timeline: Timeline
    picture: bytes
    digest: str

    @property
    def n_bytes(self) -> int:
        """What it takes in memory, about, where its scores are none but its own."""
        return self.timeline.scores.nbytes + len(self.picture)


@st.cache_resource(show_spinner=False)
def _portraits() -> Kept[Portrait]:
    return Kept(MAX_PORTRAITS, limits().max_results_bytes, lambda one: one.n_bytes)


def portrait(
    recording: Recording, analysed: AnalysisSettings, analysis: Analysis, view: ViewSettings
) -> Portrait:
    """Shape a clip's scores and draw its picture, once for all who look at it."""
    key = recording.digest, analysed, view.shape
    return _portraits().get(key, lambda: _drawn(analysis, view))


def _drawn(analysis: Analysis, view: ViewSettings) -> Portrait:
    timeline = shaped(analysis.timeline, view)
    labels = view.labels(timeline) if view.roll_up != "broad" else timeline.labels
    picture = picture_file(analysis.envelope, analysis.spectrogram, timeline, labels)
    return Portrait(timeline, picture, hashlib.sha256(picture).hexdigest())


@st.cache_resource(show_spinner=False)
def _concordances() -> Kept[Concordance]:
    def n_bytes(found: Concordance) -> int:
        return found.aligned.a.scores.nbytes + found.aligned.b.scores.nbytes

    return Kept(MAX_PORTRAITS, limits().max_results_bytes, n_bytes)


def concordance_of(
    keys: "tuple[Key, Key]", a: Timeline, b: Timeline, rules: EventRules
) -> Concordance:
    """Compare what two models heard in one clip, once for all who look at it."""
    return _concordances().get((keys, rules), lambda: concordance(a, b, rules))


@st.cache_resource(show_spinner=False)
def demonstration() -> Recording:
    """Make the demonstration clip, once."""
    data = demonstration_recording()
    return Recording("Demonstration.wav", data, hashlib.sha256(data).hexdigest())


class Attendance:
    """The jobs that one session waits for; a closed tab takes it back from all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # the tab is closed on another thread than the script's
        self._jobs: set[Job[Any]] = set()
        self._beside: set[Job[Any]] = set()
        self._closed = False

    def wait_also_for(self, job: Job[Any]) -> bool:
        """Wait for work that goes on until it ends, whatever else is wanted meanwhile.

        Returns and raises as `wait_only_for`.
        """
        with self._lock:
            if self._closed:
                raise Cancelled
            self._beside = {other for other in self._beside if not other.done}
            if job not in self._beside and job.join(self):
                self._beside.add(job)
            return job in self._beside

    def leave_beside(self, job: Job[Any]) -> None:
        """Wait no longer for work that went on beside all else."""
        with self._lock:
            self._beside.discard(job)
            job.leave(self)

    def wait_only_for(self, jobs: Iterable[Job[Any]]) -> bool:
        """Leave what is no longer wanted: it ends, unless someone else waits for it.

        Returns
        -------
        bool
            False where one of the jobs was abandoned a moment before: ask for another one.

        Raises
        ------
        Cancelled
            If the tab was closed: a script that still runs for it begins nothing more.
        """
        wanted = set(jobs)
        with self._lock:
            if self._closed and wanted:
                raise Cancelled
            joined = {job for job in wanted if job in self._jobs or job.join(self)}
            for job in self._jobs - wanted:
                job.leave(self)
            self._jobs = joined
        return joined == wanted

    def leave(self) -> None:
        """Wait for nothing any more."""
        self.wait_only_for(())

    def close(self, grace_s: float | None = None) -> None:
        """Leave for good, but let what is under way go on for a while: the tab may come back.

        Parameters
        ----------
        grace_s : float, optional
            For how long, in seconds. Default: as long as Streamlit keeps the session to come back
            to, so that nothing is done twice for a connection that was lost.
        """
        if grace_s is None:
            grace_s = float(st.get_option("server.disconnectedSessionTTL"))
        with self._lock:
            self._closed = True
        timer = threading.Timer(grace_s, self._leave_all)
        timer.name, timer.daemon = "grace", True
        timer.start()

    def _leave_all(self) -> None:
        self.leave()
        with self._lock:
            for job in self._beside:
                job.leave(self)


@st.cache_resource(scope="session", show_spinner=False, on_release=Attendance.close)
def attendance() -> Attendance:
    """Keep this session's attendance, which ends the moment its tab is closed."""
    return Attendance()


def live_session() -> LiveSession:
    """Keep this session's listening.

    With a closed tab no more packets come, and the stream ends by itself. A lost connection does
    the same, or leaves the microphone's own connection alone: what was heard is kept either way.
    """
    if "_live" not in st.session_state:
        st.session_state["_live"] = LiveSession(seats(), limits().max_recorded_s)
    session: LiveSession = st.session_state["_live"]
    return session


def time_connecting(connecting: bool) -> float:
    """Tell how long this session's connection has been coming about, in seconds."""
    if not connecting:
        st.session_state.pop("_connecting_since", None)
        return 0.0
    since: float = st.session_state.setdefault("_connecting_since", time.monotonic())
    return time.monotonic() - since


def note_lost(lost: bool) -> None:
    """Remember whether this session's listening ended because its connection was lost."""
    st.session_state["_lost"] = lost


def was_lost() -> bool:
    """Whether this session's listening ended so, and has not begun anew since."""
    lost: bool = st.session_state.get("_lost", False)
    return lost


def shelf() -> list[Recording]:
    """List the sounds that are kept though no widget on the page holds them, the newest first."""
    kept: list[Recording] = st.session_state.setdefault("_shelf", [])
    return kept


def shelve(recording: Recording) -> None:
    """Keep a sound, in place of the oldest where they are too many or take too much."""
    others = [kept for kept in shelf() if kept.digest != recording.digest]
    newest = [recording, *others][:MAX_SHELF]
    n_bytes = accumulate(len(kept.data) for kept in newest)
    allowed = limits().max_clips_bytes
    st.session_state["_shelf"] = [
        kept for kept, so_far in zip(newest, n_bytes, strict=True) if so_far <= allowed
    ] or [recording]


def unshelve(digest: str) -> None:
    """Forget a sound that was kept."""
    st.session_state["_shelf"] = [kept for kept in shelf() if kept.digest != digest]


def capture(data: bytes, name: str, gaps: tuple[Gap, ...] = (), remark: str = "") -> None:
    """Keep what was just heard, and look at it next; the rest as for `Recording`."""
    recording = Recording(name, data, hashlib.sha256(data).hexdigest(), gaps, remark)
    shelve(recording)
    choose(recording.digest)


def capture_recorded(file: UploadedFile, name: str) -> None:
    """Keep what an audio input recorded, as much as is allowed, and look at it next."""
    data, remark = _recorded(file)
    capture(data, name, remark=remark)


def _recorded(file: UploadedFile) -> tuple[bytes, str]:
    longest_s = limits().max_recorded_s
    data, lasted_s = beginning(file.getvalue(), longest_s)
    if lasted_s is None:
        return data, ""
    kept, lasted = text.duration(longest_s), text.duration(lasted_s)
    return data, f"The recording lasted {lasted}; the first {kept} of it are kept."


def leave_clip_page() -> None:
    """Keep the sounds of the page "Clip", whose widgets forget theirs while another is shown."""
    taken: dict[str, Recording] = st.session_state.pop("_recordings", {})
    for recording in reversed(taken.values()):
        shelve(recording)
    if st.session_state.pop("_demonstrating", False):
        shelve(demonstration())
    set_thresholds(own_thresholds())  # the table forgets its edits, too


def note_demonstration(wanted: bool) -> None:
    """Remember whether the demonstration clip is on the page."""
    st.session_state["_demonstrating"] = wanted


def chosen() -> str | None:
    """Digest of the clip that is looked at, None before any was chosen."""
    digest: str | None = st.session_state.get("_chosen")
    return digest


def choose(digest: str) -> None:
    """Look at a clip, known by its digest, from now on."""
    if digest != chosen():
        note_suggestions(None)  # they were about another one
    st.session_state["_chosen"] = digest


def wish() -> Wish | None:
    """Give the stretch that the player is to play; the player grants each wish once."""
    wanted: Wish | None = st.session_state.get("_wish")
    return wanted


def make_wish(onset_s: float, offset_s: float) -> None:
    """Have the player play a stretch of the clip, in seconds."""
    before = wish()
    number = 1 if before is None else before.number + 1
    st.session_state["_wish"] = Wish(number, onset_s, offset_s)


def selected_row(key: str) -> int | None:
    """Row that is selected in a table, known by its key; None where there is none."""
    rows = st.session_state[key]["selection"]["rows"] if key in st.session_state else []
    return int(rows[0]) if rows else None


def selected_option(key: str) -> Any:  # noqa: ANN401  # whatever the options are
    """Read what a select box, known by its key, says."""
    return st.session_state[key]


def reply(key: str, name: str) -> Any:  # noqa: ANN401  # whatever a component tells
    """Read what a component, known by its key, has told by now; None before it was drawn."""
    return getattr(st.session_state[key], name, None) if key in st.session_state else None


@dataclass(frozen=True)
class Edition:
    """Thresholds of single classes as their table begins with them.

    A table remembers its edits, not its contents: what else sets a threshold begins another
    edition, in which they are part of the contents.

    Parameters
    ----------
    number : int
        Counted up.
    thresholds : mapping of str to float
        In [0, 1].
    """

    number: int = 0
    thresholds: Mapping[str, float] = field(default_factory=dict)


def thresholds_edition() -> Edition:
    """Give the present edition."""
    edition: Edition = st.session_state.get("_thresholds_edition", Edition())
    return edition


def own_thresholds() -> dict[str, float]:
    """Thresholds of single classes as they are now, edits included."""
    own: dict[str, float] = st.session_state.get("_own_thresholds", {})
    return own


def note_thresholds(own: dict[str, float]) -> None:
    """Remember what the table says."""
    st.session_state["_own_thresholds"] = own


def set_thresholds(own: dict[str, float]) -> None:
    """Give single classes thresholds of their own otherwise than in the table, and no others."""
    note_thresholds(own)
    st.session_state["_thresholds_edition"] = Edition(thresholds_edition().number + 1, own)


def suggestions() -> dict[str, str] | None:
    """Recall what was said of the thresholds suggested last, label by label; None before."""
    told: dict[str, str] | None = st.session_state.get("_suggestions")
    return told


def note_suggestions(told: dict[str, str] | None) -> None:
    """Remember what was said of suggested thresholds, beyond the run that sets them."""
    st.session_state["_suggestions"] = told


def preselect(key: str, row: int) -> None:
    """Select a row of a table that is drawn for the first time."""
    if key not in st.session_state:
        st.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}


def uploaded_recording(file: UploadedFile) -> Recording:
    """Take an upload over, digesting it once however often the script runs."""
    return _taken(file, lambda: (file.getvalue(), file.name, ""))


def recorded_recording(file: UploadedFile, name: str) -> Recording:
    """Take over what an audio input recorded, as much of it as is allowed."""

    def take() -> tuple[bytes, str, str]:
        data, remark = _recorded(file)
        return data, name, remark

    return _taken(file, take)


def _taken(file: UploadedFile, take: Callable[[], tuple[bytes, str, str]]) -> Recording:
    taken: dict[str, Recording] = st.session_state.setdefault("_recordings", {})
    if file.file_id not in taken:
        data, name, remark = take()
        digest = hashlib.sha256(data).hexdigest()
        taken[file.file_id] = Recording(name, data, digest, remark=remark)
    return taken[file.file_id]


def holds_files(*keys: str) -> bool:
    """Whether a widget that takes files, known by its key, holds any at the start of this run."""
    return any(st.session_state.get(key) for key in keys)


def keep_recordings(files: Iterable[UploadedFile]) -> None:
    """Forget the recordings whose files were taken off the page."""
    present = {file.file_id for file in files}
    taken: dict[str, Recording] = st.session_state.setdefault("_recordings", {})
    for file_id in taken.keys() - present:
        del taken[file_id]


Key = tuple[str, AnalysisSettings]
"""What a result depends on: the recording's digest and the settings."""


def session_jobs(
    recordings: Iterable[Recording], settings: AnalysisSettings
) -> list[Job[Analysis] | None]:
    """One job per recording on the page; None where it is still to be started.

    See `held_jobs`.
    """
    return held_jobs([(recording.digest, settings) for recording in recordings])


def held_jobs(keys: Sequence[Key]) -> list[Job[Analysis] | None]:
    """One job per analysis on the page; None where it is still to be started.

    The session holds on to them while they are on the page, so that other people's work, which
    pushes results out of the shared cache, never costs it what it has.
    """
    held: dict[Key, Job[Analysis]] = st.session_state.get("_jobs", {})
    st.session_state["_jobs"] = {
        key: held[key] for key in keys if key in held and not held[key].abandoned
    }
    return [st.session_state["_jobs"].get(key) for key in keys]


def start_job(
    recording: Recording, settings: AnalysisSettings, classifier: Classifier
) -> Job[Analysis]:
    """Begin to wait for an analysis: one that was done or begun before, or else a new one.

    Raises
    ------
    Cancelled
        If the tab was closed.
    """
    while True:
        job = _shared_analysis_job(recording, settings, classifier)
        if attendance().wait_only_for([job]):
            st.session_state["_jobs"][recording.digest, settings] = job
            return job


def try_again(key: Key) -> None:
    """Forget an analysis that failed, so that it is begun anew."""
    st.session_state["_jobs"].pop(key, None)


def cancelled() -> set[Key]:
    """Analyses that this session cancelled, and wants no more until asked for again."""
    keys: set[Key] = st.session_state.setdefault("_cancelled", set())
    return keys


def cancel(keys: Iterable[Key]) -> None:
    """Cancel analyses: those under way end, unless someone else waits for them."""
    cancelled().update(keys)
    attendance().leave()


def resume() -> None:
    """Want again what was cancelled."""
    cancelled().clear()


@dataclass
class Desk:
    """What this session teaches, and the last of it that an Earmark file has."""

    history: History = field(default_factory=History)
    saved: Lesson | None = None


def _desk() -> Desk:
    desk: Desk = st.session_state.setdefault("_desk", Desk())
    return desk


def lesson() -> History:
    """Give what this session teaches.

    It stays as long as the session: while other pages are shown, and over a connection that was
    lost and came back.
    """
    return _desk().history


def change_lesson(words: str, changed: Lesson) -> None:
    """Go on with another lesson; `words` say what became of it."""
    desk = _desk()
    desk.history = desk.history.then(words, changed)


def undo_lesson() -> None:
    """Take the last change of the lesson back."""
    desk = _desk()
    desk.history = desk.history.undone()


def note_lesson_saved(saved: Lesson) -> None:
    """Remember that an Earmark file has this lesson."""
    _desk().saved = saved


def is_lesson_saved() -> bool:
    """Whether nothing is lost with the lesson as it is now: no example, or what a file has."""
    desk = _desk()
    return not desk.history.present.pieces or desk.history.present is desk.saved


def deliveries() -> list[Delivery]:
    """List what is on its way into the lesson, whatever page is shown meanwhile."""
    under_way: list[Delivery] = st.session_state.setdefault("_deliveries", [])
    return under_way


def start_unpacking(delivery: Delivery) -> Job[Change]:
    """Begin to wait for the first parcel of a delivery; it goes on whatever page is shown.

    Raises
    ------
    Cancelled
        If the tab was closed.
    """
    return _awaited(delivery.job)


def take_parcel(delivery: Delivery) -> None:
    """Take in the first parcel of a delivery; what is wrong with it is noted, and told later."""
    if not delivery.job().done:
        return  # abandoned a moment before, while the connection was lost: it begins anew
    # Each look into the session's state may end this run, where another is to begin. So all is
    # looked up first: a parcel is taken in and off the list, or neither.
    desk, under_way, name = _desk(), deliveries(), delivery.parcels[0].name
    troubles = st.session_state.setdefault("_troubles", {}).setdefault(delivery.about, [])
    successes = st.session_state.setdefault("_successes", {})
    try:
        desk.history = delivery.take(desk.history)
    except EarmarkError as error:
        troubles.append((name, error))
    else:
        if delivery.label is None:  # it came out of a file
            desk.saved = desk.history.present
        if delivery.thanks:
            successes[delivery.about] = delivery.thanks
    if not delivery.parcels:
        under_way.remove(delivery)


def cancel_delivery(delivery: Delivery) -> None:
    """Take in no more of a delivery; what was taken in stays."""
    present, under_way = attendance(), deliveries()
    if delivery in under_way:
        under_way.remove(delivery)
        present.leave_beside(delivery.job())
        delivery.parcels.clear()


@dataclass(frozen=True, eq=False)
class Training:
    """A lesson on its way to being learnt.

    Parameters
    ----------
    lesson : Lesson
        As it was then.
    kind : {'exclusive', 'independent'}
        What its scores are to be.
    job : Job of Trained
        The work.
    """

    lesson: Lesson
    kind: ScoreKind
    job: Job[Trained]


def training_under_way() -> Training | None:
    """Give the training that was asked for last, done or not; None before any was."""
    latest: Training | None = st.session_state.get("_training")
    return latest


def start_training(kind: ScoreKind, base: Classifier) -> Training:
    """Begin to learn the present lesson; it goes on whatever page is shown.

    Raises
    ------
    Cancelled
        If the tab was closed.
    """
    before = training_under_way()
    if before is not None:  # else each press of the button would add one that runs
        attendance().leave_beside(before.job)
    heard: Heard = st.session_state.setdefault("_heard", {})
    present = lesson().present
    job = Job(
        lambda progress: training.train(present, base, kind, heard, progress),
        name="teach",
        turns=_turns(),
    )
    attendance().wait_also_for(job)
    begun = Training(present, kind, job)
    st.session_state["_training"] = begun
    return begun


def packing_with_audio(trained: Trained) -> Job[bytes]:
    """Give the work that makes an Earmark file of what was taught, with sound; begun once.

    Raises
    ------
    Cancelled
        If the tab was closed.
    """
    packed: Trained | None
    job: Job[bytes] | None
    packed, job = st.session_state.get("_packing", (None, None))
    if job is None or packed is not trained or job.abandoned:
        learnt = trained.classifier.learnt
        job = Job(lambda _progress: as_bytes(learnt, with_audio=True), name="pack")
        st.session_state["_packing"] = trained, job
    if not job.done:
        attendance().wait_also_for(job)
    return job


def keep_taught(trained: Trained, title: str) -> ModelFile:
    """Put what was taught among this session's models, once, and have it listen next.

    Parameters
    ----------
    trained : Trained
        As the job gave it.
    title : str
        What to call it; a number tells those of one name apart.

    Raises
    ------
    ModelError
        If it cannot be stored.
    """
    digest = hashlib.sha256(trained.file).hexdigest()
    taught: dict[str, int] = st.session_state.setdefault("_taught", {})
    kept: dict[str, ModelFile] = st.session_state.setdefault("_brought", {})
    if digest not in taught:
        taught[digest] = max(taught.values(), default=0) + 1
        note_choice("model", digest)
        for oldest in list(taught)[:-MAX_TAUGHT]:
            remove_model(oldest)
            del taught[oldest]
    if digest not in kept:  # new, or removed on the page "Models" while it is still here
        bring_model(trained.file, title, {}, TAUGHT_SUFFIX)
    numbered = title if taught[digest] == 1 else f"{title} {taught[digest]}"
    kept[digest] = replace(kept[digest], title=numbered)
    return kept[digest]


def is_taught(sha256: str) -> bool:
    """Whether a model, known by its digest, was taught in this session."""
    return sha256 in st.session_state.get("_taught", {})


def note_trouble(about: str, name: str, error: EarmarkError) -> None:
    """Remember what went wrong with something that was brought, or typed, until it is told."""
    st.session_state.setdefault("_troubles", {}).setdefault(about, []).append((name, error))


def take_troubles(about: str) -> list[tuple[str, EarmarkError]]:
    """Give what went wrong, each with its name, and forget it; nothing yet while more may come."""
    if _is_awaited(about):
        return []
    told: list[tuple[str, EarmarkError]] = st.session_state.get("_troubles", {}).pop(about, [])
    return told


def _is_awaited(about: str) -> bool:
    """Whether something is on its way: the page is drawn anew once it is there."""
    return any(delivery.about == about for delivery in deliveries())


def note_success(about: str, words: str) -> None:
    """Remember what was done, until it is told: a callback cannot draw inside of a fragment."""
    st.session_state.setdefault("_successes", {})[about] = words


def take_success(about: str) -> str | None:
    """Give what was done, in words, and forget it; None where nothing was, or more may come."""
    if _is_awaited(about):
        return None
    words: str | None = st.session_state.get("_successes", {}).pop(about, None)
    return words


def fresh_key(key: str) -> str:
    """Give a widget's key, which is another one each time the widget was emptied."""
    return f"{key}-{st.session_state.get('_emptied', {}).get(key, 0)}"


def empty(key: str) -> list[UploadedFile]:
    """Take the files out of a widget that was drawn under `fresh_key(key)`."""
    held = st.session_state.get(fresh_key(key))
    emptied: dict[str, int] = st.session_state.setdefault("_emptied", {})
    emptied[key] = emptied.get(key, 0) + 1
    if held is None:
        return []
    return held if isinstance(held, list) else [held]


def value(key: str) -> Any:  # noqa: ANN401  # whatever the widget holds
    """Read a widget's value in its own callback; None before it was drawn."""
    return st.session_state.get(key)
