"""Train the starter model anew, and say how good it is.

    python -m models.starter.train --esc FOLDER [--output FILE] [--test-fold N] [--quick]

It needs ESC-50 (https://github.com/karolpiczak/ESC-50, unpacked), some packages of Debian, YAMNet
as its teacher, and what `models/starter/requirements.txt` lists. See `models/starter/README.md`.
"""

import argparse
import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.classifier import Classifier, open_classifier
from models.starter import debian, evaluate
from models.starter.bank import Portions, make_bank
from models.starter.esc import Recording, read_recordings

_FOLDS = (1, 2, 3, 4)  # the fifth is left to whoever wants to test what was trained
_VALIDATED_FOLD = 4
_SOUNDS_SEED, _NETWORK_SEED, _EXAMPLES_SEED = 20_260_101, 1, 0

_PORTIONS, _N_STEPS = Portions(per_recording=60, others=4000, sounds=100), 4500
_QUICK_PORTIONS, _QUICK_N_STEPS = Portions(per_recording=4, others=200, sounds=10), 60
_N_EXAMPLES = 400  # windows to find the ranges of values by, for 8 bits

_log = logging.getLogger("models.starter.train")


def main() -> None:
    """Train, write the file, and log its accuracy on the fold that was left out."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    options = _options()
    debian.check_packages()
    recordings = read_recordings(options.esc)
    tested = _VALIDATED_FOLD if options.test_fold is None else options.test_fold
    training = [one for one in recordings if one.fold in _FOLDS and one.fold != tested]
    content = train(training, quick=options.quick)
    options.output.write_bytes(content)
    _log.info("%s: %d bytes", options.output, len(content))
    _log.info("SHA-256 %s", hashlib.sha256(content).hexdigest())
    accuracy = evaluate.measure_accuracy(
        Classifier(options.output), [one for one in recordings if one.fold == tested]
    )
    _log.info("Fold %d: %s", tested, accuracy)


def train(recordings: Sequence[Recording], *, quick: bool = False) -> bytes:
    """Train on recordings of ESC-10, and give the TFLite file.

    Parameters
    ----------
    recordings : sequence of Recording
        Of the folds to train on.
    quick : bool
        Whether a minute's trial is enough: all runs as ever, but nothing is learned.

    Returns
    -------
    bytes
        The file's content.
    """
    from models.starter import network, tflite_file  # these need TensorFlow

    portions, n_steps = (_QUICK_PORTIONS, _QUICK_N_STEPS) if quick else (_PORTIONS, _N_STEPS)
    rng = np.random.default_rng(_SOUNDS_SEED)
    bank = make_bank(recordings, portions, open_classifier("yamnet"), network.to_mel, rng)
    _log.info("Training in %d steps", n_steps)
    model = network.train_network(bank, n_steps=n_steps, seed=_NETWORK_SEED)
    chosen = np.random.default_rng(_EXAMPLES_SEED).choice(len(bank.mel), _N_EXAMPLES)
    examples = network.logarithm(bank.mel[chosen].astype(np.float32))[..., None]
    return tflite_file.make_file(model, examples)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--esc", type=Path, required=True, help="folder of ESC-50 or ESC-10")
    parser.add_argument("--output", type=Path, default=evaluate.MODEL_FILE, help="file to write")
    parser.add_argument(
        "--test-fold", type=int, choices=(1, 2, 3, 4), help="train on the other three instead"
    )
    parser.add_argument("--quick", action="store_true", help="a minute's trial run")
    return parser.parse_args()


if __name__ == "__main__":
    main()
