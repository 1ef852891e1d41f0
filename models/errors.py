"""The one family of errors that a user can cause, and that a page may catch."""


class EarmarkError(Exception):
    """Something that the user can understand and mend.

    Its message always has three parts, in this order, so that a page, a log and a
    traceback tell the same story.

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
        super().__init__(f"{arrived} {allowed} {remedy}")
        self.arrived = arrived
        self.allowed = allowed
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by the three parts: ``Exception`` would pass the joined message alone."""
        return _rebuild, (type(self), self.arrived, self.allowed, self.remedy)


def _rebuild(kind: type[EarmarkError], arrived: str, allowed: str, remedy: str) -> EarmarkError:
    return kind(arrived, allowed=allowed, remedy=remedy)


class RecordingError(EarmarkError):
    """A recording that cannot be read, or not as a whole."""


class ModelError(EarmarkError):
    """A model that cannot be found, fetched, opened or used."""


class SettingError(EarmarkError):
    """A value outside the range that a setting allows."""


class TruthError(EarmarkError):
    """A list of true events that cannot be read, or not as a whole."""


class UnexpectedFailure(EarmarkError):  # noqa: N818  # nobody's error but ours
    """A bug in Earmark. Its traceback is in the log, and nowhere else."""

    def __init__(
        self,
        arrived: str = "Something went wrong in Earmark itself.",
        *,
        allowed: str = "The file may be quite in order.",
        remedy: str = "Try it once more; whoever runs this server finds the reason in its log.",
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
