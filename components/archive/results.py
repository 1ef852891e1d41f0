"""Results of a search: the list with its reviews, the activity, and what can be done with them."""

from collections.abc import Mapping

import streamlit as st

from components.archive import activity, excerpts, exports, hit_list, teaching_loop
from components.archive.hit_list import ShownHit
from components.archive.list_requests import FIRST, PER_PAGE
from components.archive.questions import MAX_HITS, Found, Question, Reviewed, reviewed_last
from components.style import text
from components.style.palette import palette_for
from components.ui import notices, tab
from components.workspace.archive_reviews import HitSound
from components.workspace.current import current
from models.archive import Archive, Hit
from models.errors import EarmarkError
from models.jobs.job import Job

_ORDERED = "_archive_ordered"


def show(name: str, archive: Archive, question: Question, answer: Found) -> None:
    """Draw the results.

    Parameters
    ----------
    name : str
        Name of the archive.
    archive : Archive
        The archive.
    question : Question
        What was looked for.
    answer : Found
        What was found.
    """
    found, beside = st.columns([3, 2], gap="large")
    with beside:
        activity.show(answer.activity, palette_for(st.context.theme.type))
        teaching_loop.show(name, archive, _suggested(question))
    with found:
        _headline(question, answer)
        reviews = current().archive_reviews.of(name)
        exports.offer(name, archive, question, answer, reviews)
        hits = _in_order(question, answer, reviews)
        if hits:
            _list(name, archive, hits)
        else:
            st.info(_nothing(question), icon=":material/search_off:")


def _headline(question: Question, answer: Found) -> None:
    total = sum(answer.activity.values()) if question.kind == "classes" else 0
    count = max(len(answer.hits), total)
    words = "1 result" if count == 1 else f"{count:,} results"
    if answer.is_full:
        words = f"More than {MAX_HITS:,} results" if count <= MAX_HITS else words
        which = "least certain ones" if question.uncertain_first else "with the highest scores"
        words += f", of which the {MAX_HITS:,} {which} are listed"
    st.header(words, anchor=False)


def _in_order(question: Question, answer: Found, reviews: Mapping[Hit, bool]) -> tuple[Hit, ...]:
    """Return the hits; of uncertain ones those come last that were reviewed before this search.

    Reviews do not change the order of the list that they are made in.
    """
    if not question.uncertain_first:
        return answer.hits
    ordered: tuple[Found, tuple[Hit, ...]] | None = tab.kept(_ORDERED)
    if ordered is None or ordered[0] is not answer:
        ordered = answer, reviewed_last(answer.hits, reviews)
        tab.keep(_ORDERED, ordered)
    return ordered[1]


def _list(name: str, archive: Archive, hits: tuple[Hit, ...]) -> None:
    first = int(tab.kept(FIRST, 0))
    if not 0 <= first < len(hits):
        first = 0
    page = hits[first : first + PER_PAGE]
    jobs = [excerpts.start(name, archive, hit) for hit in page]
    with st.container():
        for job in jobs:
            notices.watch(job, "Reading the recordings")
    known = Reviewed(current().archive_reviews.of(name))
    hit_list.show(
        name,
        [_shown(hit, job) for hit, job in zip(page, jobs, strict=True)],
        first=first,
        hits=hits,
        reviews=[known.review(hit) for hit in page],
    )


def _shown(hit: Hit, job: Job[HitSound]) -> ShownHit:
    try:
        return ShownHit(hit, job.result())
    except EarmarkError as error:
        return ShownHit(hit, None, str(error))


def _suggested(question: Question) -> str:
    """Return a name for the class that the reviews teach."""
    return text.shorten_end(question.labels[0], 60) if question.labels else "My sound"


def _nothing(question: Question) -> str:
    if question.kind == "similar":
        return "Nothing was found. Widen the filters."
    return "Nothing was found. Lower the score, or widen the filters."
