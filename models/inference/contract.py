"""What a model takes and gives, as its file says.

Conventions
-----------
A model is known by its inputs and outputs, never by its name. Two kinds are understood:

- *one window*: a waveform of fixed length in, one row of scores out for each head, such as
  YAMNet/classification.
- *dynamic*: a waveform of any length in; scores, embeddings and log-mel spectrogram out, a row
  of the first two for each window. This is the original YAMNet (https://tfhub.dev/google/yamnet/1),
  which cuts its windows itself.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np

from models.audio import timing
from models.errors import ModelError, SettingError
from models.inference.heads import OutputHead, Squashing, read_heads
from models.inference.inputs import Input
from models.inference.tensor_values import Values
from models.tflite import Network
from models.tflite.runtimes import Interpreter

DEFAULT_SAMPLE_RATE_HZ = 16_000
"""Rate assumed of a model for which nobody states it: YAMNet's, and that of most."""

USUAL_HOP_S = 0.48
"""Step between windows where nobody chooses one: YAMNet's own, half of its window."""

MAX_WINDOW_S = 60.0
"""Longest window: as much sound as a live stream keeps (`models.live.audio_buffer.RECENT_S`)."""

EMBEDDING_SIZE = 1024
"""Values of one embedding: what YAMNet's last convolution gives, pooled over its window."""

DYNAMIC_WINDOW_SAMPLES = 15_600
"""Window of the dynamic model, which its file does not state: 96 spectra in steps of 10 ms, each
of 25 ms, at 16 kHz (``params.py`` of YAMNet in tensorflow/models: ``patch_window_seconds``,
``stft_hop_seconds``, ``stft_window_seconds``)."""

DYNAMIC_HOP_SAMPLES = 7_680
"""Step from window to window that the dynamic model takes: 0.48 s at 16 kHz (the same file,
``patch_hop_seconds``)."""

MEL_BANDS = 64
"""Bands of the spectra that the dynamic model makes (the same file, ``mel_bands``)."""

SPECTRA_PER_WINDOW = 96
"""Spectra in a window of the dynamic model, 10 ms apart; `SPECTRA_PER_HOP` of them are new."""

SPECTRA_PER_HOP = 48
"""Spectra from one window of the dynamic model to the next."""


@dataclass(frozen=True)
class Contract:
    """What a model takes and gives.

    Parameters
    ----------
    sample_rate : int
        Rate of the waveform it takes, in Hz.
    window_samples : int
        Samples per window.
    n_classes : int
        Scores per window: those of the chosen head.
    hop_samples : int, optional
        Step between windows that the model itself fixes, in samples; None where any will do.
    sample_rate_known : bool
        Whether the file or the caller states the rate; else it is a guess.
    channels : int
        Channels that it takes, 1 or 2; both get the same sound.
    samples : Values
        How the samples it takes are stored.
    heads : tuple of OutputHead
        Its outputs that may be scores.
    chosen : int
        Which of them gives the scores.
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
        """Whether the scores of a window share a sum of 1."""
        return "softmax" in (self.head.activation, self.head.squashing)

    @property
    def window_s(self) -> float:
        """Length of a window, in seconds."""
        return timing.seconds_from_samples(self.window_samples, self.sample_rate)

    @property
    def usual_hop_s(self) -> float:
        """A step between windows that does for most, in seconds.

        The one that the model fixes; else `USUAL_HOP_S`, or one window where that is shorter.
        """
        if self.hop_samples is not None:
            return timing.seconds_from_samples(self.hop_samples, self.sample_rate)
        return min(USUAL_HOP_S, self.window_s)

    def choosing(self, head: int) -> "Contract":
        """Let another head give the scores."""
        return replace(self, chosen=head, n_classes=self.heads[head].n_classes)

    def squashing_by(self, squashing: Squashing) -> "Contract":
        """Make scores of the chosen head's logits another way; of other values nothing is made.

        Raises
        ------
        SettingError
            If that way is unknown.
        """
        if squashing not in get_args(Squashing):
            raise SettingError(
                f"Scores were to be made by {squashing!r}.",
                allowed=f"Logits become scores by {' or '.join(get_args(Squashing))}.",
                remedy="Choose softmax where one class sounds at a time, else sigmoid.",
            )
        if self.head.squashing is None:
            return self
        heads = list(self.heads)
        heads[self.chosen] = replace(self.head, squashing=squashing)
        return replace(self, heads=tuple(heads))


@dataclass(frozen=True)
class DynamicOutputs:
    """Which tensors a dynamic model's scores and embeddings are in.

    Parameters
    ----------
    place, name : int, str
        Which of the outputs gives the scores.
    scores, embeddings, spectra : int
        Indices of the tensors, of shapes (n_frames, n_classes), (n_frames, 1024) and
        (n_spectra, 64).
    n_classes : int
        Scores per window.
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
    """Read what a model takes and gives. Runs it where its file does not say what scores are.

    Parameters
    ----------
    path : Path
        Its file, for messages.
    interpreter : Interpreter
        In which it is open.
    network : Network
        What its file says of its outputs.
    given : Input
        What it takes.
    sample_rate : int or None
        Rate of the waveform that it takes, in Hz; None where nobody states it.

    Raises
    ------
    ModelError
        If it gives something else than is understood here, or a window is too long.
    """
    if not given.window_samples:
        return _dynamic_contract(path, interpreter)
    rate = DEFAULT_SAMPLE_RATE_HZ if sample_rate is None else sample_rate
    if given.window_samples > MAX_WINDOW_S * rate:
        raise ModelError(
            f"{path.name} takes windows of {given.window_samples / rate:g} s.",
            allowed=f"Windows of up to {MAX_WINDOW_S:g} s can be heard.",
            remedy="Choose a model of shorter windows, or state its sample rate if it is higher.",
        )
    heads = read_heads(path, network, interpreter, given)
    return Contract(
        rate,
        given.window_samples,
        heads[0].n_classes,
        sample_rate_known=sample_rate is not None,
        channels=given.channels,
        samples=given.values,
        heads=heads,
    )


def _dynamic_contract(path: Path, interpreter: Interpreter) -> Contract:
    """Describe the original YAMNet, whoever says what of its rate."""
    found = find_dynamic_outputs(path, interpreter)
    return Contract(
        DEFAULT_SAMPLE_RATE_HZ,
        DYNAMIC_WINDOW_SAMPLES,
        found.n_classes,
        DYNAMIC_HOP_SAMPLES,
        heads=(OutputHead(found.place, found.name, found.n_classes, "sigmoid"),),
    )


def find_dynamic_outputs(path: Path, interpreter: Interpreter) -> DynamicOutputs:
    """Tell a dynamic model's three outputs apart by their last dimension.

    Raises
    ------
    ModelError
        If they are not embeddings of 1024, a spectrogram of 64 bands, and one more for scores.
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
