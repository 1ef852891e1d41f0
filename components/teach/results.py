"""Training and its results: accuracy, live and recorded test, mistakes and advice."""

import hashlib
import html
from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from components import model_choice
from components.live import controls, transport
from components.style import figures, text
from components.style.palette import palette_for
from components.teach import example_list, model_files
from components.teach.confusion_matrix import confusion_figure, in_words
from components.ui import address, notices, recorder, settings, tab, widgets
from components.view.settings import LiveViewSettings, ModelChoice
from components.workspace.current import current, waiting
from components.workspace.teaching import Training
from models.audio import load_clip
from models.errors import Cancelled, EarmarkError
from models.inference import SoundClassifier
from models.registry.local_models import ModelFile
from models.teaching.head import ScoreKind
from models.teaching.training import Trained, missing

BASE = "yamnet"
"""Model that gives the embeddings; the built-in model substitutes it if it is not available."""

MAX_TEST_S = 60.0
"""Maximum duration of a test recording, in seconds."""

LISTENING = LiveViewSettings(n_results=5, threshold=0.5)
"""Settings of the live test. Of scores that sum to 1 at most one exceeds 0.5. The page "Live" has
all settings."""

PAGE = "teach"
"""Path of the page."""

RESULTS = "results"
"""Anchor of the results."""

MISTAKES_SHOWN = 20
"""Number of mistakes shown, those with the highest scores."""

_TEST_KEY, _TEST = "try", "_teach_test"

_KINDS: dict[str, ScoreKind] = {"One at a time": "exclusive", "Several at once": "independent"}


def show(live: StreamlitPage, inspector: StreamlitPage) -> None:
    """Draw the training, and the results of the latest trained classifier.

    Parameters
    ----------
    live, inspector : StreamlitPage
        Pages on which the classifier is used.
    """
    st.header("Train", anchor=False)
    base = _base()
    trained = _train(base)
    if trained is None:
        st.caption(
            "After training: accuracy, confusion matrix, advice, a live test and the export of the "
            "model."
        )
        return
    try:
        title = _keep(trained).title
    except EarmarkError as error:
        notices.show_error(error)
        return
    st.header("Results", anchor=RESULTS)
    _accuracy(trained)
    _hear_live(trained)
    _try(trained)
    _ways_on(title, live, inspector)
    _mistakes(trained)
    _advice(trained)
    model_files.show(trained)


def _base() -> SoundClassifier | None:
    """Open the model that gives the embeddings: YAMNet, or the built-in model as a substitute."""
    opened = model_choice.open_chosen(ModelChoice(BASE))
    return None if opened is None else opened[0]


def _train(base: SoundClassifier | None) -> Trained | None:
    """Draw the training controls, train on request, and return the latest result."""
    teaching = current().teaching
    lesson = teaching.lesson
    chosen = settings.segmented_control(
        "Sounds come",
        list(_KINDS),
        "One at a time",
        name="kind",
        help="One at a time: scores share a sum of 1 (exclusive). Several at once: each class is "
        "scored by itself, so any number can be heard together, or none (independent).",
    )
    kind = _KINDS[chosen]
    latest = teaching.training
    is_current = latest is not None and (latest.lesson, latest.kind) == (lesson, kind)
    lack = missing(lesson)
    with st.container(key="train-bar"):  # on a phone it sticks below the classes
        pressed = st.button(
            "Train" if latest is None or is_current else "Train again",
            icon=":material/school:",
            key="train",
            type="secondary" if is_current else "primary",
            disabled=base is None or lack is not None,
            width="stretch",
        )
        progress = st.container()
        if lack is not None:
            st.caption(lack)
    try:
        if pressed and base is not None:
            latest = _start_training(kind, base)
            is_current = True
        if latest is None:
            return None
        with progress:
            if not latest.job.done:
                waiting().wait_beside(latest.job)  # again, after a lost connection
            trained = notices.wait_for(latest.job, "Learning")
            _link_to_results()
    except Cancelled:
        return None  # the tab is closed
    except EarmarkError as error:
        notices.show_error(error)
        return None
    if not is_current:
        st.caption("The results below do not include your last changes.")
    return trained


def _start_training(kind: ScoreKind, base: SoundClassifier) -> Training:
    """Start training on the current lesson; the job continues on every page."""
    teaching = current().teaching
    if teaching.training is not None:  # otherwise each press would add a running job
        waiting().leave_job(teaching.training.job)
    begun = teaching.start_training(kind, base)
    waiting().wait_beside(begun.job)
    return begun


def _keep(trained: Trained) -> ModelFile:
    """Add a taught classifier to the visitor's models, and select it if it is new."""
    models = current().models
    is_new = not models.is_taught(hashlib.sha256(trained.file).hexdigest())
    file = models.add_taught(trained.file, model_files.name())
    if is_new:
        address.change("model", (file.title,))
    return file


def _link_to_results() -> None:
    """Draw a link from the sticky button to the results, which may be far below it."""
    with st.container(key="to-results"):
        st.markdown(f"[See the results](#{RESULTS})")


def _accuracy(trained: Trained) -> None:
    assessment = trained.classifier.assessment
    if assessment is None:
        st.info(
            "The model is trained, but its accuracy is unknown: a test on recordings that it was "
            "not trained on needs examples of two recordings or more in each class.",
            icon=":material/help:",
        )
        return
    right, total = int(assessment.confusion.trace()), int(assessment.confusion.sum())
    st.markdown(f"### {right} of {total} examples correct ({assessment.accuracy:.0%})")
    st.caption(
        f"Cross-validation in {assessment.folds} folds: each example was tested by a model trained "
        f"on other recordings. Training and testing took {text.duration(trained.elapsed_s)}."
    )
    st.plotly_chart(
        confusion_figure(assessment, palette_for(st.context.theme.type)),
        key="confusion",
        theme=None,
        config=figures.CONFIG,
        alt=in_words(assessment),
    )
    st.caption("Rows: class of the examples. Columns: predicted class.")


def _ways_on(title: str, live: StreamlitPage, inspector: StreamlitPage) -> None:
    with st.container(horizontal=True):
        if st.button("Use it live", icon=":material/mic:", key="use-live"):
            address.follow("model", (title,))
            address.switch_page(live)
        if st.button("Use it on clips", icon=":material/graphic_eq:", key="use-on-clips"):
            address.follow("model", (title,))
            address.switch_page(inspector)
    st.caption(
        f"The lists of models have it as **{text.escape_markdown(title)}**. It is now the model of "
        "the pages Clip and Live."
    )


def _hear_live(trained: Trained) -> None:
    """Draw the live test; the panel appears once the session has a snapshot."""
    st.header("Try it", anchor=False)
    session = current().live
    if session.listening and session.classifier is not trained.classifier:
        st.caption("Another model is listening live. Stop it to try this one here.")
        return
    transport.note_page(PAGE)
    controls.show_controls(session, trained.classifier, LISTENING)
    if session.snapshot() is not None:
        controls.show(session, LISTENING)


@dataclass
class _Test:
    """A recording to try the classes with: the contents of a WAV file, if there is one."""

    wav: bytes | None = None


def _try(trained: Trained) -> None:
    """Record a test and show its scores."""
    st.markdown("Or record a test here")
    recorder.show_alone("Record a test", _TEST_KEY, _take_test)
    recorded = _tested().wav
    if recorded is None:
        return
    try:
        clip = load_clip(recorded, max_duration_s=MAX_TEST_S)
    except EarmarkError as error:
        notices.show_error(error)
        return
    timeline = trained.classifier.classify(clip)
    st.html(_bars(timeline.top(min(5, len(timeline.labels)), by="max")))


def _take_test() -> None:
    test = _tested()  # before the uploader is emptied: see `widgets.uploader`
    for file in widgets.take_files(_TEST_KEY):
        test.wav = file.getvalue()


def _tested() -> _Test:
    """Return the tab's latest test."""
    if tab.kept(_TEST) is None:
        tab.keep(_TEST, _Test())
    test: _Test = tab.kept(_TEST)
    return test


def _bars(top: list[tuple[str, float]]) -> str:
    rows = "".join(
        f"<li><b>{html.escape(label)}</b><i>{score:.2f}</i>"
        f'<meter min="0" max="1" value="{score:.3f}"></meter></li>'
        for label, score in top
    )
    return f'<ol class="heard-now">{rows}</ol>'


def _mistakes(trained: Trained) -> None:
    """List the mistakes, with playback, relabelling and removal."""
    assessment = trained.classifier.assessment
    if assessment is None or not assessment.mistakes:
        return
    lesson = current().teaching.lesson
    wrong = {}
    for mistake in assessment.mistakes:
        taught = trained.piece(mistake.example)
        piece = None if taught is None else lesson.piece(taught.number)
        if piece is not None and piece.label == mistake.label:
            wrong[piece] = f"Predicted {mistake.heard_as}, score {mistake.score:.2f}"
    if not wrong:
        return
    st.header(f"Mistakes ({len(wrong)})", anchor=False)
    shown = list(wrong)[:MISTAKES_SHOWN]
    example_list.show(
        shown,
        key="mistakes",
        classes=lesson.classes,
        notes={piece.number: wrong[piece] for piece in shown},
    )


def _advice(trained: Trained) -> None:
    advice = trained.classifier.advice
    if not advice:
        return
    st.header("Advice", anchor=False)
    st.markdown("\n".join(f"- {text.escape_markdown(one.text)}" for one in advice))
