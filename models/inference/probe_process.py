"""The process in which a model from anywhere is opened and run first.

It reads a question from its standard input and writes the answer, both JSON, to its standard
output; `models.inference.probing` asks. It may die on the way: that is what it is for.
"""

import json
import os
import sys
from pathlib import Path
from typing import IO, Any

from models.errors import EarmarkError
from models.inference.description import describe_here
from models.tflite import LabelList


def main() -> None:
    """Answer one question."""
    question = json.load(sys.stdin)
    answers = _take_standard_output()
    _limit_this_process(question["limits"], question["report_limit_bytes"])
    answers.write(json.dumps(_answer(question)))
    answers.flush()
    os._exit(0)  # what a hostile model left behind is not tidied up


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    labels = question["labels"]
    if labels is not None:
        labels = LabelList(tuple(labels["labels"]), labels["source"], labels["file_name"])
    try:
        description = describe_here(
            Path(question["path"]), question["runtime"], question["sample_rate"], labels
        )
    except EarmarkError as error:
        return {"refused": (error.arrived, error.allowed, error.remedy)}
    return {"description": description.as_json()}


def _take_standard_output() -> IO[str]:
    """Keep the way out for the answer alone: native code, too, may print."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _limit_this_process(limits: dict[str, int], report_limit_bytes: int) -> None:
    """Have the system end this process where it takes too much; only Unix can."""
    try:
        import resource
    except ImportError:
        return
    for kind, most in (
        (resource.RLIMIT_DATA, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, report_limit_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, hard))


if __name__ == "__main__":
    main()
