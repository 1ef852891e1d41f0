"""Requests of the list of hits: reviews, and the page that is shown.

Conventions
-----------
Streamlit keeps only the newest message of a component. Each message therefore has all requests that
the script has not answered yet, with ascending numbers, and each is performed once. A hit is named
by its key, not by its row: the list may have changed since the key was pressed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

from components.archive.questions import Reviewed
from components.ui import tab
from components.workspace.archive_reviews import ArchiveReviews
from models.archive import Hit

PER_PAGE = 10
"""Number of hits on a page of the list."""

FIRST = "_archive_first"
"""Key of the position of the first hit of the page that is shown."""

MAX_REQUESTS = 50
"""Maximum number of requests in one message: those made since the last answer."""

REVIEWS = {"accept": True, "reject": False, "withdraw": None}
"""Kinds of requests that review a hit, and the reviews."""

_MAX_CHARACTERS = 200  # of an identifier


@dataclass(frozen=True)
class ListRequest:
    """A request of the list.

    Parameters
    ----------
    number : int
        Its number among those of the list, from 1.
    kind : str
        A key of `REVIEWS`, or "turn".
    hit : str
        Key of the hit that is reviewed.
    first : int
        Position of the first hit of the page to show.
    """

    number: int
    kind: str
    hit: str = ""
    first: int = -1


def key_of(hit: Hit) -> str:
    """Return what identifies a hit of an archive in the browser."""
    times = f"{round(1000 * hit.onset_s)}-{round(1000 * hit.offset_s)}"
    return f"{hit.recording}-{times}-{hit.label}"


def perform(name: str, hits: Mapping[str, Hit], kept: ArchiveReviews, message: object) -> None:
    """Perform the requests of a message that are not answered yet.

    Parameters
    ----------
    name : str
        Name of the archive.
    hits : mapping of str to Hit
        All results of the search, by `key_of`.
    kept : ArchiveReviews
        Receives the reviews.
    message : object
        What the browser has sent; what has another form is ignored.
    """
    player, requests = read_message(message)
    for request in requests:
        if request.number <= kept.answered(player):
            continue
        if request.kind == "turn":
            if 0 <= request.first < len(hits) and request.first % PER_PAGE == 0:
                tab.keep(FIRST, request.first)
        elif request.hit in hits:
            _review(name, hits[request.hit], kept, REVIEWS[request.kind])
        kept.answer(player, request.number)


def read_message(message: object) -> tuple[str, list[ListRequest]]:
    """Read what the browser has sent: the identifier of the list, and its requests in order."""
    if not isinstance(message, dict):
        return "", []
    player, sent = message.get("player"), message.get("requests")
    if not _is_short(player) or not isinstance(sent, list):
        return "", []
    read = map(_read_request, sent[:MAX_REQUESTS])
    return player, [request for request in read if request is not None]


def _read_request(sent: object) -> ListRequest | None:
    if not isinstance(sent, dict):
        return None
    number, kind = sent.get("request"), sent.get("kind")
    hit, first = sent.get("hit", ""), sent.get("first", -1)
    if not _is_whole(number) or not _is_whole(first) or not _is_short(hit):
        return None
    if kind not in (*REVIEWS, "turn"):
        return None
    return ListRequest(number, kind, hit, first)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and -1 <= value < 1 << 53


def _is_short(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= _MAX_CHARACTERS


def _review(name: str, hit: Hit, kept: ArchiveReviews, accepted: bool | None) -> None:
    """Review a hit, in place of a review of the same sound with other edges."""
    before = Reviewed(kept.of(name)).find(hit)
    if before is not None:
        kept.review(name, before[0], None)
    kept.review(name, hit, accepted)
