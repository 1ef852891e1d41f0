"""Archive, and `open_archive`."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.archive import event_search, similarity
from models.archive.adding import add_files
from models.archive.checking import find_faults
from models.archive.contents import summarise
from models.archive.excerpts import cut_excerpt
from models.archive.hits import Addition, ArchiveSummary, Fault, Hit
from models.archive.indexing import build_indices
from models.archive.querying import (
    Among,
    Moment,
    TimeOfDay,
    check_limit,
    joined_hits,
    read_places,
    rows_of,
)
from models.archive.scanning import Patterns, find_files
from models.archive.store import ArchivedModel, ArchiveSnapshot, Store
from models.archive.taught import best_events, check_base, taught_timelines
from models.archive.workers import check_model, open_workers
from models.archive.writing import KnownRecordings
from models.audio import Clip
from models.errors import SettingError
from models.inference import SoundClassifier
from models.opening import open_classifier
from models.registry.catalog import remembered_sha256
from models.teaching.taught import TaughtClassifier

DEFAULT_HOP_S = 0.96
"""Default hop, in seconds: windows of YAMNet hardly overlap, and an hour takes 8 MB."""

Example = Clip | Hit | NDArray[np.floating[Any]]
"""An example of a sound: a clip, a hit, or embeddings of shape (n_windows, n_values)."""

_CANDIDATES = 4
"""Windows that are searched for each hit: several windows of one sound become one hit."""


class Archive:
    """The features of many recordings. Created by `open_archive`.

    Recordings stay where they are; the archive has their embeddings, scores and events. It has one
    model and one hop, those of the first `add`. Safe to share between threads for reading.

    Parameters
    ----------
    store : Store
        Its tables.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        recordings: Patterns,
        *,
        model: str | os.PathLike[str] | None = None,
        hop_s: float | None = None,
        client: Any = None,  # noqa: ANN401 - distributed.Client, which is imported late
        workers: int | None = None,
        progress: Callable[[float], None] | None = None,
        on_dashboard: Callable[[str], None] | None = None,
    ) -> Addition:
        """Analyse recordings and store their features.

        Files that are there already are skipped, by path, size and modification time, or by their
        SHA-256; a file that was moved keeps its features, one that has changed is analysed again. A
        file that cannot be analysed is noted with its reason, and tried again by the next call.
        Results are committed every minute: after an interruption, the same call continues. Several
        processes may add to an archive in a folder at once.

        Parameters
        ----------
        recordings : str, path, or iterable of them
            Files, folders, and patterns such as ``recordings/**/*.wav``.
        model : str or path, optional
            A model with embeddings: a catalog name, or a path. By default that of the archive, or
            "yamnet" for a new one.
        hop_s : float, optional
            Step between two windows, in seconds. By default that of the archive, or 0.96 for a new
            one, or the only one that the model has.
        client : distributed.Client or str, optional
            A Dask client, or the address of a scheduler, whose workers read the recordings under
            the same paths. By default processes on this machine, which a script has to start below
            ``if __name__ == "__main__":``.
        workers : int, optional
            Number of these processes, one per core by default; 0 analyses in this process.
        progress : callable, optional
            Called with the completed fraction, in [0, 1]; its exceptions end the work and
            propagate. What was committed is kept.
        on_dashboard : callable, optional
            Called with the address of Dask's dashboard, which shows the work as it goes.

        Returns
        -------
        Addition
            Numbers of files that were added, skipped, moved and replaced, and those that failed.

        Raises
        ------
        SettingError
            If there is no such file, the hop is out of range or not that of the archive, or the
            cluster cannot be reached.
        ModelError
            If the model cannot be opened, has no embeddings, or is not that of the archive.
        ArchiveError
            If the archive cannot be read or written.

        Examples
        --------
        >>> import tempfile
        >>> import models
        >>> from models.demonstration import demonstration_recording
        >>> folder = tempfile.TemporaryDirectory()
        >>> recording = Path(folder.name) / "20230501_053000.wav"
        >>> _ = recording.write_bytes(demonstration_recording())
        >>> archive = models.open_archive(Path(folder.name) / "archive")
        >>> added = archive.add(recording, model="builtin", workers=0)
        >>> added.added, round(added.hours, 3)
        (1, 0.015)
        >>> archive.add(recording, workers=0).skipped
        1
        >>> (horn,) = archive.events("Vehicle horn, car horn, honking", min_score=0.5)
        >>> horn.at.strftime("%d %B %Y, %H:%M:%S"), archive.excerpt(horn).sample_rate
        ('01 May 2023, 05:30:13', 16000)
        >>> archive.similar(horn, limit=1)[0].score > 0.99
        True
        >>> folder.cleanup()
        """
        files = find_files(recordings)
        archived = self._model_for(model, hop_s)
        with open_workers(client, workers) as opened:
            if on_dashboard is not None and opened.dashboard:
                on_dashboard(opened.dashboard)
            report = progress if progress is not None else _ignore
            addition = add_files(files, self._store, archived, opened, report)
        if addition.found > addition.skipped:
            build_indices(self._store)
            self._store.tidy()
        return addition

    def summary(self) -> ArchiveSummary:
        """Count recordings, hours, windows, and events by class.

        Raises
        ------
        ArchiveError
            If the archive cannot be read.
        """
        return summarise(self._store)

    def events(
        self,
        label: str | None = None,
        *,
        min_score: float = 0.4,
        after: Moment | None = None,
        before: Moment | None = None,
        time_of_day: TimeOfDay | None = None,
        path: str | None = None,
        limit: int | None = 50,
    ) -> list[Hit]:
        """Find the events of a class.

        They are those of `models.find_events` with an onset threshold of `min_score` and an offset
        threshold of 0.2.

        Parameters
        ----------
        label : str, optional
            The class, in upper or lower case; all by default.
        min_score : float
            Score that an event reaches, in [0.2, 1].
        after, before : str, date or datetime, optional
            Earliest beginning, and the time before which events begin, by the recorder's clock.
        time_of_day : (str or time, str or time), optional
            Times of the day between which events begin, such as ``("22:00", "04:30")``.
        path : str, optional
            Pattern of the recordings' absolute paths, in which ``*`` matches anything.
        limit : int, optional
            Largest number of events; None for all.

        Returns
        -------
        list of Hit
            Highest score first.

        Raises
        ------
        SettingError
            If the class is unknown, a value is out of range, or the archive is empty.
        """
        check_limit(limit)
        snapshot = self._content()
        among = Among(after, before, time_of_day, path)
        return event_search.find(snapshot, label, min_score=min_score, limit=limit, among=among)

    def activity(
        self,
        label: str | None = None,
        *,
        min_score: float = 0.4,
        after: Moment | None = None,
        before: Moment | None = None,
        time_of_day: TimeOfDay | None = None,
        path: str | None = None,
    ) -> dict[datetime, int]:
        """Count the events of a class by the hour in which they begin.

        Parameters
        ----------
        label, min_score, after, before, time_of_day, path
            As for `events`.

        Returns
        -------
        dict of datetime to int
            Number of events by the beginning of their hour, by the recorder's clock, in order;
            hours without any are omitted. Events of recordings whose time is unknown are not
            counted.

        Raises
        ------
        SettingError
            As for `events`.
        """
        among = Among(after, before, time_of_day, path)
        snapshot = self._content()
        return event_search.count_by_hour(snapshot, label, min_score=min_score, among=among)

    def similar(
        self,
        examples: Example | Sequence[Example],
        *,
        negative: Example | Sequence[Example] = (),
        after: Moment | None = None,
        before: Moment | None = None,
        time_of_day: TimeOfDay | None = None,
        path: str | None = None,
        limit: int = 50,
        exact: bool = False,
    ) -> list[Hit]:
        """Find what sounds like given examples.

        Parameters
        ----------
        examples : Clip, Hit, ndarray, or sequence of them
            Clips at the model's sample rate, hits of this archive, or embeddings of shape
            (n_windows, n_values).
        negative : likewise, optional
            Sounds that results should not be like.
        after, before, time_of_day, path
            As for `events`.
        limit : int
            Largest number of hits.
        exact : bool
            Whether to compare with every window, although the archive has a vector index.

        Returns
        -------
        list of Hit
            Nearest first. Windows that overlap or adjoin are one hit.

        Raises
        ------
        SettingError
            If there is no example, embeddings have another size, or the archive is empty.
        ModelError
            If a clip has another sample rate.
        """
        check_limit(limit)
        snapshot = self._content()
        average = _average(snapshot)
        query = similarity.make_query(
            self._vectors(snapshot, examples), self._vectors(snapshot, negative, least=0), average
        )
        places = read_places(snapshot)
        where = Among(after, before, time_of_day, path).condition(places)
        found = similarity.nearest(
            snapshot, query, average, where, _CANDIDATES * limit, exact=exact
        )
        return joined_hits(found, places, snapshot.head.model, limit)

    def classify(
        self,
        taught: TaughtClassifier,
        *,
        labels: Collection[str] | None = None,
        min_score: float = 0.5,
        after: Moment | None = None,
        before: Moment | None = None,
        time_of_day: TimeOfDay | None = None,
        path: str | None = None,
        limit: int = 1000,
        uncertain_first: bool = False,
        progress: Callable[[float], None] | None = None,
    ) -> list[Hit]:
        """Apply a taught classifier to all stored embeddings, without decoding anything.

        Parameters
        ----------
        taught : TaughtClassifier
            Taught on the archive's model.
        labels : collection of str, optional
            Its classes that are looked for; all but Background by default.
        min_score : float
            Score that an event reaches, in [0, 1].
        after, before, time_of_day, path
            As for `events`.
        limit : int
            Largest number of events.
        uncertain_first : bool
            Whether the events whose scores are nearest to 0.5 come first, for a review that
            teaches most, instead of those with the highest scores.
        progress : callable, optional
            Called with the completed fraction, in [0, 1].

        Returns
        -------
        list of Hit
            Highest score first, or the least certain one.

        Raises
        ------
        ModelError
            If it was taught on another model.
        SettingError
            If a label is unknown, a value is out of range, no recording matches, or the archive is
            empty.
        """
        check_limit(limit)
        snapshot = self._content()
        check_base(taught, snapshot.head.model)
        places = read_places(snapshot)
        wanted = [each for each in taught.labels if each != "Background"]
        report = progress if progress is not None else _ignore
        among = Among(after, before, time_of_day, path)
        timelines = taught_timelines(snapshot, taught, places, among.recordings(places), report)
        chosen = wanted if labels is None else list(labels)
        return best_events(
            timelines,
            places,
            chosen,
            min_score,
            limit,
            among=among,
            uncertain_first=uncertain_first,
        )

    def excerpt(self, hit: Hit, padding_s: float = 1.0) -> Clip:
        """Decode the sound of a hit from its recording.

        Parameters
        ----------
        hit : Hit
            A result of this archive.
        padding_s : float
            Sound before and after it, in seconds, as far as the recording has it.

        Returns
        -------
        Clip
            Mono, at the model's sample rate.

        Raises
        ------
        RecordingError
            If the recording is missing, has changed, or cannot be read.
        SettingError
            If the hit is of another archive, or the padding out of range.
        """
        snapshot = self._content()
        known = KnownRecordings(snapshot.recordings, where=f"recording = {int(hit.recording)}")
        for recording in known.by_path.values():
            return cut_excerpt(hit, recording, snapshot.head.model.sample_rate, padding_s)
        raise SettingError(
            f"The archive has no recording {hit.recording}.",
            allowed="Hits belong to the archive that found them, until their recording changes.",
            remedy="Search again.",
        )

    def verify(
        self, *, contents: bool = False, progress: Callable[[float], None] | None = None
    ) -> list[Fault]:
        """Check that the tables agree with each other, and that the recordings are there.

        Parameters
        ----------
        contents : bool
            Whether to compare the SHA-256 of every recording, which reads all of them; otherwise
            sizes and modification times.
        progress : callable, optional
            Called with the completed fraction, in [0, 1].

        Returns
        -------
        list of Fault
            Empty if all is well.
        """
        report = progress if progress is not None else _ignore
        return find_faults(self._store.snapshot(), contents=contents, progress=report)

    def failures(self) -> list[Fault]:
        """List the files that could not be analysed, with the reasons."""
        snapshot = self._store.snapshot()
        if snapshot is None:
            return []
        rows = rows_of(snapshot.recordings, "reason <> ''", ("path", "reason"))
        return [Fault(row["path"], row["reason"]) for row in rows.to_pylist()]

    @property
    def version(self) -> int:
        """Number of the last commit, which changes as recordings are added; -1 without any."""
        snapshot = self._store.snapshot()
        return -1 if snapshot is None else snapshot.head.sequence

    @property
    def model(self) -> ArchivedModel | None:
        """The model whose features it has; None if nothing was added yet."""
        snapshot = self._store.snapshot()
        return None if snapshot is None else snapshot.head.model

    def _content(self) -> ArchiveSnapshot:
        snapshot = self._store.snapshot()
        if snapshot is None or not snapshot.windows.count_rows():
            raise SettingError(
                f"The archive {self._store.address} is empty.",
                allowed="It can be searched when it has recordings.",
                remedy="Add some: archive.add('recordings/**/*.wav').",
            )
        return snapshot

    def _model_for(
        self, model: str | os.PathLike[str] | None, hop_s: float | None
    ) -> ArchivedModel:
        """Return the archive's model, after a comparison with what is asked for."""
        snapshot = self._store.snapshot()
        own = None if snapshot is None else snapshot.head.model
        if model is None and own is not None:
            name = own.name
        else:
            name = "yamnet" if model is None else os.fspath(model)
        return describe_for_archive(name, hop_s, own)

    def _vectors(
        self, snapshot: ArchiveSnapshot, examples: Example | Sequence[Example], *, least: int = 1
    ) -> list[NDArray[np.float32]]:
        each = [examples] if isinstance(examples, Clip | Hit | np.ndarray) else list(examples)
        if len(each) < least:
            raise SettingError(
                "There is no example.",
                allowed="At least one clip, hit or array of embeddings is needed.",
                remedy="Give one.",
            )
        return [self._vector(snapshot, example) for example in each]

    def _vector(self, snapshot: ArchiveSnapshot, example: Example) -> NDArray[np.float32]:
        model = snapshot.head.model
        if isinstance(example, Clip):
            embeddings = _classifier(model.name, model.sha256).embed(example, model.hop_s)
        elif isinstance(example, Hit):
            embeddings = similarity.embeddings_of_hit(snapshot, example)
        else:
            embeddings = np.atleast_2d(example)
        if embeddings.ndim != 2 or embeddings.shape[1] != model.embedding_size:
            raise SettingError(
                f"The embeddings have shape {embeddings.shape}.",
                allowed=f"Those of the archive's model have {model.embedding_size} values.",
                remedy="Compute them with the same model: classifier.embed(clip).",
            )
        return similarity.strongest(embeddings)


def open_archive(
    address: str | os.PathLike[str], *, storage_options: Mapping[str, str] | None = None
) -> Archive:
    """Open an archive, or a new one.

    Parameters
    ----------
    address : str or path
        A folder, which is created by the first `Archive.add` if it is absent, or the URL of object
        storage (``s3://…``, ``gs://…``, ``az://…``).
    storage_options : mapping of str to str, optional
        Credentials and settings of object storage, as LanceDB takes them; by default those of the
        environment.

    Returns
    -------
    Archive
        Ready to add and to search.

    Raises
    ------
    SettingError
        If the folder has other things.
    ArchiveError
        If LanceDB is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import models
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     models.open_archive(folder).summary().recordings
    0
    """
    return Archive(Store(os.fspath(address), storage_options))


def describe_for_archive(
    name: str, hop_s: float | None, own: ArchivedModel | None
) -> ArchivedModel:
    """Describe a model for an archive, and check that it is the archive's own if it has one.

    Raises
    ------
    ModelError
        If the model cannot be opened, has no embeddings, or is not the archive's.
    SettingError
        If the hop is out of range, or not the archive's.
    """
    if own is None:
        classifier: SoundClassifier = open_classifier(name, workers=1)
        sha256 = remembered_sha256(Path(classifier.path))
    else:
        classifier, sha256 = _classifier(name, own.sha256), own.sha256
    contract = classifier.contract
    if hop_s is None and own is None:
        hop_s = min(DEFAULT_HOP_S, contract.window_s)
        if contract.is_dynamic:
            hop_s = contract.usual_hop_s
    elif hop_s is None and own is not None:
        hop_s = own.hop_s
    framing = classifier.framing(hop_s or 0.0)
    if own is not None:
        _check_hop(framing.hop_samples, own)
        return own
    silence = Clip.from_samples(np.zeros(framing.window_samples), framing.sample_rate)
    return ArchivedModel(
        name=name,
        sha256=sha256,
        labels=tuple(classifier.labels),
        sample_rate=framing.sample_rate,
        window_samples=framing.window_samples,
        hop_samples=framing.hop_samples,
        embedding_size=classifier.embed(silence, framing.hop_s).shape[1],
    )


def _check_hop(hop_samples: int, own: ArchivedModel) -> None:
    if hop_samples != own.hop_samples:
        raise SettingError(
            f"The hop is {hop_samples / own.sample_rate:g} s.",
            allowed=f"The archive has windows {own.hop_s:g} s apart, since its first recording.",
            remedy="Leave the hop out, or add the recordings to another archive.",
        )


@lru_cache(maxsize=2)
def _classifier(name: str, sha256: str) -> SoundClassifier:
    """Open the model of an archive, once in this process."""
    return check_model(open_classifier(name, workers=1), name, sha256)


@lru_cache(maxsize=4)
def _average(snapshot: ArchiveSnapshot) -> NDArray[np.float32]:
    return similarity.average_window(snapshot)


def _ignore(_fraction: float) -> None:
    return None
