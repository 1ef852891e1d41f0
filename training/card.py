"""Tables of the model card, from the results of the step evaluate."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def card_tables(work: Path) -> str:
    """Format the tables as Markdown.

    Parameters
    ----------
    work : Path
        Contains ``report.json``.
    """
    report = json.loads((work / "report.json").read_text(encoding="utf-8"))
    return "\n".join([*_summary(report), "", *_by_class(report), "", *_reliability(report)])


def _summary(report: dict[str, Any]) -> Iterator[str]:
    own, teacher = report["builtin"], report["yamnet"]
    yield "| | built-in model | YAMNet |"
    yield "| --- | --- | --- |"
    accuracies = [one["zero_shot"]["accuracy"] for one in (own, teacher)]
    yield "| ESC-50's fifty classes, zero-shot | {:.1%} | {:.1%} |".format(*accuracies)
    for count, name in (("1", "1 clip"), ("5", "5 clips"), ("null", "all clips (21)")):
        key = "None" if count == "null" else count
        means = [sum(one["taught"][key]) / len(one["taught"][key]) for one in (own, teacher)]
        yield f"| taught with {name} of each class | {means[0]:.1%} | {means[1]:.1%} |"
    for key, name in (("agreement", "held-out sounds"), ("agreement_esc50", "ESC-50, fold 4")):
        found = report[key]
        yield f"| YAMNet's best class among the best five, {name} | {found['top5']:.1%} | |"
        yield f"| YAMNet's best class is the best, {name} | {found['top1']:.1%} | |"
        yield f"| mean average precision of YAMNet's events, {name} | {found['mean_ap']:.3f} | |"


def _by_class(report: dict[str, Any]) -> Iterator[str]:
    own, teacher = (report[name]["zero_shot"]["by_class"] for name in ("builtin", "yamnet"))
    yield "| class of ESC-50 | built-in model | YAMNet | taken for |"
    yield "| --- | --- | --- | --- |"
    for name, (right, count, wrong) in own.items():
        words = ", ".join(one.replace("_", " ") for one in wrong)
        title = name.replace("_", " ")
        yield f"| {title} | {right} of {count} | {teacher[name][0]} of {count} | {words} |"


def _reliability(report: dict[str, Any]) -> Iterator[str]:
    yield "| built-in model's score | its mean | YAMNet's mean | windows and classes |"
    yield "| --- | --- | --- | --- |"
    for number, (own, teacher, count) in enumerate(report["reliability"]):
        low, high = number / 10, (number + 1) / 10
        yield f"| {low:.1f} to {high:.1f} | {own:.3f} | {teacher:.3f} | {count:,} |"
