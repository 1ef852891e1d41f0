"""The one family of errors that a user can cause, and that a page may catch."""

MAX_PART_CHARACTERS = 1000
"""Longest part of a message: what it quotes of a file may be as long as the file."""


class EarmarkError(Exception):
    """Something that the user can understand and mend.

    Its message always has three parts, in this order, so that a page, a log and a
    traceback tell the same story. A part longer than `MAX_PART_CHARACTERS` loses its middle.

    Parameters
    ----------
    arrived : str
        What came in, or what happened: a sentence.
    allowed : str
        What would have been right: a sentence.
    remedy : str
        What to do now: a sentence.
    """

    def __init__(self, arrived: str, *, allowed: str, remedy: str) -> None:
        arrived, allowed, remedy = map(_bounded, (arrived, allowed, remedy))
        super().__init__(f"{arrived} {allowed} {remedy}")
        self.arrived = arrived
        self.allowed = allowed
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by the three parts: ``Exception`` would pass the joined message alone."""
        return _rebuild, (type(self), self.arrived, self.allowed, self.remedy)


def _rebuild(kind: type[EarmarkError], arrived: str, allowed: str, remedy: str) -> EarmarkError:
    return kind(arrived, allowed=allowed, remedy=remedy)


def _bounded(part: str) -> str:
    if len(part) <= MAX_PART_CHARACTERS:
        return part
    half = MAX_PART_CHARACTERS // 2
    return f"{part[: half - 1]}…{part[-half:]}"


class RecordingError(EarmarkError):
    """A recording that cannot be read, or not as a whole."""


class ModelError(EarmarkError):
    """A model that cannot be found, fetched, opened or used."""


class SettingError(EarmarkError):
    """A value outside the range that a setting allows."""


class TruthError(EarmarkError):
    """A list of true events that cannot be read, or not as a whole."""


class ExportError(EarmarkError):
    """A file that cannot be written, or would be longer than is allowed."""


class UnexpectedFailure(EarmarkError):  # noqa: N818  # nobody's error but ours
    """A bug in Earmark. Its traceback is in the log, and nowhere else."""

    def __init__(
        self,
        arrived: str = "Something went wrong in Earmark itself.",
        *,
        allowed: str = "The file may be quite in order.",
        remedy: str = "Try it once more; the operator of this server finds the reason in its log.",
    ) -> None:
        super().__init__(arrived, allowed=allowed, remedy=remedy)


class Cancelled(EarmarkError):  # noqa: N818  # a wish, nobody's error
    """Work that was stopped because nobody waits for it any more."""

    def __init__(
        self,
        arrived: str = "The analysis was cancelled.",
        *,
        allowed: str = "What had been computed before is kept.",
        remedy: str = "Start it again whenever you like.",
    ) -> None:
        super().__init__(arrived, allowed=allowed, remedy=remedy)
