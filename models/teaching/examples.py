"""Training examples: labelled clips and their embeddings.

Conventions
-----------
An example is one clip with one label. Its windows lie `TEACHING_HOP_S` apart, twice as densely as
those of `classify`, so that training also covers sounds shifted by half a hop. Silent windows (see
`sounds`) are dropped; the label holds for all others.

Examples of one recording belong together: an example is never assessed by a head that was trained
on another example of its recording. `recording` identifies the group.
"""

import hashlib
import reprlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio import Clip
from models.audio.levels import frame_levels_dbfs
from models.errors import SettingError
from models.inference import SoundClassifier
from models.registry.catalog import remembered_sha256

CLASSIFYING_HOP_S = 0.48
"""Default hop of `Classifier.classify`, in seconds."""

TEACHING_HOP_S = 0.24
"""Hop between training windows, in seconds: half of `CLASSIFYING_HOP_S`. On 50 classes derived from
ESC-10 (each clip unchanged, at two other speeds, without treble, and ring modulated), with four
folds, this hop classified 69.5 % of the clips correctly, twice the hop 68.4 %."""

SILENT_DBFS = -70.0
"""RMS level below which a window is silent, in dBFS. The loudest window of ESC-10's quietest clip
has -47 dBFS, and 11 % of all its windows, most of them padding, lie below this level."""

MAX_LABEL_CHARACTERS = 80
"""Longest label. The longest of AudioSet has 58 characters."""

MAX_RECORDING_CHARACTERS = 1000
"""Longest name of a recording: room for a path with many folders."""

_FULL_SCALE = 0.999
"""Magnitude from which a sample counts as clipped: about the last two steps of 16 bits and a small
margin, because codecs do not reproduce full scale exactly."""


@dataclass(frozen=True, eq=False)
class Example:
    """One labelled sound with its embeddings.

    Parameters
    ----------
    label : str
        Its class.
    recording : str
        Identifier of the recording that it was cut from; examples with the same one are never
        split between training and assessment.
    digest : str
        SHA-256 of its samples, 64 hexadecimal digits.
    duration_s : float
        Length of the clip, in seconds.
    level_dbfs : float
        RMS level of its loudest window, in dBFS; minus infinity for digital silence.
    clipped : float
        Share of its samples at full scale, in [0, 1].
    onsets_s : ndarray of float64, shape (n_windows,)
        Start of each window that is not silent, in seconds.
    embeddings : ndarray of float32, shape (n_windows, 1024)
        Embedding of each of these windows, values of 0 or more.
    synthesised : bool
        Whether Earmark synthesised it.
    clip : Clip, optional
        The samples, if available.
    base : str
        SHA-256 of the file of the model that computed the embeddings; empty if unknown.
    """

    label: str
    recording: str
    digest: str
    duration_s: float
    level_dbfs: float
    clipped: float
    onsets_s: NDArray[np.float64]
    embeddings: NDArray[np.float32]
    synthesised: bool = False
    clip: Clip | None = None
    base: str = ""

    @property
    def is_silent(self) -> bool:
        """Whether all its windows are silent; it then contributes nothing to training."""
        return len(self.embeddings) == 0

    @property
    def on_classifying_grid(self) -> NDArray[np.bool_]:
        """Which windows lie on the grid of `classify`: bool of shape (n_windows,)."""
        steps = np.rint(self.onsets_s / TEACHING_HOP_S).astype(int)
        chosen: NDArray[np.bool_] = steps % round(CLASSIFYING_HOP_S / TEACHING_HOP_S) == 0
        return chosen if chosen.any() else ~chosen


def sounds(levels_dbfs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Detect windows that are not silent, by their RMS level in dBFS; bool of the same shape."""
    loud: NDArray[np.bool_] = levels_dbfs >= SILENT_DBFS
    return loud


def hear(
    label: str,
    clip: Clip,
    base: SoundClassifier,
    *,
    recording: str | None = None,
    synthesised: bool = False,
) -> Example:
    """Compute the embeddings of a clip and make an example of it.

    Parameters
    ----------
    label : str
        Its class.
    clip : Clip
        At the base's sample rate.
    base : SoundClassifier
        Computes the embeddings. A model that cuts its windows itself uses its own hop.
    recording : str, optional
        Identifier of the recording that it was cut from; by default the digest of its samples.
    synthesised : bool
        Whether Earmark synthesised it.

    Raises
    ------
    ModelError
        If the base has no embeddings, or the clip has another sample rate.
    """
    contract = base.contract
    hop_s = TEACHING_HOP_S
    if contract.hop_samples is not None:
        hop_s = contract.hop_samples / contract.sample_rate
    framing = base.framing(hop_s)
    embeddings = base.embed(clip, hop_s)
    levels_dbfs = frame_levels_dbfs(clip.samples, framing)
    loud = sounds(levels_dbfs)
    digest = hashlib.sha256(clip.samples.tobytes()).hexdigest()
    return Example(
        label=label,
        recording=digest if recording is None else recording,
        digest=digest,
        duration_s=clip.duration_s,
        level_dbfs=float(levels_dbfs.max()),
        clipped=float(np.mean(np.abs(clip.samples) >= _FULL_SCALE)) if len(clip.samples) else 0.0,
        onsets_s=framing.onsets_s(len(clip.samples))[loud],
        embeddings=embeddings[loud],
        synthesised=synthesised,
        clip=clip,
        base=remembered_sha256(base.path),
    )


def hear_all(
    clips: Mapping[str, Sequence[Clip]],
    base: SoundClassifier,
    *,
    recordings: Mapping[str, Sequence[str]] | None = None,
    progress: Callable[[float], None],
) -> tuple[Example, ...]:
    """Compute the embeddings of all clips and make examples of them, label by label.

    Parameters
    ----------
    clips : mapping of str to sequence of Clip
        As `checked` returns them.
    base : SoundClassifier
        Computes the embeddings.
    recordings : mapping of str to sequence of str, optional
        For each label, the recording that each clip was cut from.
    progress : callable
        Called with the completed fraction, in [0, 1]; its exceptions end the work and propagate.

    Raises
    ------
    SettingError
        If `recordings` does not name one for each clip, or all examples of a label are silent.
    ModelError
        If the base has no embeddings, or a clip has another sample rate.
    """
    origins = _origins(clips, recordings)
    named = [
        (label, clip, recording)
        for label, group in clips.items()
        for clip, recording in zip(group, origins[label], strict=True)
    ]
    # A five-second clip is slightly more than a batch: one clip at a time leaves a core idle.
    threads = ThreadPoolExecutor(base.workers, thread_name_prefix="examples")
    try:
        coming = [
            threads.submit(hear, label, clip, base, recording=recording)
            for label, clip, recording in named
        ]
        heard = []
        for future in coming:
            heard.append(future.result())
            progress(len(heard) / len(coming))
    finally:
        threads.shutdown(cancel_futures=True)
    check_sound(heard)
    return tuple(heard)


def check_sound(examples: Sequence[Example]) -> None:
    """Check that each label has an example that is not silent.

    Raises
    ------
    SettingError
        If all examples of a label are silent.
    """
    sounding = {example.label for example in examples if not example.is_silent}
    for example in examples:
        if example.label not in sounding:
            raise SettingError(
                f"The examples of {example.label!r} are silent.",
                allowed=f"At least one window of each class has to reach {SILENT_DBFS:g} dBFS.",
                remedy="Use louder examples, or leave the class out.",
            )


def checked(clips: Mapping[str, Sequence[Clip]], *, least: int) -> dict[str, list[Clip]]:
    """Validate training clips and normalise their labels.

    Parameters
    ----------
    clips : mapping of str to sequence of Clip
        Examples by label.
    least : int
        Least number of labels.

    Returns
    -------
    dict of str to list of Clip
        With labels as `clean_label` returns them.

    Raises
    ------
    SettingError
        If there are too few labels, or a label is invalid, repeated, or has no clips.
    """
    if not isinstance(clips, Mapping):
        raise SettingError(
            f"The examples are {type(clips).__name__}.",
            allowed="They are a mapping: a list of clips for each label.",
            remedy='Pass them as {"Clapping": [clip, ...], ...}.',
        )
    cleaned: dict[str, list[Clip]] = {}
    for label, group in clips.items():
        name = clean_label(label)
        if name in cleaned:
            raise SettingError(
                f"The label {name!r} is given twice.",
                allowed="Labels have to differ in more than white space.",
                remedy="Rename one, or put the examples of both together.",
            )
        cleaned[name] = _clips_of(name, group)
    if len(cleaned) < least:
        raise SettingError(
            f"There are examples of {len(cleaned)} class{'' if len(cleaned) == 1 else 'es'}.",
            allowed=f"At least {least} classes are needed.",
            remedy="Add examples of another class, such as background noise of the room.",
        )
    return cleaned


def is_printable(label: str) -> bool:
    """Whether a label can be displayed in one line.

    Joiners (U+200C, U+200D) are not printable themselves, but occur in Persian words and emoji.
    """
    return label.translate({0x200C: None, 0x200D: None}).isprintable()


def clean_label(label: object) -> str:
    """Strip surrounding blanks from a label, and reduce blanks between words to one.

    Raises
    ------
    SettingError
        If the label is empty, too long, or not printable.
    """
    name = " ".join(label.split()) if isinstance(label, str) and is_printable(label) else ""
    if not name or len(name) > MAX_LABEL_CHARACTERS:
        raise SettingError(
            f"A class is called {reprlib.repr(label)}.",
            allowed=f"A label is a line of 1 to {MAX_LABEL_CHARACTERS} printable characters.",
            remedy="Give it a short name, such as Clapping.",
        )
    return name


def _clips_of(label: str, group: object) -> list[Clip]:
    clips = list(group) if isinstance(group, Sequence) else []
    if not clips or not all(isinstance(clip, Clip) for clip in clips):
        raise SettingError(
            f"{label!r} has no list of clips, but {type(group).__name__} of length {len(clips)}.",
            allowed="Each class needs a list of at least one clip, as models.load_clip gives it.",
            remedy="Add an example, or leave the class out.",
        )
    return clips


def _origins(
    clips: Mapping[str, Sequence[Clip]], recordings: Mapping[str, Sequence[str]] | None
) -> Mapping[str, Sequence[str | None]]:
    """Check the names of recordings; return one for each clip, None if `recordings` is None."""
    if recordings is None:
        return {label: [None] * len(group) for label, group in clips.items()}
    if not isinstance(recordings, Mapping):
        raise _no_names(f"The recordings are {type(recordings).__name__}.")
    names = {clean_label(label): own for label, own in recordings.items()}
    strange = [label for label in names if label not in clips]
    if strange:
        raise _no_names(f"{strange[0]!r} has names of recordings, but no clips.")
    for label, group in clips.items():
        _check_names(label, names.get(label, ()), len(group))
    return names


def _check_names(label: str, names: object, count: int) -> None:
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise _no_names(f"The recordings of {label!r} are {type(names).__name__}.")
    if len(names) != count:
        raise _no_names(f"{label!r} has {count} clips and {len(names)} names of recordings.")
    for name in names:
        short = isinstance(name, str) and 0 < len(name) <= MAX_RECORDING_CHARACTERS
        if not (short and is_printable(name)):
            raise _no_names(f"A recording of {label!r} is called {reprlib.repr(name)}.")


def _no_names(arrived: str) -> SettingError:
    return SettingError(
        arrived,
        allowed="Where recordings are named, each clip of each label has one: a line of 1 to "
        f"{MAX_RECORDING_CHARACTERS} printable characters.",
        remedy='Put them as {"Clapping": ["first.wav", ...], ...}, or leave all names out.',
    )
