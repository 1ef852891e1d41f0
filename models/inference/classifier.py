"""Classifier for TFLite files, and `open_tflite`."""

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
    """Classifies clips with a TFLite model.

    Safe to share between threads and sessions.

    Parameters
    ----------
    path : Path
        A ``.tflite`` file whose input is a waveform: one window, which gives one row of scores, or
        any length, which gives one row for each of its windows (see `models.inference.contract`).
    runtime : {'litert', 'tflite'}
        Runtime of the interpreters.
    workers : int, optional
        Number of threads, each with its own engine; by default one per core available to this
        process.
    sample_rate : int, optional
        Sample rate of the model's input in Hz, used if its metadata states none. If both are
        missing it is 16,000 and ``contract.sample_rate_known`` is False.
    head : int or str, optional
        Output head that gives the scores, by its index in ``contract.heads`` or its name; by
        default `models.inference.labelling.usual_head`.
    labels : sequence of str, or path, optional
        Labels of that head, or a file that lists them; by default those that belong to the file.
    squashing : {'softmax', 'sigmoid'}, optional
        Function that converts logits of that head to scores; see `models.inference.heads`.

    Attributes
    ----------
    labels : tuple of str
        Labels, one per class, in the order of the scores.
    label_list : LabelList
        The same with their origin.
    properties : Properties
        Metadata of the file.
    contract : Contract
        Input and output format of the model.
    path, runtime, workers
        As given.

    Raises
    ------
    ModelError
        If the file cannot be opened, is not a classifier of waveforms, or the number of labels does
        not match.
    SettingError
        If the head does not exist, the runtime is unknown or not installed, or the sample rate or
        the squashing is invalid.
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
        self._embedding = Pool(  # opens no engine before its first use
            partial(open_engine, path, runtime, self.contract, "embeddings"), self.workers
        )
        self._both = Pool(partial(open_engine, path, runtime, self.contract, "both"), self.workers)

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
            Mono float32 samples at the model's sample rate. A clip shorter than one window is
            padded with zeros, and so is the last window.
        hop_s : float, optional
            Hop in seconds, above 0 and up to one window. A model that cuts its windows itself
            accepts only its own hop (``contract.hop_samples``). By default
            ``contract.usual_hop_s``: 0.48 s, or one window where that is shorter.
        progress : callable, optional
            Called from this thread with the fraction done, in [0, 1]. An exception that it raises
            cancels the classification and is propagated.

        Returns
        -------
        Timeline
            With scores of shape (n_frames, n_classes), where ``n_frames`` is ``1 +
            ceil(max(0, n_samples - window) / hop)``.

        Raises
        ------
        SettingError
            If the hop is out of range, or not the one that the model fixes.
        ModelError
            If the sample rate of the clip is not the model's, or the classifier is closed.

        Examples
        --------
        >>> import models
        >>> from models.demonstration import demonstration_recording
        >>> clip = models.load_clip(demonstration_recording())
        >>> timeline = models.open_classifier("builtin").classify(clip, hop_s=0.48)
        >>> timeline.scores.shape, timeline.onsets_s[:3].tolist()
        ((111, 521), [0.0, 0.48, 0.96])
        """
        framing = self._framing_of(clip, hop_s)
        n_frames = framing.n_frames(len(clip.samples))
        scores = np.empty((n_frames, self.contract.n_classes), dtype=np.float32)
        self._scoring.fill(scores, clip.samples, framing, progress)
        return scored_timeline(scores, self.labels, framing, len(clip.samples))

    def classify_blocks(
        self, blocks: Iterable[NDArray[np.float32]], hop_s: float | None = None
    ) -> Timeline:
        """Score every window of a clip that arrives in blocks.

        Parameters
        ----------
        blocks : iterable of ndarray of float32, shape (n_samples,)
            The whole clip, mono, at the model's sample rate; lengths may differ. The iterable is
            advanced in this thread, a few seconds of audio ahead of the scores. An exception that
            it raises cancels the classification and is propagated.
        hop_s : float, optional
            As for `classify`.

        Returns
        -------
        Timeline
            Equal, bit for bit, to the result of `classify` for the whole clip.

        Raises
        ------
        SettingError
            If the hop is out of range, or not the one that the model fixes.
        ModelError
            If the classifier is closed.
        """
        framing = self._framing_at(hop_s)
        passing = CountedBlocks(blocks)
        scores = RowBuffer((self.contract.n_classes,))
        for rows in self._scoring.rows(passing, framing, self.contract.n_classes):
            scores.append(rows)
        return scored_timeline(scores.take(), self.labels, framing, passing.n_samples)

    @property
    def gives_spectra(self) -> bool:
        """Whether `classify_blocks_with_spectra` is supported."""
        return self.contract.is_dynamic

    def classify_blocks_with_spectra(
        self, blocks: Iterable[NDArray[np.float32]]
    ) -> tuple[Timeline, NDArray[np.float16]]:
        """Score a clip that arrives in blocks, and return the spectra of a dynamic model.

        Parameters
        ----------
        blocks
            As for `classify_blocks`.

        Returns
        -------
        Timeline
            As from `classify_blocks`.
        ndarray of float16, shape (n_spectra, 64)
            Magnitudes of the mel bands, not negative; one spectrum every 10 ms. 46 MB for an hour.

        Raises
        ------
        ModelError
            If the model takes single windows, or the classifier is closed.
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
        """Compute the embedding of every window of a clip.

        An embedding is the output of YAMNet's last convolution, averaged over the window: the input
        of `models.teaching`'s classifiers. The windows are those of `classify`. For a model that
        takes one window, each thread opens a second interpreter that preserves all tensors.
        Measured for YAMNet/classification with LiteRT (one thread, median of 200 windows, three
        runs): 3.1 to 3.4 ms a window, with tensors preserved or not; 14.7 MB of memory per
        interpreter.

        Parameters
        ----------
        clip, hop_s, progress
            As for `classify`.

        Returns
        -------
        ndarray of float32, shape (n_frames, 1024)
            Not negative (outputs of a ReLU). Those of YAMNet/classification, which is quantized to
            8 bits, are integer multiples of 0.0223 up to 5.69.

        Raises
        ------
        SettingError
            If the hop is out of range or not the one that the model fixes, or if the runtime cannot
            preserve tensors.
        ModelError
            If the model has no embeddings, the sample rate of the clip is not the model's, or the
            classifier is closed.

        Examples
        --------
        >>> import numpy as np
        >>> import models
        >>> clip = models.Clip.from_samples(np.zeros(16_000, np.float32), sample_rate=16_000)
        >>> models.open_classifier("builtin").embed(clip, hop_s=0.48).shape
        (2, 1024)
        """
        framing = self._framing_of(clip, hop_s)
        n_frames = framing.n_frames(len(clip.samples))
        embeddings = np.empty((n_frames, EMBEDDING_SIZE), dtype=np.float32)
        self._embedding.fill(embeddings, clip.samples, framing, progress)
        return embeddings

    def embed_blocks(
        self, blocks: Iterable[NDArray[np.float32]], hop_s: float | None = None
    ) -> NDArray[np.float32]:
        """Compute the embedding of every window of a clip that arrives in blocks.

        Parameters
        ----------
        blocks, hop_s
            As for `classify_blocks`.

        Returns
        -------
        ndarray of float32, shape (n_frames, 1024)
            Equal, bit for bit, to the result of `embed` for the whole clip.

        Raises
        ------
        SettingError, ModelError
            As for `embed`.
        """
        embeddings = RowBuffer((EMBEDDING_SIZE,))
        for rows in self._embedding.rows(blocks, self._framing_at(hop_s), EMBEDDING_SIZE):
            embeddings.append(rows)
        return embeddings.take()

    def classify_and_embed_blocks(
        self, blocks: Iterable[NDArray[np.float32]], hop_s: float | None = None
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Compute scores and embeddings of a clip that arrives in blocks, in one pass.

        One inference of a window gives both. Rows are yielded as they are computed, so that a long
        recording needs no memory for all of them.

        Parameters
        ----------
        blocks, hop_s
            As for `classify_blocks`.

        Yields
        ------
        scores : ndarray of float32, shape (n_windows, n_classes)
            Rows of consecutive windows, in order. Together they equal, bit for bit, the scores of
            `classify`.
        embeddings : ndarray of float32, shape (n_windows, 1024)
            Together they equal, bit for bit, the result of `embed`.

        Raises
        ------
        SettingError, ModelError
            As for `embed`.
        """
        n_classes = self.contract.n_classes
        n_values = n_classes + EMBEDDING_SIZE
        for rows in self._both.rows(blocks, self._framing_at(hop_s), n_values):
            yield rows[:, :n_classes], rows[:, n_classes:]

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score single windows, in the threads of `classify`. Blocks until done.

        Parameters
        ----------
        windows : ndarray of float32, shape (n_windows, window_samples)
            In [-1, 1], at the model's sample rate; need not be consecutive.

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
        """Return the framing of this model's windows at a hop of `hop_s` seconds.

        Raises
        ------
        SettingError
            If the hop is out of range, or not the one that the model fixes.
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
                allowed=f"{self.path.name} cuts its windows itself, {own_s:g} s apart; no"
                " other hop is possible.",
                remedy=f"Choose {own_s:g} s, or the model yamnet, which takes any hop.",
            )
        return framing

    def close(self) -> None:
        """Shut down the threads; the classifier cannot be used afterwards.

        Without a call they end when the last reference to the classifier is dropped.
        """
        self._scoring.close()
        self._embedding.close()
        self._both.close()

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
    """Pass on batches of rows, and report the fraction passed on."""
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
        f"{path.name} has no head {head!r}.",
        allowed=f"Its heads are: {listed}.",
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
        A name in `models.CATALOG`, whose file is found in the model folders or downloaded;
        otherwise a path.
    runtime : {'litert', 'tflite'}
        Runtime of the interpreters.
    workers : int, optional
        Number of threads, each with its own engine; one per core by default.
    progress : callable, optional
        Called with the fraction of a download that is done, in [0, 1].
    sample_rate, head, labels, squashing
        Values that complete or override the file's; see `Classifier`. `sample_rate` is ignored for
        a model of the catalog.
    probe : bool
        Whether a file outside the catalog is first opened and run in a child process, so that a
        file that crashes its runtime does not crash this process. Takes about half a second, once
        per file.

    Returns
    -------
    Classifier
        Ready to classify, safe to share.

    Raises
    ------
    ModelError
        If the model cannot be found, downloaded, opened or used.
    SettingError
        If the runtime is not installed, the model has no such head, or a value is out of range.
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
