"""Contract of a model: the format of its input and outputs.

Conventions
-----------
A model is identified by its inputs and outputs, never by its name. Two kinds are supported:

- *one window*: the input is a waveform of fixed length, and each head gives one row of scores,
  such as YAMNet/classification.
- *dynamic*: the input is a waveform of any length; the outputs are scores, embeddings and a log-mel
  spectrogram, with one row of the first two for each window. This is the original YAMNet
  (https://tfhub.dev/google/yamnet/1), which cuts its windows itself.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np

from models.audio import timing
from models.errors import ModelError, SettingError
from models.inference.heads import OutputHead, Squashing, read_heads
from models.inference.inputs import Input, fill_sample_rate
from models.inference.tensor_values import Values
from models.tflite import Network
from models.tflite.runtimes import Interpreter

DEFAULT_SAMPLE_RATE_HZ = 16_000
"""Sample rate assumed if neither file nor caller states one, in Hz: YAMNet's, and that of most
models."""

USUAL_HOP_S = 0.48
"""Default hop, in seconds: YAMNet's own, half of its window."""

MAX_WINDOW_S = 60.0
"""Longest window, in seconds: the audio that a live stream keeps
(`models.live.audio_buffer.RECENT_S`)."""

EMBEDDING_SIZE = 1024
"""Size of an embedding: the output of YAMNet's last convolution, averaged over its window."""

DYNAMIC_WINDOW_SAMPLES = 15_600
"""Window of the dynamic model, which its file does not state: 96 spectra in steps of 10 ms, each
of 25 ms, at 16 kHz (``params.py`` of YAMNet in tensorflow/models: ``patch_window_seconds``,
``stft_hop_seconds``, ``stft_window_seconds``)."""

DYNAMIC_HOP_SAMPLES = 7_680
"""Hop of the dynamic model: 0.48 s at 16 kHz (the same file, ``patch_hop_seconds``)."""

MEL_BANDS = 64
"""Number of mel bands of the dynamic model's spectra (the same file, ``mel_bands``)."""

SPECTRA_PER_WINDOW = 96
"""Number of spectra in a window of the dynamic model, 10 ms apart."""

SPECTRA_PER_HOP = 48
"""Number of spectra in a hop of the dynamic model."""


@dataclass(frozen=True)
class Contract:
    """Input and output format of a model.

    Parameters
    ----------
    sample_rate : int
        Sample rate of the input, in Hz.
    window_samples : int
        Length of a window, in samples.
    n_classes : int
        Number of scores per window: those of the chosen head.
    hop_samples : int, optional
        Hop that the model itself fixes, in samples; None if any hop is possible.
    sample_rate_known : bool
        Whether the file or the caller states the sample rate; otherwise it is an assumption.
    channels : int
        Number of input channels, 1 or 2; both get the same samples.
    samples : Values
        Data type and quantization of the input.
    heads : tuple of OutputHead
        Outputs that can serve as scores.
    chosen : int
        Index in `heads` of the head that gives the scores.
    waveform_place, rate_place : int, int or None
        Places of the waveform and of its sample rate among the inputs; None if only the former is
        one.
    """

    sample_rate: int
    window_samples: int
    n_classes: int
    hop_samples: int | None = None
    sample_rate_known: bool = True
    channels: int = 1
    samples: Values = Values()  # noqa: RUF009  # frozen
    heads: tuple[OutputHead, ...] = ()
    chosen: int = 0
    waveform_place: int = 0
    rate_place: int | None = None

    @property
    def is_dynamic(self) -> bool:
        """Whether the model takes a waveform of any length, and cuts the windows itself."""
        return self.hop_samples is not None

    @property
    def head(self) -> OutputHead:
        """The head that gives the scores."""
        return self.heads[self.chosen]

    @property
    def is_exclusive(self) -> bool:
        """Whether the scores of a window sum to 1 (softmax)."""
        return "softmax" in (self.head.activation, self.head.squashing)

    @property
    def window_s(self) -> float:
        """Length of a window, in seconds."""
        return timing.seconds_from_samples(self.window_samples, self.sample_rate)

    @property
    def usual_hop_s(self) -> float:
        """The default hop, in seconds.

        The one that the model fixes; otherwise `USUAL_HOP_S`, or one window where that is shorter.
        """
        if self.hop_samples is not None:
            return timing.seconds_from_samples(self.hop_samples, self.sample_rate)
        return min(USUAL_HOP_S, self.window_s)

    def choosing(self, head: int) -> "Contract":
        """Return a contract whose scores come from another head."""
        return replace(self, chosen=head, n_classes=self.heads[head].n_classes)

    def squashing_by(self, squashing: Squashing) -> "Contract":
        """Return a contract with another squashing of the chosen head, if that gives logits.

        Raises
        ------
        SettingError
            If the squashing is unknown.
        """
        if squashing not in get_args(Squashing):
            raise SettingError(
                f"squashing is {squashing!r}.",
                allowed=f"Logits are converted by {' or '.join(get_args(Squashing))}.",
                remedy="Choose softmax where one class sounds at a time, else sigmoid.",
            )
        if self.head.squashing is None:
            return self
        heads = list(self.heads)
        heads[self.chosen] = replace(self.head, squashing=squashing)
        return replace(self, heads=tuple(heads))


@dataclass(frozen=True)
class DynamicOutputs:
    """Tensors of a dynamic model's outputs.

    Parameters
    ----------
    place, name : int, str
        Index of the scores among the outputs, and their name.
    scores, embeddings, spectra : int
        Indices of the tensors, of shapes (n_frames, n_classes), (n_frames, 1024) and
        (n_spectra, 64).
    n_classes : int
        Number of scores per window.
    """

    place: int
    name: str
    scores: int
    embeddings: int
    spectra: int
    n_classes: int


def read_contract(
    path: Path,
    interpreter: Interpreter,
    network: Network,
    given: Input,
    sample_rate: int | None,
) -> Contract:
    """Read the contract of a model. Runs it where the operators do not determine the activation.

    Parameters
    ----------
    path : Path
        Its file, for messages.
    interpreter : Interpreter
        Interpreter of the model.
    network : Network
        The graph of the file.
    given : Input
        Its input.
    sample_rate : int or None
        Sample rate of the input, in Hz; None if unknown.

    Returns
    -------
    Contract
        With the first head chosen.

    Raises
    ------
    ModelError
        If the outputs are unsupported, a window is too long, or the model does not run.
    """
    if not given.window_samples:
        return _dynamic_contract(path, interpreter, given)
    rate = DEFAULT_SAMPLE_RATE_HZ if sample_rate is None else sample_rate
    if given.window_samples > MAX_WINDOW_S * rate:
        raise ModelError(
            f"{path.name} takes windows of {given.window_samples / rate:g} s.",
            allowed=f"Windows last up to {MAX_WINDOW_S:g} s.",
            remedy="Choose a model of shorter windows, or state its sample rate if it is higher.",
        )
    fill_sample_rate(interpreter, given.rate_place, rate)
    heads = read_heads(path, network, interpreter, given)
    return Contract(
        rate,
        given.window_samples,
        heads[0].n_classes,
        sample_rate_known=sample_rate is not None,
        channels=given.channels,
        samples=given.values,
        heads=heads,
        waveform_place=given.place,
        rate_place=given.rate_place,
    )


def _dynamic_contract(path: Path, interpreter: Interpreter, given: Input) -> Contract:
    """Return the contract of the original YAMNet, which fixes the sample rate."""
    found = find_dynamic_outputs(path, interpreter)
    return Contract(
        DEFAULT_SAMPLE_RATE_HZ,
        DYNAMIC_WINDOW_SAMPLES,
        found.n_classes,
        DYNAMIC_HOP_SAMPLES,
        heads=(OutputHead(found.place, found.name, found.n_classes, "sigmoid"),),
        waveform_place=given.place,
        rate_place=given.rate_place,
    )


def find_dynamic_outputs(path: Path, interpreter: Interpreter) -> DynamicOutputs:
    """Identify a dynamic model's three outputs by their last dimension.

    Raises
    ------
    ModelError
        If they are not embeddings of 1024, a spectrogram of 64 bands, and one other for scores.
    """
    outputs = interpreter.get_output_details()
    by_width = {
        int(output["shape"][-1]): place
        for place, output in enumerate(outputs)
        if len(output["shape"]) == 2 and output["dtype"] is np.float32
    }
    embeddings = by_width.pop(EMBEDDING_SIZE, None)
    spectrogram = by_width.pop(MEL_BANDS, None)
    if len(outputs) != 3 or embeddings is None or spectrogram is None or len(by_width) != 1:
        shapes = ", ".join(str([int(n) for n in output["shape"]]) for output in outputs)
        raise ModelError(
            f"{path.name} takes a waveform of any length and gives {shapes or 'nothing'}.",
            allowed="Of such models Earmark knows those with three outputs of float32: scores"
            f" [M, classes], embeddings [M, {EMBEDDING_SIZE}], log-mel [K, {MEL_BANDS}].",
            remedy="Choose the original YAMNet, or a model whose input has a fixed length.",
        )
    ((n_classes, place),) = by_width.items()
    return DynamicOutputs(
        place=place,
        name=str(outputs[place]["name"]),
        scores=int(outputs[place]["index"]),
        embeddings=int(outputs[embeddings]["index"]),
        spectra=int(outputs[spectrogram]["index"]),
        n_classes=n_classes,
    )
