"""Model card of a taught classifier, in Markdown.

The headings follow Mitchell et al., Model Cards for Model Reporting (2019), as far as they apply.
Labels may hold any printable text, so Markdown and HTML in them are escaped.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from models.registry.catalog import CATALOG
from models.teaching.advice import advise
from models.teaching.assessment import Assessment
from models.teaching.learnt import Learnt

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~])")
_MOST_MISTAKES = 20


def model_card(learnt: Learnt) -> str:
    """Write the model card of a taught classifier.

    Parameters
    ----------
    learnt : Learnt
        The classifier's classes, head, examples and assessment.

    Returns
    -------
    str
        Markdown with tables.
    """
    parts = [
        "# A classifier taught with Earmark",
        _summary(learnt),
        "## Classes and examples",
        _table(("class", "examples", "recordings", "seconds"), _class_rows(learnt)),
        "## Accuracy",
        *_accuracy(learnt.assessment),
        "## Limits",
        _limits(learnt),
    ]
    advice = advise(learnt.examples, learnt.assessment)
    if advice:
        parts += ["## What would make it better", "\n".join(f"- {_plain(a.text)}" for a in advice)]
    return "\n\n".join(parts) + "\n"


def _summary(learnt: Learnt) -> str:
    entry = CATALOG.get(learnt.base)
    title = "a model of its owner's" if entry is None else f"{entry.title} ({entry.licence})"
    kind = {
        "exclusive": "Its scores are exclusive: they lie in [0, 1] and sum to 1.",
        "independent": "Its scores are independent: each lies in [0, 1] by itself.",
    }[learnt.head.kind]
    return (
        f"It tells {len(learnt.labels)} classes apart, window by window, by a logistic regression"
        f" on the 1024 embeddings of {title}, file {learnt.base_digest}. {kind}"
        f" Strength {learnt.strength:g}, temperature {learnt.temperature:.3g}."
    )


def _class_rows(learnt: Learnt) -> Iterator[tuple[str, ...]]:
    for label in learnt.labels:
        own = [one for one in learnt.examples if one.label == label]
        made = sum(one.synthesised for one in own)
        count = str(len(own)) if not made else f"{len(own) - made}, and {made} synthesised"
        recordings = len({one.recording for one in own if not one.synthesised})
        seconds = sum(one.duration_s for one in own)
        yield _plain(label), count, str(recordings), f"{seconds:.1f}"


def _accuracy(assessment: Assessment | None) -> Iterator[str]:
    if assessment is None:
        yield "Not measured: that takes examples of at least two recordings in each class."
        return
    right, total = int(assessment.confusion.trace()), int(assessment.confusion.sum())
    yield (
        f"{right} of {total} examples ({assessment.accuracy:.1%}) were correct in a"
        f" cross-validation by recording ({assessment.folds} folds)."
    )
    recalls = assessment.recalls
    confused = Counter((one.label, one.heard_as) for one in assessment.mistakes)
    rows = [
        (_plain(label), f"{recall:.0%}", _taken(confused, label))
        for label, recall in recalls.items()
    ]
    yield _table(("class", "correct", "mistaken for"), rows)
    if assessment.mistakes:
        shown = assessment.mistakes[:_MOST_MISTAKES]
        worst = [
            (str(one.example + 1), _plain(one.label), _plain(one.heard_as), f"{one.score:.2f}")
            for one in shown
        ]
        yield f"The {len(shown)} surest mistakes of {len(assessment.mistakes)}:"
        yield _table(("example", "is", "taken for", "score"), worst)


def _taken(confused: Counter[tuple[str, str]], label: str) -> str:
    others = [(other, count) for (own, other), count in confused.most_common() if own == label]
    return ", ".join(f"{_plain(other)} ({count})" for other, count in others)


def _limits(learnt: Learnt) -> str:
    elsewhere = (
        "A sound of no class is still given to the nearest one."
        if learnt.head.kind == "exclusive"
        else "A sound of no class may still be near one of them."
    )
    return (
        "- It knows the sounds of its examples, their rooms and their microphones; others have"
        " to be tried.\n"
        f"- {elsewhere}\n"
        "- A window is 0.975 s: what is much shorter is heard together with what is around it.\n"
        "- Do not depend on it where a missed or false sound does harm."
    )


def _table(head: Sequence[str], rows: Iterator[tuple[str, ...]] | Sequence[tuple[str, ...]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Escape the characters that have a meaning in Markdown or HTML."""
    return _MARKUP.sub(r"\\\1", html.escape(text, quote=False))
