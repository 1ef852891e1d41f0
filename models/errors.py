"""Errors that a user can cause, and that a page may catch."""

MAX_PART_CHARACTERS = 1000
"""Longest part of a message: text quoted from a file may be as long as the file."""


class EarmarkError(Exception):
    """An error that the user can understand and correct.

    Its message always has three parts, in this order, so that a page, a log and a traceback are
    consistent. The middle of a part longer than `MAX_PART_CHARACTERS` is removed.

    Parameters
    ----------
    arrived : str
        The value that arrived, or what happened: a sentence.
    allowed : str
        What is allowed: a sentence.
    remedy : str
        What to do: a sentence.
    """

    def __init__(self, arrived: str, *, allowed: str, remedy: str) -> None:
        arrived, allowed, remedy = map(_bounded, (arrived, allowed, remedy))
        super().__init__(f"{arrived} {allowed} {remedy}")
        self.arrived = arrived
        self.allowed = allowed
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by the three parts: ``Exception`` would pass only the joined message."""
        return _rebuild, (type(self), self.arrived, self.allowed, self.remedy)


def _rebuild(kind: type[EarmarkError], arrived: str, allowed: str, remedy: str) -> EarmarkError:
    return kind(arrived, allowed=allowed, remedy=remedy)


def _bounded(part: str) -> str:
    if len(part) <= MAX_PART_CHARACTERS:
        return part
    half = MAX_PART_CHARACTERS // 2
    return f"{part[: half - 1]}…{part[-half:]}"


class RecordingError(EarmarkError):
    """A recording that cannot be read, at least not completely."""


class ModelError(EarmarkError):
    """A model that cannot be found, fetched, opened or used."""


class SettingError(EarmarkError):
    """A value outside the range of a setting."""


class TruthError(EarmarkError):
    """A list of true events that cannot be read completely, or changed as requested."""


class SessionError(EarmarkError):
    """A session file that cannot be read or written."""


class ExportError(EarmarkError):
    """A file that cannot be written, or would exceed the size limit."""


class UnexpectedFailure(EarmarkError):  # noqa: N818  # not the user's error
    """A bug in Earmark. Its traceback is only in the log."""

    def __init__(
        self,
        arrived: str = "Something went wrong in Earmark itself.",
        *,
        allowed: str = "The file may be quite in order.",
        remedy: str = "Try it once more; the operator of this server finds the reason in its log.",
    ) -> None:
        super().__init__(arrived, allowed=allowed, remedy=remedy)


class Cancelled(EarmarkError):  # noqa: N818  # a request, not an error
    """Work that was stopped because no waiter is left."""

    def __init__(
        self,
        arrived: str = "The analysis was cancelled.",
        *,
        allowed: str = "What had been computed before is kept.",
        remedy: str = "Start it again whenever you like.",
    ) -> None:
        super().__init__(arrived, allowed=allowed, remedy=remedy)
