"""A model file with its labels, its contract and its threads."""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.audio import Clip
from models.audio.buffers import CountedBlocks, RowBuffer
from models.audio.framing import Framing
from models.errors import ModelError, SettingError
from models.events.timeline import Timeline
from models.inference.contract import EMBEDDING_SIZE, Contract
from models.inference.engine_setup import open_engine, open_scoring
from models.inference.heads import Squashing
from models.inference.interface import scored_timeline, without_spectra
from models.inference.labelling import Labels, check_count, given_labels
from models.inference.model_file import checked_rate, read_model
from models.inference.probing import make_sure
from models.inference.spectra import SPECTRA_VALUES, apart
from models.inference.worker_pool import Pool, usable_cores
from models.registry.catalog import CATALOG
from models.registry.download import obtain_model
from models.tflite.runtimes import Runtime


class Classifier:
    """A model file, opened, with its labels and its threads.

    Safe to share between threads and sessions.

    Parameters
    ----------
    path : Path
        A ``.tflite`` file that takes a waveform: one window and gives its scores, or any length
        and gives those of all its windows (see `models.inference.contract`).
    runtime : {'litert', 'tflite'}
        Which runtime runs it.
    workers : int, optional
        Threads, each with an engine of its own; one per core this process may use by default.
    sample_rate : int, optional
        Rate of the waveform that the model takes, in Hz, where its metadata does not state one;
        16,000 if nobody does, and ``contract.sample_rate_known`` is False then.
    head : int or str, optional
        Which of the model's heads gives the scores, by its place among ``contract.heads`` or its
        name; the one that most likely is wanted by default (`models.inference.labelling`).
    labels : sequence of str, or path, optional
        Labels of that head, or a list of them; else they are found by the file's own word.
    squashing : {'softmax', 'sigmoid'}, optional
        What makes scores of that head's values if they are logits; see `models.inference.heads`.

    Attributes
    ----------
    labels : tuple of str
        One per class, in the order of the scores.
    label_list : LabelList
        The same, with where they came from.
    properties : Properties
        What the file's metadata says of it.
    contract : Contract
        What the model takes and gives.
    path, runtime, workers
        As given.

    Raises
    ------
    ModelError
        If the file cannot be opened, is no waveform classifier, or its labels don't fit.
    SettingError
        If it has no such head, or the runtime, the sample rate or the squashing is none.
    """

    def __init__(
        self,
        path: Path,
        *,
        runtime: Runtime = "litert",
        workers: int | None = None,
        sample_rate: int | None = None,
        head: int | str | None = None,
        labels: Labels | None = None,
        squashing: Squashing | None = None,
    ) -> None:
        self.path = path
        self.runtime: Runtime = runtime
        self.workers = usable_cores() if workers is None else workers
        given = None if labels is None else given_labels(labels)
        reading = read_model(path, runtime, checked_rate(sample_rate), given)
        contract = reading.contract if head is None else _chosen(path, reading.contract, head)
        self.contract = contract if squashing is None else contract.squashing_by(squashing)
        self.properties = reading.properties
        self.label_list = given or reading.lists[self.contract.chosen]
        check_count(path, self.label_list, self.contract.n_classes)
        self.labels = self.label_list.labels
        first, open_another = open_scoring(path, runtime, self.contract, reading.interpreter)
        self._scoring = Pool(open_another, self.workers)
        self._scoring.give(first)
        self._embedding = Pool(  # opens nothing before it is asked
            partial(open_engine, path, runtime, self.contract, "embeddings"), self.workers
        )

    def classify(
        self,
        clip: Clip,
        hop_s: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Timeline:
        """Score every window of a clip.

        Parameters
        ----------
        clip : Clip
            Mono float32 samples at the model's rate. A clip shorter than one window is padded
            with zeros, and so is the last window.
        hop_s : float, optional
            Step between two windows in seconds, above 0 and up to one window; for a model that
            cuts its windows itself (``contract.hop_samples``) that model's. By default
            ``contract.usual_hop_s``: 0.48 s, or one window where that is shorter.
        progress : callable, optional
            Called from this thread with the fraction done, in [0, 1]. What it raises ends the
            work and comes out here.

        Returns
        -------
        Timeline
            With scores of shape (n_frames, n_classes), where ``n_frames`` is ``1 +
            ceil(max(0, n_samples - window) / hop)``.

        Raises
        ------
        SettingError
            If the hop is outside its range, or not the one that the model fixes.
        ModelError
            If the clip has another sample rate than the model, or the classifier is closed.
        """
        framing = self._framing_of(clip, hop_s)
        n_frames = framing.n_frames(len(clip.samples))
        scores = np.empty((n_frames, self.contract.n_classes), dtype=np.float32)
        self._scoring.fill(scores, clip.samples, framing, progress)
        return scored_timeline(scores, self.labels, framing, len(clip.samples))

    def classify_blocks(
        self, blocks: Iterable[NDArray[np.float32]], hop_s: float | None = None
    ) -> Timeline:
        """Score every window of a clip that comes in blocks, while more of it comes.

        Parameters
        ----------
        blocks : iterable of ndarray of float32, shape (any,)
            The whole clip, mono, at the model's rate. They are asked for in this thread, a few
            seconds of sound ahead of the scores. What asking for one raises ends the work and
            comes out here.
        hop_s : float, optional
            As for `classify`.

        Returns
        -------
        Timeline
            The same, to the bit, as `classify` gives of the clip.

        Raises
        ------
        SettingError
            If the hop is outside its range, or not the one that the model fixes.
        """
        framing = self._framing_at(hop_s)
        passing = CountedBlocks(blocks)
        scores = RowBuffer((self.contract.n_classes,))
        for rows in self._scoring.rows(passing, framing, self.contract.n_classes):
            scores.append(rows)
        return scored_timeline(scores.take(), self.labels, framing, passing.n_samples)

    @property
    def gives_spectra(self) -> bool:
        """Whether `classify_with_spectra` and `classify_blocks_with_spectra` work with it."""
        return self.contract.is_dynamic

    def classify_with_spectra(
        self, clip: Clip, progress: Callable[[float], None] | None = None
    ) -> tuple[Timeline, NDArray[np.float16]]:
        """Score every window of a clip, and keep the spectra that a dynamic model makes for it.

        Parameters
        ----------
        clip, progress
            As for `classify`.

        Returns
        -------
        Timeline
            As from `classify`.
        ndarray of float16, shape (n_spectra, 64)
            Magnitudes of the mel bands, not negative; a spectrum every 10 ms. 46 MB for an hour.

        Raises
        ------
        ModelError
            If the model takes single windows, the clip has another sample rate, or the classifier
            is closed.
        """
        framing = self._framing_of(clip, None)
        batches = self._rows_with_spectra([clip.samples], framing)
        if progress is not None:
            batches = _telling(batches, framing.n_frames(len(clip.samples)), progress)
        scores, spectra = apart(batches, self.contract.n_classes)
        return scored_timeline(scores, self.labels, framing, len(clip.samples)), spectra

    def classify_blocks_with_spectra(
        self, blocks: Iterable[NDArray[np.float32]]
    ) -> tuple[Timeline, NDArray[np.float16]]:
        """Score a clip that comes in blocks, and keep the spectra that a dynamic model makes.

        Parameters
        ----------
        blocks
            As for `classify_blocks`.

        Returns
        -------
        Timeline, ndarray of float16
            As from `classify_with_spectra`, to the bit.

        Raises
        ------
        ModelError
            If the model takes single windows.
        """
        framing = self._framing_at(None)
        passing = CountedBlocks(blocks)
        batches = self._rows_with_spectra(passing, framing)
        scores, spectra = apart(batches, self.contract.n_classes)
        return scored_timeline(scores, self.labels, framing, passing.n_samples), spectra

    def embed(
        self,
        clip: Clip,
        hop_s: float | None = None,
        *,
        progress: Callable[[float], None] | None = None,
    ) -> NDArray[np.float32]:
        """Describe every window of a clip by what the model knows before it decides on classes.

        These are the values of YAMNet's last convolution, pooled over the window: what to train
        a classifier of one's own on. The windows are those of `classify`. A model that takes one
        window is opened once more per thread for this, with its tensors kept. Measured for
        YAMNet/classification with LiteRT (one thread, median of 200 windows, three runs): 3.1 to
        3.4 ms a window, with tensors kept or not; 14.7 MB of memory an interpreter.

        Parameters
        ----------
        clip, hop_s, progress
            As for `classify`.

        Returns
        -------
        ndarray of float32, shape (n_frames, 1024)
            Not negative (they come from a ReLU). From YAMNet/classification, which computes in 8
            bits, they are whole multiples of 0.0223 up to 5.69.

        Raises
        ------
        SettingError
            If the hop is outside its range, not the one that the model fixes, or if the runtime
            cannot keep tensors.
        ModelError
            If the model has no embeddings, the clip another sample rate than the model, or the
            classifier is closed.
        """
        framing = self._framing_of(clip, hop_s)
        n_frames = framing.n_frames(len(clip.samples))
        embeddings = np.empty((n_frames, EMBEDDING_SIZE), dtype=np.float32)
        self._embedding.fill(embeddings, clip.samples, framing, progress)
        return embeddings

    def embed_blocks(
        self, blocks: Iterable[NDArray[np.float32]], hop_s: float | None = None
    ) -> NDArray[np.float32]:
        """Describe every window of a clip that comes in blocks.

        Parameters
        ----------
        blocks, hop_s
            As for `classify_blocks`.

        Returns
        -------
        ndarray of float32, shape (n_frames, 1024)
            The same, to the bit, as `embed` gives of the clip.

        Raises
        ------
        SettingError, ModelError
            As for `embed`.
        """
        embeddings = RowBuffer((EMBEDDING_SIZE,))
        for rows in self._embedding.rows(blocks, self._framing_at(hop_s), EMBEDDING_SIZE):
            embeddings.append(rows)
        return embeddings.take()

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score windows in the same threads as `classify`, and wait for it.

        Parameters
        ----------
        windows : ndarray of float32, shape (n_windows, window_samples)
            In [-1, 1], at the model's rate. They need not be neighbours.

        Returns
        -------
        ndarray of float32, shape (n_windows, n_classes)
            Each in [0, 1].

        Raises
        ------
        ModelError
            If the classifier is closed.
        """
        scores = np.empty((len(windows), self.contract.n_classes), dtype=np.float32)
        self._scoring.fill_each(scores, windows)
        return scores

    def framing(self, hop_s: float) -> Framing:
        """How this model's windows lie on a clip at a hop of `hop_s` seconds.

        Raises
        ------
        SettingError
            If the hop is outside its range, or not the one that the model fixes.
        """
        framing = Framing.from_seconds(
            hop_s,
            sample_rate=self.contract.sample_rate,
            window_samples=self.contract.window_samples,
        )
        if self.contract.hop_samples not in (None, framing.hop_samples):
            own_s = self.contract.hop_samples / self.contract.sample_rate
            raise SettingError(
                f"The hop is {hop_s:g} s.",
                allowed=f"{self.path.name} cuts its windows itself, {own_s:g} s apart; it knows no"
                " other hop.",
                remedy=f"Choose {own_s:g} s, or the model yamnet, which takes any hop.",
            )
        return framing

    def close(self) -> None:
        """End the threads at once, and for good.

        Without it they end when nobody uses the classifier.
        """
        self._scoring.close()
        self._embedding.close()

    def _rows_with_spectra(
        self, blocks: Iterable[NDArray[np.float32]], framing: Framing
    ) -> Iterator[NDArray[np.float32]]:
        if not self.gives_spectra:
            raise without_spectra(self.path)
        return self._scoring.rows(blocks, framing, self.contract.n_classes + SPECTRA_VALUES)

    def _framing_at(self, hop_s: float | None) -> Framing:
        return self.framing(self.contract.usual_hop_s if hop_s is None else hop_s)

    def _framing_of(self, clip: Clip, hop_s: float | None) -> Framing:
        framing = self._framing_at(hop_s)
        if clip.sample_rate != framing.sample_rate:
            raise ModelError(
                f"The clip has {clip.sample_rate} Hz.",
                allowed=f"{self.path.name} takes {framing.sample_rate} Hz.",
                remedy=f"Load the clip with sample_rate={framing.sample_rate}.",
            )
        return framing


def _telling(
    batches: Iterator[NDArray[np.float32]], n_frames: int, progress: Callable[[float], None]
) -> Iterator[NDArray[np.float32]]:
    """Tell how far things are as batches of rows pass."""
    progress(0.0)
    n_passed = 0
    for rows in batches:
        yield rows
        n_passed += len(rows)
        progress(n_passed / n_frames)


def _chosen(path: Path, contract: Contract, head: int | str) -> Contract:
    names = [one.name for one in contract.heads]
    place = names.index(head) if head in names else head
    if isinstance(place, int) and 0 <= place < len(names):
        return contract.choosing(place)
    listed = ", ".join(f"{number} ({name})" for number, name in enumerate(names))
    raise SettingError(
        f"The head {head!r} of {path.name} was asked for.",
        allowed=f"It has: {listed}.",
        remedy="Choose one of these, by its number or its name.",
    )


def open_tflite(
    model: str | os.PathLike[str] = "yamnet",
    *,
    runtime: Runtime = "litert",
    workers: int | None = None,
    progress: Callable[[float], None] | None = None,
    sample_rate: int | None = None,
    head: int | str | None = None,
    labels: Labels | None = None,
    squashing: Squashing | None = None,
    probe: bool = True,
) -> Classifier:
    """Open a model by its catalog name, or by the path of a ``.tflite`` file.

    Parameters
    ----------
    model : str or path
        A name in `models.CATALOG`, found in the model folders or downloaded; else a path.
    runtime : {'litert', 'tflite'}
        Which runtime runs it.
    workers : int, optional
        Threads, each with an engine of its own; one per core by default.
    progress : callable, optional
        Called with the fraction of a download that is done, in [0, 1].
    sample_rate, head, labels, squashing
        What cannot be read from a file, or is to be otherwise; see `Classifier`.
    probe : bool
        Whether a file that is none of the catalog's is first opened and run in a process of its
        own, so that one that crashes its runtime does not end this one. It takes about half a
        second, once for each file.

    Returns
    -------
    Classifier
        Ready to classify, safe to share.

    Raises
    ------
    ModelError
        If the model cannot be found, fetched, opened or used.
    SettingError
        If the runtime is not installed here, or the model has no such head.
    """
    entry = CATALOG.get(str(model))
    path = Path(model) if entry is None else obtain_model(entry, progress=progress)
    if entry is not None:
        sample_rate = entry.sample_rate
    elif probe:
        make_sure(path, runtime=runtime, sample_rate=sample_rate, labels=labels)
    return Classifier(
        path,
        runtime=runtime,
        workers=workers,
        sample_rate=sample_rate,
        head=head,
        labels=labels,
        squashing=squashing,
    )
