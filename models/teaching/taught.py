"""A classifier of one's own classes, taught with a handful of examples."""

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

_HEARING = 0.55  # how far progress is when the examples are heard,
_SETTLING = 0.8  # and how far learning from them when they are judged


class TaughtClassifier:
    """A model with classes of one's own: used like every other.

    It hears with another model, whose embeddings its own head turns into scores, each window by
    itself. So a window has the same scores in a recording, live, and in the exported file.

    Parameters
    ----------
    base : SoundClassifier
        Gives the embeddings; shared, and closed with this one.
    learnt : Learnt
        What was learnt on them.
    path : Path, optional
        Where it was opened from; the base's file where it has none of its own yet.

    Attributes
    ----------
    labels : tuple of str
        One per class, in the order of the scores.
    contract : Contract
        What it takes and gives.
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
        """Never: it asks its base for embeddings alone."""
        return False

    @property
    def examples(self) -> tuple[Example, ...]:
        """What it was taught with."""
        return self.learnt.examples

    @property
    def assessment(self) -> Assessment | None:
        """How well it did on examples that it had not learnt from; None if they were too few."""
        return self.learnt.assessment

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What would make it better."""
        return advise(self.examples, self.assessment)

    def classify(
        self,
        clip: Clip,
        hop_s: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Timeline:
        """Score every window of a clip; parameters, result and errors are `Classifier.classify`'s.

        Where nothing sounds (`examples.SILENT_DBFS`), exclusive scores are all alike and
        independent ones zero, so that silence does not decide what a clip is.
        """
        framing = self._framing_at(hop_s)
        embeddings = self.base.embed(clip, framing.hop_s, progress=progress)
        levels_dbfs = frame_levels_dbfs(clip.samples, framing)
        return self._judge(embeddings, levels_dbfs, len(clip.samples), framing)

    def classify_blocks(
        self, blocks: Iterable[NDArray[np.float32]], hop_s: float | None = None
    ) -> Timeline:
        """Score a clip that comes in blocks; as `Classifier.classify_blocks`."""
        framing = self._framing_at(hop_s)
        levels = RunningFrameLevels(framing)
        passing = CountedBlocks(_measured(blocks, levels))
        embeddings = self.base.embed_blocks(passing, framing.hop_s)
        return self._judge(embeddings, levels.levels_dbfs(), passing.n_samples, framing)

    def classify_with_spectra(
        self,
        clip: Clip,  # noqa: ARG002
        progress: Callable[[float], None] | None = None,  # noqa: ARG002
    ) -> tuple[Timeline, NDArray[np.float16]]:
        """Raise `ModelError`: it computes no spectra of its own."""
        raise without_spectra(self.path)

    def classify_blocks_with_spectra(
        self,
        blocks: Iterable[NDArray[np.float32]],  # noqa: ARG002
    ) -> tuple[Timeline, NDArray[np.float16]]:
        """Raise `ModelError`: it computes no spectra of its own."""
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
        """Describe every window of a clip, as the model that it hears with does."""
        return self.base.embed(clip, hop_s, progress=progress)

    def embed_blocks(
        self, blocks: Iterable[NDArray[np.float32]], hop_s: float | None = None
    ) -> NDArray[np.float32]:
        """Describe a clip that comes in blocks, as the model that it hears with does."""
        return self.base.embed_blocks(blocks, hop_s)

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score windows that need not be neighbours.

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
        """Return how windows lie on a clip; see `Classifier.framing`."""
        return self.base.framing(hop_s)

    def _framing_at(self, hop_s: float | None) -> Framing:
        return self.framing(self.contract.usual_hop_s if hop_s is None else hop_s)

    def save(self, path: str | os.PathLike[str], *, with_audio: bool = False) -> Path:
        """Keep it in a file that `models.open_classifier` opens.

        Parameters
        ----------
        path : str or path
            Where; it gets the ending ``.earmark`` if it has another.
        with_audio : bool
            Whether the examples' sound goes along, as 16-bit samples; else only their embeddings,
            from which nobody can hear them again.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ModelError
            If the model that it hears with is not in the catalog, an example's sound is no longer
            there, or the file cannot be written.
        """
        return write_document(self.learnt, Path(path), with_audio=with_audio)

    def export_tflite(self, path: str | os.PathLike[str]) -> Path:
        """Write it as one TFLite file for Android, iOS, the web and MediaPipe.

        The file takes a waveform of one window and gives its scores, the same as `score` does, and
        has its labels and metadata packed into it. Earmark opens it, too.

        Parameters
        ----------
        path : str or path
            Where; usually it ends in ``.tflite``.

        Raises
        ------
        ModelError
            If it was taught on neither YAMNet/classification nor the built-in model, or the file
            cannot be written.
        """
        content = to_tflite(self.learnt, self.base.path, self.contract.sample_rate)
        return write_whole(Path(path), content)

    def card(self) -> str:
        """Write its model card: classes, examples, accuracy and limits, in Markdown."""
        return model_card(self.learnt)

    def close(self) -> None:
        """End the threads of the model that it hears with."""
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
    """Teach a classifier one's own classes.

    Parameters
    ----------
    examples : mapping of str to sequence of Clip
        Clips for each label, at the base's sample rate. One a class does, more do better.
    base : SoundClassifier, optional
        Gives the embeddings. By default YAMNet, or the built-in model where YAMNet is neither on
        this machine nor can be downloaded.
    scores : {'exclusive', 'independent'}
        Whether just one class sounds at a time (scores sum to 1), or any number.
    recordings : mapping of str to sequence of str, optional
        For each label and clip the recording that it was cut from: what was recorded in one go
        is then judged, and learnt, together. By default each clip is a recording of its own.
    background : bool
        Whether there is a class Background, to which sounds belong that are none of the others.
        Examples under that label go into it, beside noises that Earmark synthesises.
    progress : callable, optional
        Called from this thread with the fraction done, in [0, 1]. What it raises ends the work.
    seed : int
        Deals the examples into folds.

    Returns
    -------
    TaughtClassifier
        With an assessment, where each class has examples of two recordings.

    Raises
    ------
    SettingError
        If there are too few classes, a label is empty, repeated, has no clips, or is Background
        but for its letters' case, nothing sounds in the clips of one, `recordings` does not name
        one for each clip, or `scores` is no kind of scores.
    ModelError
        If the base has no embeddings, or a clip another sample rate.
    """
    if scores not in SCORE_KINDS:
        raise SettingError(
            f"Scores were to be {scores!r}.",
            allowed="They are exclusive (they sum to 1) or independent of each other.",
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
    """Open YAMNet, or the built-in model where there is no way to YAMNet."""
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
    """Learn from examples that were heard already, such as all but one of another classifier.

    Parameters
    ----------
    examples : tuple of Example
        Heard by the base.
    base, kind, progress, seed
        As for `teach`, where `kind` is called ``scores``.

    Raises
    ------
    SettingError
        If there is but one class.
    """
    labels = tuple(dict.fromkeys(example.label for example in examples))
    if len(labels) < 2:
        raise SettingError(
            f"There is but one class, {labels[0]!r}.",
            allowed="To tell sounds apart takes at least two.",
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
        If the file is damaged, no such file, of a newer Earmark, or hides something, or if the
        model that it hears with cannot be had.
    """
    learnt = read_document(path)
    base = open_tflite(learnt.base, runtime=runtime, workers=workers, progress=progress)
    return TaughtClassifier(base, learnt, path)


def _check_background(labels: Iterable[str]) -> None:
    """Make sure that no other label looks like the background's."""
    for label in labels:
        if rooms.is_background(label) and label != rooms.LABEL:
            raise SettingError(
                f"A class is called {label!r}, beside {rooms.LABEL!r}.",
                allowed=f"What is none of the others goes under {rooms.LABEL!r}, spelt like this.",
                remedy="Spell it so, rename the class, or pass background=False.",
            )


def _synthesised(base: SoundClassifier) -> tuple[Example, ...]:
    return tuple(
        hear(rooms.LABEL, clip, base, synthesised=True)
        for clip in rooms.background_clips(base.contract.sample_rate)
    )


def _measured(
    blocks: Iterable[NDArray[np.float32]], levels: RunningFrameLevels
) -> Iterator[NDArray[np.float32]]:
    """Measure blocks as they pass."""
    for block in blocks:
        levels.append(block)
        yield block


def _ignore(_fraction: float) -> None:
    return None
