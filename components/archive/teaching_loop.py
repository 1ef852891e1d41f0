"""From reviews to a taught class: examples, training, and the next search, without another page."""

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from components import model_choice
from components.archive import search
from components.archive.questions import Reviewed
from components.style import text
from components.teach import example_intake
from components.ui import callbacks, notices, tab
from components.view.settings import ModelChoice
from components.workspace.current import current, waiting
from models.archive import Archive, Hit
from models.errors import Cancelled, EarmarkError
from models.teaching import lesson as lessons
from models.teaching.delivery import Change, Delivery, Parcel
from models.teaching.lesson import BACKGROUND, Lesson, Piece

PADDING_S = 0.25
"""Sound before and after a hit that its example also has, in seconds."""

ABOUT = "archive"
"""Place of the messages about the examples."""

FEW = 10
"""Number of reviews from which a taught class usually helps, as the caption advises."""

_TRAINS = "_archive_trains"


def show(name: str, archive: Archive, suggested: str) -> None:
    """Draw the counts of reviews, and what can be done with them.

    Parameters
    ----------
    name : str
        Name of the archive.
    archive : Archive
        The archive.
    suggested : str
        Name for the class that is taught.
    """
    reviews = current().archive_reviews.of(name)
    n_accepted = sum(reviews.values())
    st.header("Reviews", anchor=False)
    st.markdown(f"**{n_accepted:,}** accepted, **{len(reviews) - n_accepted:,}** rejected")
    with st.container(horizontal=True):
        st.button(
            "Find more like them",
            icon=":material/travel_explore:",
            key="archive-more",
            disabled=not n_accepted,
            on_click=partial(search.look_for_reviewed, name),
            help="Sounds like those that you accepted, and unlike those that you rejected.",
        )
        st.button(
            "Forget reviews",
            icon=":material/backspace:",
            key="archive-forget",
            type="tertiary",
            disabled=not reviews,
            on_click=partial(current().archive_reviews.forget, name),
        )
    label = st.text_input(
        "Name of the class",
        suggested,
        key=f"archive-class-name-{suggested}",  # another suggestion replaces what was typed
        max_chars=60,
        disabled=not n_accepted,
    )
    st.button(
        "Teach and apply",
        icon=":material/school:",
        key="archive-teach",
        type="primary",
        disabled=not n_accepted or not label.strip(),
        on_click=callbacks.light("archive-teach", _teach, name, archive, reviews, label.strip()),
    )
    st.caption(
        f"The accepted results become examples of the class, the rejected ones of {BACKGROUND}, on "
        "the page Teach. The class is trained, and looked for in the whole archive: its embeddings "
        f"are stored, so nothing is decoded again. Some {FEW} reviews usually help."
    )
    _go_on(archive)


def _teach(name: str, archive: Archive, reviews: Mapping[Hit, bool], label: str) -> None:
    workspace = current()
    teaching, handed = workspace.teaching, workspace.archive_reviews.handed(name)
    try:
        with teaching.changing() as lesson:
            changed = without_corrected(lesson, handed, reviews, label)
            if label not in changed.classes:
                changed = lessons.add_class(changed, label)
            if changed is not lesson:
                teaching.change(f"prepared the class {label}", changed)
    except EarmarkError as error:
        workspace.messages.add_failure(ABOUT, label, error)
        return
    for own, hits in new_examples(teaching.lesson, handed, reviews, label).items():
        pending = {one.name for each in teaching.deliveries for one in each.parcels}
        parcels = [_parcel(archive, hit, own) for hit in hits if title_of(hit) not in pending]
        workspace.archive_reviews.hand(name, hits, own)
        if parcels:
            example_intake.deliver(Delivery(ABOUT, parcels, own), workspace)
    tab.keep(_TRAINS, label)


def without_corrected(
    lesson: Lesson, handed: Mapping[Hit, str], reviews: Mapping[Hit, bool], label: str
) -> Lesson:
    """Return a lesson without the examples of hits whose reviews were corrected since.

    Parameters
    ----------
    lesson : Lesson
        The lesson.
    handed : mapping of Hit to str
        The classes that hits became examples of.
    reviews : mapping of Hit to bool
        Whether hits were accepted.
    label : str
        The class that accepted hits belong to; rejected ones belong to the background.
    """
    known = Reviewed(reviews)
    for hit, own in handed.items():
        accepted = known.review(hit)
        if accepted is not None and own == (BACKGROUND if accepted else label):
            for piece in _pieces(lesson, hit, own):
                lesson = lessons.remove(lesson, piece.number)
    return lesson


def new_examples(
    lesson: Lesson, handed: Mapping[Hit, str], reviews: Mapping[Hit, bool], label: str
) -> dict[str, list[Hit]]:
    """Return the reviewed hits that the lesson has no example of, by their classes.

    Parameters
    ----------
    lesson, handed, reviews, label
        As for `without_corrected`.
    """
    there = {
        own: Reviewed({hit: True for hit in handed if _pieces(lesson, hit, own)})
        for own in (label, BACKGROUND)
    }
    new: dict[str, list[Hit]] = {label: [], BACKGROUND: []}
    for hit, accepted in reviews.items():
        own = label if accepted else BACKGROUND
        if there[own].find(hit) is None:
            new[own].append(hit)
    return new


def title_of(hit: Hit) -> str:
    """Return the name of the examples that a hit becomes."""
    return f"{hit.path.rpartition('/')[2]} at {text.instant(hit.onset_s)}"


def _pieces(lesson: Lesson, hit: Hit, label: str) -> list[Piece]:
    """Return the examples of a class that a hit became; several if it has pauses."""
    title = title_of(hit)
    return [
        piece
        for piece in lesson.of(label)
        if piece.recording == hit.path
        and (piece.name == title or piece.name.startswith(f"{title}, "))
    ]


def _parcel(archive: Archive, hit: Hit, label: str) -> Parcel:
    title = title_of(hit)

    def unpack(_progress: Callable[[float], None]) -> Change:
        clip = archive.excerpt(hit, PADDING_S)
        return example_intake.adding(label, clip, title, recording=hit.path)

    return Parcel(title, unpack)


def _go_on(archive: Archive) -> None:
    """Take the examples in, then train, then look for the class."""
    example_intake.show_failures(ABOUT)
    example_intake.wait(example_intake.places(ABOUT))
    label = tab.take(_TRAINS)
    if label is None:
        return
    model = archive.model
    opened = None if model is None else model_choice.open_chosen(ModelChoice(model.name), ABOUT)
    if opened is None:
        return
    teaching = current().teaching
    if teaching.training is not None:
        waiting().leave_job(teaching.training.job)
    begun = teaching.start_training("independent", opened[0])
    try:
        waiting().wait_beside(begun.job)
        notices.wait_for(begun.job, "Learning")
    except Cancelled:
        return  # the tab is closed
    except EarmarkError as error:
        notices.show_error(error)
        return
    tab.keep(search.NEXT_TAUGHT, label)
    st.rerun()
