"""Search of an archive: what is asked for, and the answer, which is found in the background."""

from functools import partial

import streamlit as st

from components.archive import examples, filters
from components.archive.list_requests import FIRST
from components.archive.questions import Found, Question, answer
from components.ui import notices, settings, tab, widgets
from components.workspace.current import current, waiting
from components.workspace.shared import shared
from models.archive import Archive, ArchiveSummary, Hit
from models.archive.querying import Among
from models.errors import Cancelled, EarmarkError
from models.jobs.job import Job
from models.teaching.lesson import BACKGROUND

CLASS, EXAMPLE, REVIEWED, TAUGHT = WAYS = (
    "Class",
    "Example",
    "Accepted results",
    "Taught class",
)
"""Ways to search."""

WAY = "archive-by"
"""Key of the choice of a way."""

NEXT_TAUGHT = "_archive_next_taught"
"""Key of a taught class that the next run looks for: a widget's value is set before it is drawn."""

_TAUGHT_LABEL = "archive-taught"
_REVIEWED = "_archive_reviewed"


def read(name: str, archive: Archive, summary: ArchiveSummary) -> Question | None:
    """Draw what can be asked for, and return the question; None if something is missing."""
    next_taught = tab.take(NEXT_TAUGHT)
    if next_taught is not None:
        widgets.set_value(WAY, TAUGHT)
        widgets.set_value(_TAUGHT_LABEL, next_taught)
    with st.sidebar:
        way = settings.selectbox(
            "Search by",
            WAYS,
            CLASS,
            name=WAY,
            help="A class of the model; a sound of your own; the results that you accepted, unlike "
            "those that you rejected; or a class that you taught.",
        )
    if way == CLASS:
        labels = _read_classes(archive, summary)
        min_score, among = filters.read_score(), filters.read_among(summary)
        return Question("classes", among, min_score, labels)
    if way == TAUGHT:
        return _read_taught(summary)
    if way == EXAMPLE:
        with st.sidebar:
            sound = examples.choose()
        among = filters.read_among(summary)
        return None if sound is None else Question("similar", among, examples=(sound,))
    return _like_reviewed(name, filters.read_among(summary))


def find(name: str, archive: Archive, question: Question) -> Found | None:
    """Answer a question, with progress; None if that failed, which the page shows."""
    work = current().archive_reviews
    progress = st.container()  # always there: what is drawn below stays in its place
    try:
        job = waiting().find_beside(lambda: _job(name, archive, question))
        if not job.done:
            with progress, notices.beside_cancel(partial(_cancel, job), key="cancel-archive"):
                notices.watch(job, "Searching the archive")
        return job.result()
    except Cancelled:
        st.caption("The search was cancelled. Change what you look for to search again.")
    except EarmarkError as error:
        work.job = None  # asked again by the next run
        notices.show_error(error)
    return None


def look_for_reviewed(name: str) -> None:
    """Look for more sounds like the accepted results, and unlike the rejected ones."""
    reviews = current().archive_reviews.of(name)
    accepted = tuple(hit for hit, was_accepted in reviews.items() if was_accepted)
    rejected = tuple(hit for hit, was_accepted in reviews.items() if not was_accepted)
    tab.keep(_REVIEWED, {name: (accepted, rejected)})
    widgets.set_value(WAY, REVIEWED)


def _job(name: str, archive: Archive, question: Question) -> Job[Found]:
    work = current().archive_reviews
    key = (name, archive.version, question)
    if work.job is None or work.question != key or not work.job.reusable:
        tab.keep(FIRST, 0)
        work.question = key
        work.job = Job(
            lambda progress: answer(archive, question, progress),
            name="search archive",
            fair_queue=shared().fair_queue,
        )
    return work.job


def _cancel(job: Job[Found]) -> None:
    waiting().leave_job(job)


def _read_classes(archive: Archive, summary: ArchiveSummary) -> tuple[str, ...]:
    model = archive.model
    with st.sidebar:
        return settings.classes(
            "Classes",
            () if model is None else model.labels,
            name="archive-classes",
            placeholder="All classes",
            help="Classes whose events are looked for.",
            first={"Most frequent here": list(summary.classes)[:8]},
        )


def _read_taught(summary: ArchiveSummary) -> Question | None:
    training = current().teaching.training
    if training is None or not training.job.succeeded:
        st.info(
            "No class was taught yet. Accept and reject some results of another search, and press "
            "**Teach and apply**; or train classes on the page Teach.",
            icon=":material/school:",
        )
        return None
    classifier = training.job.result().classifier
    labels = [label for label in classifier.labels if label != BACKGROUND]
    with st.sidebar:
        label = settings.selectbox("Taught class", labels, labels[0], name=_TAUGHT_LABEL)
        uncertain_first = settings.toggle(
            "Uncertain ones first",
            name="archive-uncertain",
            help="Those with a score near 0.5: their reviews teach the model most.",
        )
    min_score, among = filters.read_score(), filters.read_among(summary)
    return Question(
        "taught",
        among,
        min_score,
        (label,),
        taught=classifier,
        uncertain_first=uncertain_first,
    )


def _like_reviewed(name: str, among: Among) -> Question | None:
    kept: tuple[tuple[Hit, ...], tuple[Hit, ...]] | None = tab.kept(_REVIEWED, {}).get(name)
    if kept is None or not kept[0]:
        st.info(
            "Nothing was accepted yet. Search by a class or by an example, and accept what is "
            "right: press **A**, or the check mark of a result.",
            icon=":material/check:",
        )
        return None
    accepted, rejected = kept
    return Question("similar", among, examples=accepted, negative=rejected)
