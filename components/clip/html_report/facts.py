"""Settings of a report in the words of the page."""

from collections.abc import Callable, Mapping
from typing import Any

from components.style import text

_RUNTIMES = {"litert": "LiteRT", "tflite": "TFLite Runtime"}
_BREADTHS = {"all": "all", "specific": "most specific", "broad": "broad"}
_RANKINGS = {"time": "time", "mean": "mean score", "max": "maximum score"}
_SCORES = {"softmax": "exclusive", "sigmoid": "independent"}


def _seconds(value: float) -> str:
    return f"{value:g} s"


def _off_at(nothing: float, spell: Callable[[Any], str]) -> Callable[[Any], str]:
    """Return a spelling that is "off" for None and for the value that changes nothing."""
    return lambda value: "off" if value is None or value == nothing else spell(value)


def _labels_or(nothing: str) -> Callable[[Any], str]:
    return lambda labels: ", ".join(labels) or nothing


def _thresholds(own: Mapping[str, float]) -> str:
    return ", ".join(f"{label}: {value:.2f}" for label, value in own.items()) or "none"


_WORDS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "runtime": ("Runtime", lambda value: _RUNTIMES.get(value, str(value))),
    "sample_rate": ("Sample rate of the model", text.rate),
    "head": ("Output of the model", lambda value: str(value + 1)),
    "squashing": ("Scores", lambda value: _SCORES.get(value, str(value))),
    "labels_sha256": ("SHA-256 of the labels", str),
    "hop_s": ("Step between windows (hop)", _seconds),
    "audio_track": ("Audio track", lambda value: str(value + 1)),
    "channels": (
        "Channels",
        lambda value: f"channel {value + 1}" if isinstance(value, int) else str(value),
    ),
    "n_classes": ("Classes shown", str),
    "threshold": ("Score threshold", lambda value: f"{value:.2f}"),
    "hysteresis": (
        "Drop until an event ends (hysteresis)",
        _off_at(0, lambda value: f"{value:.2f}"),
    ),
    "merge_gap_s": ("Merge gap", _seconds),
    "min_duration_s": ("Minimum duration", _seconds),
    "refine": ("Edges", lambda value: "from the sound" if value else "of the windows"),
    "smooth": ("Smoothing", _off_at(1, lambda value: f"median of {value} windows")),
    "gate_dbfs": ("Quietest level that counts (level gate)", _off_at(float("nan"), text.level)),
    "roll_up": ("Classes within classes", lambda value: _BREADTHS.get(value, str(value))),
    "only": ("Shown only", _labels_or("all classes")),
    "hidden": ("Hidden", _labels_or("none")),
    "by": ("Ranked by", lambda value: _RANKINGS.get(value, str(value))),
    "curves": ("Scores drawn as", lambda value: "curves" if value else "colours"),
    "thresholds": ("Thresholds of single classes", _thresholds),
}
"""Name on the page and spelling of each setting, by its name in the code."""

_TOLD_OTHERWISE = frozenset({"model"})
"""Settings that the report states otherwise: the model has a title and a digest."""


def in_words(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return settings as the page names and spells them.

    Parameters
    ----------
    settings : mapping of str to Any
        As in `models.export.Provenance`.

    Returns
    -------
    dict of str to str
        Value by name, in the given order. A setting without words has its name in the code.
    """
    told: dict[str, str] = {}
    for name, value in settings.items():
        if name in _TOLD_OTHERWISE:
            continue
        title, spell = _WORDS.get(name, (name, str))
        told[title] = spell(value)
    return told
