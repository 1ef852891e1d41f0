"""List component of hits: spectrogram, playback, and review by keys."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from components.archive.questions import Reviewed
from components.frontend import bundle
from components.player.media import serve
from components.style import text
from components.style.palette import palette_for
from components.ui import tab, widgets
from components.workspace.archive_reviews import HitSound
from components.workspace.current import current
from models.archive import Hit
from models.audio.spectrogram import N_BANDS

PER_PAGE = 10
"""Number of hits on a page of the list."""

MAX_SERVED = 60
"""Maximum number of excerpts that the browser may fetch."""

_KEY = "hit-list"


@dataclass(frozen=True, eq=False)
class ShownHit:
    """A hit with its excerpt.

    Parameters
    ----------
    hit : Hit
        The hit.
    excerpt : HitSound or None
        Its sound; None if it could not be decoded.
    problem : str
        Why not.
    """

    hit: Hit
    excerpt: HitSound | None
    problem: str = ""


def show(
    name: str,
    page: Sequence[ShownHit],
    *,
    first: int,
    total: int,
    reviews: Sequence[bool | None],
) -> None:
    """Draw a page of hits.

    Parameters
    ----------
    name : str
        Name of the archive.
    page : sequence of Shown
        The hits of the page.
    first : int
        Position of the first one, from 0.
    total : int
        Number of all hits.
    reviews : sequence of bool or None
        Whether each was accepted.
    """
    hits = [shown.hit for shown in page]
    bundle.component("hit_list", Path(__file__).parent)(
        key=_KEY,
        data={
            "rows": [_row(*each) for each in zip(page, reviews, strict=True)],
            "first": first,
            "total": total,
            "palette": [list(stop) for stop in palette_for(st.context.theme.type).levels],
        },
        on_review_change=lambda: take_review(name, hits, widgets.reply(_KEY, "review")),
        on_turn_change=lambda: turn(widgets.reply(_KEY, "turn"), first, total),
    )


def take_review(name: str, hits: Sequence[Hit], told: object) -> None:
    """Note the review of a hit of the page, as the browser tells it."""
    if not isinstance(told, dict):
        return
    at, accepted = told.get("row"), told.get("accepted")
    if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at < len(hits):
        return
    if accepted is None or isinstance(accepted, bool):
        kept = current().archive_reviews
        before = Reviewed(kept.of(name)).find(hits[at])
        if before is not None:
            kept.review(name, before[0], None)
        kept.review(name, hits[at], accepted)


def turn(told: object, first: int, total: int) -> None:
    """Turn to the next or the previous page of the list, where there is one."""
    pages = {"next": first + PER_PAGE, "previous": first - PER_PAGE}
    wanted = pages.get(told) if isinstance(told, str) else None
    if wanted is not None and 0 <= wanted < total:
        tab.keep(FIRST, wanted)


FIRST = "_archive_first"
"""Key of the position of the first hit of the page that is shown."""


def _row(shown: ShownHit, accepted: bool | None) -> dict[str, Any]:
    hit, excerpt = shown.hit, shown.excerpt
    return {
        "name": text.shorten(Path(hit.path).name, 60),
        "label": hit.label,
        "score": f"{hit.score:.2f}",
        "when": "" if hit.at is None else f"{hit.at:%-d %b %Y, %H:%M:%S}",
        "at": f"{text.instant(hit.onset_s, 60.0)} · {text.duration(hit.offset_s - hit.onset_s)}",
        "problem": shown.problem,
        "accepted": accepted,
        "sound": None if excerpt is None else _address(hit, excerpt),
        "picture": "" if excerpt is None else base64.b64encode(excerpt.picture).decode(),
        "columns": 0 if excerpt is None else excerpt.columns,
        "bands": N_BANDS,
    }


def _address(hit: Hit, excerpt: HitSound) -> str | None:
    digest = f"hit-{hit.recording}-{round(1000 * hit.onset_s)}-{round(1000 * hit.offset_s)}"
    return serve(excerpt.sound, "audio/wav", digest=digest, group="hits", at_most=MAX_SERVED)
