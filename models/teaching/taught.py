"""Taught classifier: a head for user-defined classes on the embeddings of a base model."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.audio import Clip
from models.audio.buffers import CountedBlocks
from models.audio.framing import Framing
from models.audio.levels import RunningFrameLevels, frame_levels_dbfs
from models.errors import SettingError
from models.events.timeline import Timeline
from models.inference import Contract, SoundClassifier, open_tflite
from models.inference.heads import Activation, OutputHead
from models.inference.interface import scored_timeline, without_spectra
from models.registry.catalog import BUILTIN, CATALOG, sha256_of
from models.registry.download import ModelUnavailable
from models.teaching import background as rooms
from models.teaching.advice import Advice, advise
from models.teaching.assessment import Assessment, settle
from models.teaching.card import model_card
from models.teaching.document import read_document, write_document, write_whole
from models.teaching.examples import Example, checked, hear, hear_all, sounds
from models.teaching.head import SCORE_KINDS, ScoreKind, TrainingWindows, fit_head
from models.teaching.learnt import Learnt
from models.teaching.tflite import to_tflite
from models.tflite import LabelList
from models.tflite.runtimes import Runtime

_HEARING = 0.55  # progress when the embeddings of the examples are computed
_SETTLING = 0.8  # progress of `learn` when the cross-validation is complete


class TaughtClassifier:
    """A classifier with user-defined classes, with the interface of `Classifier`.

    A base model computes the embeddings, and the head maps the embedding of each window to scores.
    So a window has the same scores in a recording, live, and in the exported file.

    Parameters
    ----------
    base : SoundClassifier
        Computes the embeddings; shared, and closed together with this classifier.
    learnt : Learnt
        The trained head, its examples and settings.
    path : Path, optional
        The file that it was opened from; by default the base's file.

    Attributes
    ----------
    labels : tuple of str
        One per class, in the order of the scores.
    contract : Contract
        Its sample rate, window and classes.
    base, learnt, path
        As given.
    runtime, workers
        Those of the base.
    """

    def __init__(self, base: SoundClassifier, learnt: Learnt, path: Path | None = None) -> None:
        self.base = base
        self.learnt = learnt
        self.path = base.path if path is None else path
        self.runtime: Runtime = base.runtime
        self.workers = base.workers
        self.labels = learnt.labels
        self.label_list = LabelList(learnt.labels, "given")
        own = base.contract
        n_classes = len(learnt.labels)
        activation: Activation = "softmax" if learnt.head.kind == "exclusive" else "sigmoid"
        self.contract = Contract(
            own.sample_rate,
            own.window_samples,
            n_classes,
            own.hop_samples,
            heads=(OutputHead(0, "scores", n_classes, activation),),
        )

    @property
    def gives_spectra(self) -> bool:
        """Always False: it requests only embeddings from its base."""
        return False

    @property
    def examples(self) -> tuple[Example, ...]:
        """The training examples."""
        return self.learnt.examples

    @property
    def assessment(self) -> Assessment | None:
        """Cross-validation results; None if there are too few examples."""
        return self.learnt.assessment

    @property
    def advice(self) -> tuple[Advice, ...]:
        """Suggestions for better examples."""
        return advise(self.examples, self.assessment)

    def classify(
        self,
        clip: Clip,
        hop_s: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Timeline:
        """Score every window of a clip; parameters, result and errors as `Classifier.classify`.

        In silent windows (`examples.SILENT_DBFS`), exclusive scores are all equal and independent
        ones zero, so silence has no influence on the clip's best class.
        """
        framing = self._framing_at(hop_s)
        embeddings = self.base.embed(clip, framing.hop_s, progress=progress)
        levels_dbfs = frame_levels_dbfs(clip.samples, framing)
        return self._judge(embeddings, levels_dbfs, len(clip.samples), framing)

    def classify_blocks(
        self, blocks: Iterable[NDArray[np.float32]], hop_s: float | None = None
    ) -> Timeline:
        """Score a clip that arrives in blocks; as `Classifier.classify_blocks`."""
        framing = self._framing_at(hop_s)
        levels = RunningFrameLevels(framing)
        passing = CountedBlocks(_measured(blocks, levels))
        embeddings = self.base.embed_blocks(passing, framing.hop_s)
        return self._judge(embeddings, levels.levels_dbfs(), passing.n_samples, framing)

    def classify_blocks_with_spectra(
        self,
        blocks: Iterable[NDArray[np.float32]],  # noqa: ARG002
    ) -> tuple[Timeline, NDArray[np.float16]]:
        """Raise `ModelError`: a taught classifier computes no spectra."""
        raise without_spectra(self.path)

    def _judge(
        self,
        embeddings: NDArray[np.float32],
        levels_dbfs: NDArray[np.float64],
        n_samples: int,
        framing: Framing,
    ) -> Timeline:
        scores = self.learnt.head.scores(embeddings, sounds(levels_dbfs))
        return scored_timeline(scores, self.labels, framing, n_samples)

    def embed(
        self,
        clip: Clip,
        hop_s: float | None = None,
        *,
        progress: Callable[[float], None] | None = None,
    ) -> NDArray[np.float32]:
        """Compute the base's embedding of every window of a clip."""
        return self.base.embed(clip, hop_s, progress=progress)

    def embed_blocks(
        self, blocks: Iterable[NDArray[np.float32]], hop_s: float | None = None
    ) -> NDArray[np.float32]:
        """Compute the base's embeddings of a clip that arrives in blocks."""
        return self.base.embed_blocks(blocks, hop_s)

    def classify_and_embed_blocks(
        self, blocks: Iterable[NDArray[np.float32]], hop_s: float | None = None
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Compute scores and the base's embeddings of a clip that arrives in blocks.

        As `Classifier.classify_and_embed_blocks`, but all rows are yielded together, at the end.
        """
        framing = self._framing_at(hop_s)
        levels = RunningFrameLevels(framing)
        embeddings = self.base.embed_blocks(_measured(blocks, levels), framing.hop_s)
        yield self.learnt.head.scores(embeddings, sounds(levels.levels_dbfs())), embeddings

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score separate windows.

        Parameters
        ----------
        windows : ndarray of float32, shape (n_windows, window_samples)
            In [-1, 1], at the model's rate.

        Returns
        -------
        ndarray of float32, shape (n_windows, n_classes)
            Each in [0, 1].
        """
        step = self.contract.hop_samples or self.contract.window_samples
        hop_s = step / self.contract.sample_rate
        rows = [
            self.classify(Clip.from_samples(window, self.contract.sample_rate), hop_s).scores
            for window in windows
        ]
        return np.concatenate(rows) if rows else np.empty((0, len(self.labels)), np.float32)

    def framing(self, hop_s: float) -> Framing:
        """Return the framing of a clip at a hop in seconds; see `Classifier.framing`."""
        return self.base.framing(hop_s)

    def _framing_at(self, hop_s: float | None) -> Framing:
        return self.framing(self.contract.usual_hop_s if hop_s is None else hop_s)

    def save(self, path: str | os.PathLike[str], *, with_audio: bool = False) -> Path:
        """Save it to a file that `models.open_classifier` opens.

        Parameters
        ----------
        path : str or path
            The target; the suffix ``.earmark`` is appended if it has another.
        with_audio : bool
            Whether to include the examples' samples, at 16 bits. Otherwise the file has only their
            embeddings, from which the sound cannot be recovered.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ModelError
            If the base model is not in the catalog, the samples of an example are missing, the
            content exceeds the limits of the format, or the file cannot be written.
        """
        return write_document(self.learnt, Path(path), with_audio=with_audio)

    def export_tflite(self, path: str | os.PathLike[str]) -> Path:
        """Export it as one TFLite file for Android, iOS, the web and MediaPipe.

        The model maps the waveform of one window to its scores, the same as `score` does. The file
        includes labels and metadata, and Earmark can open it.

        Parameters
        ----------
        path : str or path
            The target, usually with the suffix ``.tflite``.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ModelError
            If its base is neither YAMNet/classification nor the built-in model, or the file cannot
            be written.
        """
        content = to_tflite(self.learnt, self.base.path, self.contract.sample_rate)
        return write_whole(Path(path), content)

    def card(self) -> str:
        """Write its model card: classes, examples, accuracy and limits, in Markdown."""
        return model_card(self.learnt)

    def close(self) -> None:
        """Stop the threads of the base model."""
        self.base.close()


def teach(
    examples: Mapping[str, Sequence[Clip]],
    *,
    base: SoundClassifier | None = None,
    scores: ScoreKind = "exclusive",
    recordings: Mapping[str, Sequence[str]] | None = None,
    background: bool = True,
    progress: Callable[[float], None] | None = None,
    seed: int = 0,
) -> TaughtClassifier:
    """Train a classifier on user-defined classes.

    Parameters
    ----------
    examples : mapping of str to sequence of Clip
        Clips for each label, at the base's sample rate. One per class suffices; more are better.
    base : SoundClassifier, optional
        Computes the embeddings. By default YAMNet, or the built-in model if YAMNet is neither on
        this machine nor can be downloaded.
    scores : {'exclusive', 'independent'}
        Whether exactly one class is present at a time (scores sum to 1), or any number.
    recordings : mapping of str to sequence of str, optional
        For each label, the recording that each clip was cut from. Clips of one recording are kept
        in one fold. By default each clip is a recording of its own.
    background : bool
        Whether to add a class Background for sounds that belong to none of the others. Examples
        under that label are added to noises that Earmark synthesises.
    progress : callable, optional
        Called on this thread with the completed fraction, in [0, 1]; its exceptions end the work
        and propagate.
    seed : int
        Seed of the split into folds.

    Returns
    -------
    TaughtClassifier
        With an assessment if each class has examples of two recordings.

    Raises
    ------
    SettingError
        If there are too few classes; if a label is empty, repeated, has no clips, or equals
        Background except for case; if all clips of a label are silent; if `recordings` does not
        name one for each clip; or if `scores` is neither kind.
    ModelError
        If the base has no embeddings, or a clip has another sample rate.

    Examples
    --------
    >>> import numpy as np
    >>> import models
    >>> seconds = np.arange(16_000) / 16_000
    >>> low, high = (
    ...     [
    ...         models.Clip.from_samples(0.1 * np.sin(2 * np.pi * f * seconds), sample_rate=16_000)
    ...         for f in frequencies_hz
    ...     ]
    ...     for frequencies_hz in ((200, 220, 240), (2000, 2200, 2400))
    ... )
    >>> base = models.open_classifier("builtin")
    >>> taught = models.teach({"Low": low, "High": high}, base=base)
    >>> taught.labels
    ('Low', 'High', 'Background')
    >>> taught.classify(high[0]).top(1)[0][0]
    'High'
    """
    if scores not in SCORE_KINDS:
        raise SettingError(
            f"scores is {scores!r}.",
            allowed="It is 'exclusive' (a row sums to 1) or 'independent'.",
            remedy="Choose one of the two.",
        )
    report = progress if progress is not None else _ignore
    clips = checked(examples, least=1 if background else 2)
    if background:
        _check_background(clips)
    base = _usual_base() if base is None else base
    heard = hear_all(
        clips, base, recordings=recordings, progress=lambda part: report(part * _HEARING)
    )
    if background:
        heard += _synthesised(base)
    learnt = learn(
        heard,
        base,
        scores,
        progress=lambda part: report(_HEARING + part * (1 - _HEARING)),
        seed=seed,
    )
    return TaughtClassifier(base, learnt)


def _usual_base() -> SoundClassifier:
    """Open YAMNet, or the built-in model if YAMNet is unavailable."""
    try:
        return open_tflite("yamnet")
    except ModelUnavailable:
        return open_tflite(BUILTIN)


def learn(
    examples: tuple[Example, ...],
    base: SoundClassifier,
    kind: ScoreKind,
    *,
    progress: Callable[[float], None],
    seed: int,
) -> Learnt:
    """Train on examples with embeddings, such as all but one of another classifier.

    Parameters
    ----------
    examples : tuple of Example
        With embeddings from the base.
    base, kind, progress, seed
        As for `teach`, where `kind` is called ``scores``.

    Raises
    ------
    SettingError
        If there is only one class.
    """
    labels = tuple(dict.fromkeys(example.label for example in examples))
    if len(labels) < 2:
        raise SettingError(
            f"There is only one class, {labels[0]!r}.",
            allowed="At least two classes are needed.",
            remedy="Add examples of something else.",
        )
    settled = settle(
        examples,
        labels,
        kind,
        seed=seed,
        progress=lambda part: progress(part * _SETTLING),
    )
    head = fit_head(TrainingWindows.of(examples, labels), len(labels), kind, settled.strength)
    digest = sha256_of(base.path)
    named = (name for name, entry in CATALOG.items() if entry.sha256 == digest)
    progress(1.0)
    return Learnt(
        labels=labels,
        head=head.cooled(settled.temperature),
        examples=examples,
        base=next(named, ""),
        base_digest=digest,
        strength=settled.strength,
        temperature=settled.temperature,
        assessment=settled.assessment,
    )


def open_taught(
    path: Path,
    *,
    runtime: Runtime = "litert",
    workers: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> TaughtClassifier:
    """Open a file that `TaughtClassifier.save` wrote; see `models.open_classifier`.

    Raises
    ------
    ModelError
        If the file is missing, damaged or of a newer version, if it fails validation, or if the
        base model is unavailable.
    """
    learnt = read_document(path)
    base = open_tflite(learnt.base, runtime=runtime, workers=workers, progress=progress)
    return TaughtClassifier(base, learnt, path)


def _check_background(labels: Iterable[str]) -> None:
    """Check that no other label equals the background's except for case."""
    for label in labels:
        if rooms.is_background(label) and label != rooms.LABEL:
            raise SettingError(
                f"A class is called {label!r}, beside {rooms.LABEL!r}.",
                allowed=f"The class of all other sounds is spelled {rooms.LABEL!r}.",
                remedy="Use that spelling, rename the class, or pass background=False.",
            )


def _synthesised(base: SoundClassifier) -> tuple[Example, ...]:
    return tuple(
        hear(rooms.LABEL, clip, base, synthesised=True)
        for clip in rooms.background_clips(base.contract.sample_rate)
    )


def _measured(
    blocks: Iterable[NDArray[np.float32]], levels: RunningFrameLevels
) -> Iterator[NDArray[np.float32]]:
    """Yield the blocks, and measure the level of each."""
    for block in blocks:
        levels.append(block)
        yield block


def _ignore(_fraction: float) -> None:
    return None
