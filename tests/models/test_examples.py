"""The examples in docstrings give what they show."""

import doctest
import importlib
from pathlib import Path

import pytest

import models
from models import analysis
from models.events import evaluation
from models.export import audacity_labels, event_list, events_csv, export_to, sub_rip

CALLED_FIRST = (
    models.load_clip,
    models.open_classifier,
    models.describe_model,
    models.Classifier.classify,
    models.Classifier.embed,
    models.Timeline.top,
    models.find_events,
    models.refine_events,
    models.open_archive,
    models.Archive.add,
    models.teach,
    models.Clip.from_samples,
    analysis.analyse,
    evaluation.evaluate,
    export_to,
    events_csv,
    audacity_labels,
    event_list,
    sub_rip,
)


MODELS = Path(models.__file__).parent
WITH_EXAMPLES = sorted(
    ".".join(("models", *path.relative_to(MODELS).with_suffix("").parts))
    for path in MODELS.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples_give_what_they_show(module: str) -> None:
    imported = importlib.import_module(module.removesuffix(".__init__"))
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    for example in doctest.DocTestFinder().find(imported, module):
        runner.run(example, out=report.append)
    assert runner.tries
    assert not report, "".join(report)


@pytest.mark.parametrize("function", CALLED_FIRST, ids=lambda function: function.__qualname__)
def test_what_is_called_first_has_an_example(function: object) -> None:
    assert ">>>" in (function.__doc__ or "")
