"""All that can be known of a model's file before it is put to work."""

from dataclasses import dataclass
from pathlib import Path

from models.errors import ModelError, SettingError
from models.inference.contract import Contract, read_contract
from models.inference.inputs import Input, read_input
from models.inference.labelling import label_heads, usual_head
from models.tflite import (
    MAX_SAMPLE_RATE_HZ,
    MIN_SAMPLE_RATE_HZ,
    LabelList,
    Network,
    Properties,
    read_network,
    read_properties,
)
from models.tflite.runtimes import TITLES, Interpreter, Runtime, open_interpreter


@dataclass(frozen=True, eq=False)
class Reading:
    """A model that was read and opened.

    Parameters
    ----------
    contract : Contract
        What it takes and gives; the head that most likely is wanted is chosen.
    lists : tuple of LabelList
        The labels of each head.
    properties : Properties
        What its metadata says.
    given : Input
        What one inference is fed.
    interpreter : Interpreter
        In which it is open.
    """

    contract: Contract
    lists: tuple[LabelList, ...]
    properties: Properties
    given: Input
    interpreter: Interpreter


def read_model(
    path: Path,
    runtime: Runtime,
    sample_rate: int | None = None,
    labels: LabelList | None = None,
) -> Reading:
    """Read a model's file, and open it if it is a classifier of waveforms.

    Parameters
    ----------
    path : Path
        A ``.tflite`` file.
    runtime : {'litert', 'tflite'}
        Which runtime opens it.
    sample_rate : int, optional
        Rate of the waveform that it takes, in Hz, where its metadata does not state one.
    labels : LabelList, optional
        To be taken in place of those that would be found.

    Raises
    ------
    ModelError
        If it cannot be opened, or is nothing that can be used here.
    """
    network = read_network(path)
    properties = read_properties(network.metadata)
    given = read_input(path, network, properties)
    interpreter = _opened(path, runtime, network)
    rate = properties.sample_rate or sample_rate
    contract = read_contract(path, interpreter, network, given, rate)
    lists = label_heads(path, contract, properties, labels)
    contract = contract.choosing(usual_head(contract, lists))
    return Reading(contract, lists, properties, given, interpreter)


def _opened(path: Path, runtime: Runtime, network: Network) -> Interpreter:
    try:
        return open_interpreter(path, runtime)
    except ModelError as error:
        if not network.foreign_operators:
            raise
        names = ", ".join(network.foreign_operators[:5])
        raise ModelError(
            f"{path.name} uses operators that {TITLES[runtime]} does not have: {names}.",
            allowed="Only TFLite's own operators can run.",
            remedy="Convert the model again with these alone, without SELECT_TF_OPS and custom"
            " operators.",
        ) from error


def checked_rate(sample_rate: int | None) -> int | None:
    """Pass on the sample rate that somebody states of a model.

    Raises
    ------
    SettingError
        If no model takes sound of that rate.
    """
    if sample_rate is None or MIN_SAMPLE_RATE_HZ <= sample_rate <= MAX_SAMPLE_RATE_HZ:
        return sample_rate
    raise SettingError(
        f"The model's sample rate is said to be {sample_rate:,} Hz.",
        allowed=f"It lies between {MIN_SAMPLE_RATE_HZ:,} and {MAX_SAMPLE_RATE_HZ:,} Hz.",
        remedy="Say the rate of the recordings that the model was trained on.",
    )
