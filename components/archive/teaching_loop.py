"""From reviews to a taught class: examples, training, and the next search, without another page."""

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from components import model_choice
from components.archive import search
from components.style import text
from components.teach import example_intake
from components.ui import callbacks, notices, tab
from components.view.settings import ModelChoice
from components.workspace.current import current, waiting
from models.archive import Archive, Hit
from models.errors import Cancelled, EarmarkError
from models.teaching import lesson as lessons
from models.teaching.delivery import Change, Delivery, Parcel
from models.teaching.lesson import BACKGROUND

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
    try:
        with workspace.teaching.changing() as lesson:
            if label not in lesson.classes:
                changed = lessons.add_class(lesson, label)
                workspace.teaching.change(f"added the class {label}", changed)
    except EarmarkError as error:
        workspace.messages.add_failure(ABOUT, label, error)
        return
    taught = workspace.archive_reviews.taught
    for accepted, own in ((True, label), (False, BACKGROUND)):
        new = [
            hit
            for hit, was_accepted in reviews.items()
            if was_accepted is accepted and (name, hit) not in taught
        ]
        parcels = [_parcel(archive, hit, own) for hit in new]
        if parcels:
            example_intake.deliver(Delivery(ABOUT, parcels, own), workspace)
            taught.update((name, hit) for hit in new)
    tab.keep(_TRAINS, True)


def _parcel(archive: Archive, hit: Hit, label: str) -> Parcel:
    title = f"{hit.path.rpartition('/')[2]} at {text.instant(hit.onset_s)}"

    def unpack(_progress: Callable[[float], None]) -> Change:
        clip = archive.excerpt(hit, PADDING_S)
        return example_intake.adding(label, clip, title, recording=hit.path)

    return Parcel(title, unpack)


def _go_on(archive: Archive) -> None:
    """Take the examples in, then train, then look for the class."""
    example_intake.show_failures(ABOUT)
    example_intake.wait(example_intake.places(ABOUT))
    if not tab.take(_TRAINS):
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
    tab.keep(search.NEXT_WAY, search.TAUGHT)
    st.rerun()
