"""Child process that opens and runs an untrusted model.

It reads a request from its standard input and writes the answer to its standard output, both JSON;
`models.inference.probing` is the parent. The process may crash: that is its purpose.
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
    """Answer one request."""
    question = json.load(sys.stdin)
    answers = _take_standard_output()
    _limit_this_process(question["limits"], question["report_limit_bytes"])
    answers.write(json.dumps(_answer(question)))
    answers.flush()
    os._exit(0)  # skips the cleanup of a model that may be hostile


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
    """Reserve standard output for the answer: native code may print, too."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _limit_this_process(limits: dict[str, int], report_limit_bytes: int) -> None:
    """Set resource limits of this process, on Unix only."""
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
