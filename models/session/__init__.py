"""Sessions as files: the recordings of a visitor, their true events, settings and thresholds."""

from models.session.document import SUFFIX, SessionFile, open_session, write_session
from models.session.session import ManyTruths, Session, SessionClip, SessionTruth

__all__ = [
    "SUFFIX",
    "ManyTruths",
    "Session",
    "SessionClip",
    "SessionFile",
    "SessionTruth",
    "open_session",
    "write_session",
]
