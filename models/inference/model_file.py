"""Reading of a model file: contract, labels, metadata and interpreter."""

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
    """A model file that was read and opened.

    Parameters
    ----------
    contract : Contract
        Input and output format, with the default head chosen.
    lists : tuple of LabelList
        Labels of each head.
    properties : Properties
        Metadata.
    given : Input
        Input of one inference.
    interpreter : Interpreter
        Open interpreter.
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
    """Read a model file, and open it if it is a classifier of waveforms.

    Parameters
    ----------
    path : Path
        A ``.tflite`` file.
    runtime : {'litert', 'tflite'}
        Runtime of the interpreter.
    sample_rate : int, optional
        Sample rate of the input in Hz, used if the metadata states none.
    labels : LabelList, optional
        Overrides the labels of the file.

    Raises
    ------
    ModelError
        If the file cannot be opened, or is not a supported model.
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
    """Return a sample rate given by a caller if it is valid.

    Raises
    ------
    SettingError
        If it is out of range.
    """
    if sample_rate is None or MIN_SAMPLE_RATE_HZ <= sample_rate <= MAX_SAMPLE_RATE_HZ:
        return sample_rate
    raise SettingError(
        f"The given sample rate of the model is {sample_rate:,} Hz.",
        allowed=f"It lies between {MIN_SAMPLE_RATE_HZ:,} and {MAX_SAMPLE_RATE_HZ:,} Hz.",
        remedy="Give the rate of the recordings that the model was trained on.",
    )
