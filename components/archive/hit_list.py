"""List component of hits: spectrogram, playback, and review by keys."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from components.archive import list_requests
from components.archive.list_requests import PER_PAGE, key_of
from components.frontend import bundle
from components.player.media import serve
from components.style import text
from components.style.palette import palette_for
from components.ui import callbacks, widgets
from components.workspace.archive_reviews import ArchiveReviews, HitSound
from components.workspace.current import current
from models.archive import Hit
from models.audio.spectrogram import N_BANDS

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
    hits: Sequence[Hit],
    reviews: Sequence[bool | None],
) -> None:
    """Draw a page of hits.

    Parameters
    ----------
    name : str
        Name of the archive.
    page : sequence of ShownHit
        The hits of the page.
    first : int
        Position of the first one, from 0.
    hits : sequence of Hit
        All hits.
    reviews : sequence of bool or None
        Whether each of the page was accepted.
    """
    kept = current().archive_reviews
    by_key = {key_of(hit): hit for hit in hits}
    bundle.component("hit_list", Path(__file__).parent)(
        key=_KEY,
        data={
            "rows": [_row(*each) for each in zip(page, reviews, strict=True)],
            "first": first,
            "total": len(hits),
            "perPage": PER_PAGE,
            "answers": kept.answers,
            "palette": [list(stop) for stop in palette_for(st.context.theme.type).levels],
        },
        on_ask_change=callbacks.light(_KEY, _take, name, by_key, kept),
    )


def _take(name: str, hits: Mapping[str, Hit], kept: ArchiveReviews) -> None:
    list_requests.perform(name, hits, kept, widgets.reply(_KEY, "ask"))


def _row(shown: ShownHit, accepted: bool | None) -> dict[str, Any]:
    hit, excerpt = shown.hit, shown.excerpt
    return {
        "key": key_of(hit),
        "name": text.shorten(Path(hit.path).name, 60),
        "label": hit.label,
        "score": f"{hit.score:.2f}",
        "when": "" if hit.at is None else f"{hit.at:%-d %b %Y, %H:%M:%S}",
        "at": f"{text.instant(hit.onset_s, 60.0)} · {text.duration(hit.offset_s - hit.onset_s)}",
        "problem": shown.problem,
        "accepted": accepted,
        "sound": None if excerpt is None else _address(excerpt),
        "picture": "" if excerpt is None else base64.b64encode(excerpt.picture).decode(),
        "columns": 0 if excerpt is None else excerpt.columns,
        "bands": N_BANDS,
    }


def _address(excerpt: HitSound) -> str | None:
    digest = f"hit-{excerpt.digest}"
    return serve(excerpt.sound, "audio/wav", digest=digest, group="hits", at_most=MAX_SERVED)
