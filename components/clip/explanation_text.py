"""Sentences that explain verdicts in plain language.

They are plain text and have to be escaped for Streamlit's markdown.
"""

from components.style import text
from models.events import Event
from models.events.explain import Explanation, Reason, Verdict

_MOST_DECIMALS = 10
"""Maximum number of decimals: float32 scores near the smallest threshold but 0, 0.01, differ by
9e-10."""


def sentence(verdict: Verdict, clip_s: float = 0.0) -> str:
    """Return a sentence about why a class is, or is not, an event at an instant.

    Parameters
    ----------
    verdict : Verdict
        Decision about the class, with its reason.
    clip_s : float, optional
        Length of the clip, in seconds: see `components.style.text.instant`.

    Returns
    -------
    str
        Without the label and without a full stop, such as "Not an event: its score 0.24 is below
        the threshold 0.30".
    """
    if verdict.run is not None:
        return _of_run(verdict, verdict.run, clip_s)
    if verdict.reason is Reason.GATED:
        return "Not an event: the sound is under the level gate, too quiet to count"
    score, threshold = apart(verdict.score, verdict.threshold)
    if verdict.reason is Reason.NO_ONSET:
        return (
            f"Not an event: its score {score} would be enough for one to go on, but none began: "
            f"around here it never reaches the threshold {threshold}"
        )
    return f"Not an event: its score {score} is below the threshold {threshold}"


def circumstances(explanation: Explanation, clip_s: float = 0.0) -> str:
    """Return a sentence about the window and level that an instant is classified by.

    Parameters
    ----------
    explanation : Explanation
        Of the instant.
    clip_s : float, optional
        Length of the clip, in seconds: see `components.style.text.instant`.

    Returns
    -------
    str
        Such as "For 3.12 s to 3.60 s the model heard the window from 2.88 s to 3.86 s, at
        −23.1 dBFS, under the level gate".
    """
    level = explanation.level_dbfs
    begin, end, window_begin, window_end = (
        text.instant(edge_s, clip_s)
        for edge_s in (
            explanation.begin_s,
            explanation.end_s,
            explanation.window_begin_s,
            explanation.window_end_s,
        )
    )
    parts = (
        f"For {begin} to {end} the model heard the window from {window_begin} to {window_end}",
        "" if level is None else f"at {text.level(level)}",
        "" if explanation.is_audible else "under the level gate",
    )
    return ", ".join(filter(None, parts))


def apart(low: float, high: float) -> tuple[str, str]:
    """Format two numbers with two decimals, or as many more as make them differ."""
    for decimals in range(2, _MOST_DECIMALS + 1):
        texts = f"{low:.{decimals}f}", f"{high:.{decimals}f}"
        if low == high or texts[0] != texts[1]:
            break
    return texts


def _of_run(verdict: Verdict, run: Event, clip_s: float) -> str:
    if verdict.reason is Reason.TOO_SHORT:
        lasts, minimum = apart(run.offset_s - run.onset_s, verdict.rules.min_duration_s)
        return f"Not an event: {lasts} s is shorter than the minimum duration of {minimum} s"
    onset, offset = (text.instant(edge_s, clip_s) for edge_s in (run.onset_s, run.offset_s))
    span = f"an event from {onset} to {offset}"
    if verdict.reason is Reason.HIDDEN:
        return f"Not shown: it would be {span}, but its class is hidden"
    if verdict.reason is Reason.COVERED:
        return f"Not shown: it would be {span}, but more specific events say the same"
    if verdict.reason is Reason.SHORTENED:
        minimum = f"{verdict.rules.min_duration_s:g}"
        return (
            f"Not an event: the windows belong to {span}, but its sound is shorter than the "
            f"minimum duration of {minimum} s"
        )
    if verdict.reason is Reason.OFF_EDGES:
        return f"Not an event here: the windows belong to {span}, but its sound is not here"
    if verdict.reason is Reason.HEARD:
        return f"Part of {span}"
    score, threshold = apart(verdict.score, verdict.offset_threshold)
    if verdict.reason is Reason.SOUNDS_ON:
        return (
            f"Part of {span}; its score {score} is below the threshold {threshold} here, "
            "but its sound reaches here"
        )
    why = (
        f"its score {score} is below the threshold {threshold} here"
        if verdict.is_audible
        else "the sound is under the level gate here"
    )
    return (
        f"Part of {span}; {why}, but the pause is no longer than the merge gap of "
        f"{verdict.rules.merge_gap_s:.2f} s"
    )
