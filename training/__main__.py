"""Command line of the training, from sounds to the model's file.

    python -m training STEP --work FOLDER [--esc FOLDER] [options]

Steps, in order: packages, sounds, windows, train, quantise, evaluate, card. An interrupted step
continues when it is started again. See `training/README.md`.
"""

import argparse
import hashlib
import json
import logging
import sys
from pathlib import Path

_log = logging.getLogger("training")


def main() -> None:
    """Run one step."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    options = _options()
    _STEPS[options.step](options)


def _packages(options: argparse.Namespace) -> None:
    from training.packages import fetch_packages

    fetch_packages(options.work / "packages")


def _sounds(options: argparse.Namespace) -> None:
    from training.bank import fill_bank

    fill_bank(options.work, options.esc)


def _windows(options: argparse.Namespace) -> None:
    from training.windows import make_shards

    make_shards(options.work, options.shards, options.workers)


def _train(options: argparse.Namespace) -> None:
    from models.events import taxonomy
    from training.data import label_matrix
    from training.train import Recipe, train

    recipe = Recipe(steps=options.steps, threads=options.threads)
    train(options.work, recipe, label_matrix(taxonomy.labels()), options.name)


def _quantise(options: argparse.Namespace) -> None:
    from training.quantise import quantise

    path = options.work / "models" / f"{options.name}.tflite"
    content = quantise(options.work, options.name)
    path.write_bytes(content)
    _log.info("%s: %d bytes, SHA-256 %s", path, len(content), hashlib.sha256(content).hexdigest())


def _evaluate(options: argparse.Namespace) -> None:
    from training.report import evaluate_file

    report = evaluate_file(options.work, options.work / "models" / f"{options.name}.tflite")
    _log.info("%s", json.dumps(report, indent=1))


def _card(options: argparse.Namespace) -> None:
    from training.card import card_tables

    sys.stdout.write(card_tables(options.work) + "\n")


_STEPS = {
    "packages": _packages,
    "sounds": _sounds,
    "windows": _windows,
    "train": _train,
    "quantise": _quantise,
    "evaluate": _evaluate,
    "card": _card,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training", description="Train the built-in model."
    )
    parser.add_argument("step", choices=_STEPS)
    parser.add_argument("--work", type=Path, required=True, help="folder for everything made")
    parser.add_argument("--esc", type=Path, help="folder of ESC-50")
    parser.add_argument("--shards", type=int, default=24, help="of 8192 windows each")
    parser.add_argument("--workers", type=int, default=2, help="processes that make windows")
    parser.add_argument("--name", default="builtin", help="of the checkpoint and the model")
    parser.add_argument("--steps", type=int, default=10_000, help="batches of 128 windows")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch")
    return parser.parse_args()


if __name__ == "__main__":
    main()
