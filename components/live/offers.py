"""Validation of a browser's WebRTC offer: exactly one audio section.

Conventions
-----------
The value of streamlit-webrtc's component is a mapping with ``sdpOffer``, a session description
(RFC 8866) with its ``type``, and ``iceCandidates``, the browser's addresses by number. The
component offers one audio section. aiortc accepts any number of sections, each with a thread,
sockets and an unbounded queue: video would be decoded in the server's process and accumulate,
because nothing reads it.
"""

from collections.abc import Mapping
from typing import Any

from models.errors import RecordingError

MAX_CHARACTERS = 32_768
"""Maximum length of a session description: one audio section has 2,000 to 6,000 characters,
including candidates (Chromium 142, Firefox 145)."""

MAX_CANDIDATES = 100
"""Maximum number of a browser's addresses, each of which is sent packets; a machine with several
networks has a few dozen."""

MAX_CANDIDATES_OF_PAGE = 1_000
"""Maximum number of addresses in all messages of a page. Packets are sent to each of them, inside
addresses included."""

MAX_CANDIDATE_CHARACTERS = 1_000
"""Maximum length of an address line; typical ones have 200 characters."""

_SECTION, _CANDIDATE = "m=", "a=candidate:"
_SOUND = "m=audio "


def check_offer(value: object, named: set[str]) -> None:
    """Check that a browser offers one audio section, or nothing.

    Parameters
    ----------
    value : object
        Value of the component, as sent by the browser; None before it sent one.
    named : set of str
        Addresses that the page has named so far. Those of the value are added, unless there are
        too many already.

    Raises
    ------
    RecordingError
        If the offer is anything else.
    """
    problem = None if value is None else _problem(value) or _problem_of_page(value, named)
    if problem is not None:
        raise RecordingError(
            f"The browser's WebRTC connection {problem}.",
            allowed=f"It carries one microphone's sound, and names up to {MAX_CANDIDATES} "
            f"addresses at once, {MAX_CANDIDATES_OF_PAGE:,} in all.",
            remedy="Reload the page and start again, or choose Connection: WebSocket.",
        )


def _problem(value: object) -> str | None:
    if not isinstance(value, Mapping):
        return "is described in an unknown way"
    offer, candidates = value.get("sdpOffer"), value.get("iceCandidates")
    return (_problem_of_offer(offer) if offer else None) or (
        _problem_of_candidates(candidates) if candidates else None
    )


def _problem_of_page(value: Any, named: set[str]) -> str | None:  # noqa: ANN401  # checked
    if len(named) <= MAX_CANDIDATES_OF_PAGE:  # beyond it the set would grow without end
        lines = (value.get("sdpOffer") or {}).get("sdp", "").splitlines()
        named |= {line for line in lines if line.startswith(_CANDIDATE)}
        named |= {one["candidate"] for one in (value.get("iceCandidates") or {}).values()}
    many = len(named) > MAX_CANDIDATES_OF_PAGE
    return f"has named {len(named):,} addresses" if many else None


def _problem_of_offer(offer: Any) -> str | None:  # noqa: ANN401  # untrusted
    text = offer.get("sdp") if isinstance(offer, Mapping) else None
    if not isinstance(text, str) or offer.get("type") != "offer":
        return "is described in an unknown way"
    if len(text) > MAX_CHARACTERS:
        return f"is described in {len(text):,} characters"
    lines = text.splitlines()  # as aiortc splits it
    sections = [line for line in lines if line.startswith(_SECTION)]
    if len(sections) != 1:
        return f"has {len(sections):,} sections"
    if not sections[0].startswith(_SOUND):
        return "carries something else than sound"
    n_candidates = sum(line.startswith(_CANDIDATE) for line in lines)
    if n_candidates > MAX_CANDIDATES:
        return f"names {n_candidates:,} addresses"
    return None if _is_complete(text) else "is described incompletely"


def _is_complete(text: str) -> bool:
    """Whether aiortc can read a description of one section, and has all that an answer needs.

    aiortc raises errors of many kinds where it has not, some of them in its own event loop.
    """
    from aiortc.sdp import SessionDescription  # imported with streamlit-webrtc, not before

    try:
        (media,) = SessionDescription.parse(text).media
    except Exception:  # noqa: BLE001  # of the parser, about text from a browser
        return False
    ice = media.ice
    keys = ice is not None and ice.usernameFragment and ice.password
    is_secure = media.dtls is not None and media.dtls.role and media.dtls.fingerprints
    known = {codec.mimeType.lower() for codec in media.rtp.codecs}
    return bool(keys and is_secure and media.rtcp_mux and media.direction and known & _CODECS)


_CODECS = {"audio/opus", "audio/g722", "audio/pcmu", "audio/pcma"}
"""Codecs that aiortc decodes; browsers offer all of them."""


def _problem_of_candidates(candidates: Any) -> str | None:  # noqa: ANN401  # untrusted
    if not isinstance(candidates, Mapping):
        return "names its addresses in an unknown way"
    if len(candidates) > MAX_CANDIDATES:
        return f"names {len(candidates):,} addresses"
    understood = all(map(_is_candidate, candidates.values()))
    return None if understood else "names its addresses in an unknown way"


def _is_candidate(one: Any) -> bool:  # noqa: ANN401  # untrusted
    if not isinstance(one, Mapping):
        return False
    line, section, number = (one.get(key) for key in ("candidate", "sdpMid", "sdpMLineIndex"))
    return (
        isinstance(line, str)
        and len(line) <= MAX_CANDIDATE_CHARACTERS
        and isinstance(section, str | None)
        and isinstance(number, int | None)
    )
