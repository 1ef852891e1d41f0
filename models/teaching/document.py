"""The ``.earmark`` file format of taught classifiers.

Conventions
-----------
A file is a zip archive of JSON and NPY members, without pickles:

- ``earmark.json``: format, version 1, classes, settings, assessment, and one entry for each
  example, in order
- ``centre.npy``, ``weights.npy``, ``biases.npy``: the head, float32
- ``embeddings.npy``: float16, the windows of all examples concatenated; ``onsets.npy``: float64,
  their start times (s)
- ``audio/0.npy``, ...: int16, the samples of each example, if they are included

Files are untrusted. So nothing is unpacked to disk; each member is read only up to the size that
``earmark.json`` implies, which is bounded; and all values are validated. An array of any other
dtype or shape is refused.
"""

import contextlib
import io
import json
import math
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from models.audio import Clip
from models.errors import ModelError
from models.inference.contract import EMBEDDING_SIZE
from models.registry.catalog import CATALOG, PARTIAL_SUFFIX
from models.registry.local_models import TAUGHT_SUFFIX
from models.teaching.assessment import Assessment, Mistake
from models.teaching.examples import (
    MAX_LABEL_CHARACTERS,
    MAX_RECORDING_CHARACTERS,
    TEACHING_HOP_S,
    Example,
    is_printable,
)
from models.teaching.head import SCORE_KINDS, LinearHead
from models.teaching.learnt import Learnt
from models.untrusted.archives import DAMAGED_ARCHIVE, LongIndexError, Members, open_archive
from models.untrusted.fields import Fields, Refusal, read_fields

FORMAT, VERSION = "earmark taught classifier", 1

MAX_CLASSES = 1000
MAX_EXAMPLES = 20_000
MAX_WINDOWS = 60_000
"""Twice the number of windows of 1600 five-second clips; 250 MB of embeddings in memory."""

MAX_AUDIO_SAMPLES = 16_000 * 3600
"""One hour of examples in total: 115 MB in the file."""

MAX_MAGNITUDE = 1e6
"""Largest magnitude of a head's values. Training stays far below: half the squared norm of a
class's weights is at most the initial loss, strength x examples x log(classes), thus 100 x 20,000 x
log(1000) (scikit-learn, LogisticRegression); a temperature of 0.25 scales that norm to 21,000.
All values computed from them fit in float32."""

_MAX_JSON_BYTES = 8 << 20
_MOST_SIGNS = {b"{": 200_000, b"[": 200_000, b'"': 1_500_000, b",": 1_500_000}
"""Largest number of these characters in ``earmark.json``: more than `MAX_EXAMPLES` and
`MAX_CLASSES` need, with some in each name."""

_ROOM_FOR_HEADER = 4096  # bytes of an NPY header; those that NumPy writes have 128
_NPY_MAGIC = b"\x93NUMPY\x01\x00"  # with its version, 1.0
_INDEX, _AUDIO = "earmark.json", "audio/{}.npy"
_DAMAGED = (*DAMAGED_ARCHIVE, RecursionError)
_MAX_INDEX_BYTES = 4 << 20
"""Largest archive index in bytes: twice that of `MAX_EXAMPLES` examples with audio."""

_WINDOW_S = 0.975  # of all base models


def write_document(learnt: Learnt, path: Path, *, with_audio: bool) -> Path:
    """Write a taught classifier; see `TaughtClassifier.save`."""
    target = path if path.suffix == TAUGHT_SUFFIX else path.with_name(path.name + TAUGHT_SUFFIX)
    _check_writable(learnt, with_audio=with_audio)
    return write_whole(target, as_bytes(learnt, with_audio=with_audio))


def write_whole(target: Path, content: bytes) -> Path:
    """Write a file atomically: concurrent readers see either the old or the new content.

    Raises
    ------
    ModelError
        If the file cannot be written.
    """
    try:
        partial = target.with_name(target.name + PARTIAL_SUFFIX)
        partial.write_bytes(content)
        partial.replace(target)
    except OSError as error:
        raise ModelError(
            f"{target} cannot be written: {error.strerror or error}.",
            allowed="Its folder has to exist, and to take files.",
            remedy="Choose another place.",
        ) from error
    return target


def as_bytes(learnt: Learnt, *, with_audio: bool = False) -> bytes:
    """Serialise a taught classifier to bytes, deterministically."""
    examples = learnt.examples
    embeddings = [example.embeddings for example in examples]
    arrays: dict[str, NDArray[Any]] = {
        "centre.npy": learnt.head.centre,
        "weights.npy": learnt.head.weights,
        "biases.npy": learnt.head.biases,
        "embeddings.npy": np.concatenate(embeddings).astype(np.float16),
        "onsets.npy": np.concatenate([example.onsets_s for example in examples]),
    }
    if with_audio:
        for number, example in enumerate(examples):
            if example.clip is not None:
                scaled = np.rint(example.clip.samples.clip(-1, 1) * 32767)
                arrays[_AUDIO.format(number)] = scaled.astype(np.int16)
    index = json.dumps(_as_json(learnt, arrays), ensure_ascii=False, indent=1, allow_nan=False)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        # ZipInfo's default date is 1980-01-01, so the bytes do not depend on the time.
        members.writestr(zipfile.ZipInfo(_INDEX), index.encode(), zipfile.ZIP_DEFLATED)
        for name, array in arrays.items():
            content = io.BytesIO()
            np.save(content, np.ascontiguousarray(array), allow_pickle=False)
            members.writestr(zipfile.ZipInfo(name), content.getvalue(), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _check_writable(learnt: Learnt, *, with_audio: bool) -> None:
    if not learnt.base:
        raise ModelError(
            "The base model of this classifier is not in the catalog.",
            allowed="A file names a base model of the catalog, so that it can be opened elsewhere.",
            remedy=f"Train it on one of these: {', '.join(_bases())}.",
        )
    missing = [one for one in learnt.examples if one.clip is None and not one.synthesised]
    if with_audio and missing:
        raise ModelError(
            f"The audio of {len(missing)} examples is not available.",
            allowed="Audio can be saved if the classifier was trained here, or opened from a file"
            " that contains it.",
            remedy="Save it without audio.",
        )
    windows = sum(len(example.embeddings) for example in learnt.examples)
    samples = sum(len(one.clip.samples) for one in learnt.examples if one.clip is not None)
    too_much = with_audio and samples > MAX_AUDIO_SAMPLES
    if windows > MAX_WINDOWS or len(learnt.labels) > MAX_CLASSES or too_much:
        raise ModelError(
            f"The classifier has {len(learnt.labels)} classes, {windows:,} windows and {samples:,}"
            " samples.",
            allowed=f"A file holds {MAX_CLASSES}, {MAX_WINDOWS:,} and {MAX_AUDIO_SAMPLES:,}"
            " at most.",
            remedy="Save it without audio, or train it with fewer examples.",
        )


def _bases() -> list[str]:
    return [name for name, entry in CATALOG.items() if entry.embedding_size == EMBEDDING_SIZE]


def _as_json(learnt: Learnt, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "labels": list(learnt.labels),
        "scores": learnt.head.kind,
        "base": {"name": learnt.base, "sha256": learnt.base_digest},
        "settings": {"strength": learnt.strength, "temperature": learnt.temperature},
        "assessment": _assessment_as_json(learnt.assessment),
        "examples": [
            _example_as_json(example, arrays.get(_AUDIO.format(index)))
            for index, example in enumerate(learnt.examples)
        ],
    }


def _assessment_as_json(assessment: Assessment | None) -> dict[str, Any] | None:
    if assessment is None:
        return None
    return {
        "folds": assessment.folds,
        "confusion": assessment.confusion.tolist(),
        "mistakes": [
            {"example": one.example, "heard_as": one.heard_as, "score": one.score}
            for one in assessment.mistakes
        ],
    }


def _example_as_json(example: Example, audio: NDArray[Any] | None) -> dict[str, Any]:
    return {
        "label": example.label,
        "recording": example.recording,
        "sha256": example.digest,
        "duration_s": example.duration_s,
        "level_dbfs": example.level_dbfs if math.isfinite(example.level_dbfs) else None,
        "clipped": example.clipped,
        "windows": len(example.embeddings),
        "synthesised": example.synthesised,
        "samples": None if audio is None else len(audio),
        "sample_rate": None if audio is None or example.clip is None else example.clip.sample_rate,
    }


def read_document(
    source: Path | BinaryIO,
    name: str | None = None,
    *,
    progress: Callable[[float], None] | None = None,
) -> Learnt:
    """Read a file that `write_document` or `as_bytes` wrote.

    Parameters
    ----------
    source : Path or binary file
        The file.
    name : str, optional
        Its name in messages; the path's name by default.
    progress : callable, optional
        Called with the fraction of the examples that is read, in [0, 1]; its exceptions end the
        reading and propagate unchanged.

    Raises
    ------
    ModelError
        If the file is missing, damaged, of another format or of a newer version, or fails
        validation.
    """
    called = name or (source.name if isinstance(source, Path) else "The file")
    try:
        with contextlib.ExitStack() as opened:
            file = opened.enter_context(source.open("rb")) if isinstance(source, Path) else source
            archive = opened.enter_context(open_archive(file, _MAX_INDEX_BYTES))
            return _read(_Members(archive), progress)
    except FileNotFoundError as error:
        raise _refused(called, "there is no such file") from error
    except OSError as error:
        raise _refused(called, f"it cannot be read ({error.strerror or error})") from error
    except Refusal as refusal:
        raise _refused(called, str(refusal)) from refusal
    except LongIndexError as error:
        raise _refused(called, "it has more members than are read") from error
    except _DAMAGED as error:
        raise _refused(called, f"it is damaged, or none ({type(error).__name__})") from error


def _refused(called: str, reason: str) -> ModelError:
    return ModelError(
        f"{called} cannot be opened: {reason}.",
        allowed=f"A taught classifier is a complete {TAUGHT_SUFFIX} file, as Earmark saves it.",
        remedy="Copy or download it again, or train the classifier again.",
    )


class _Members(Members):
    """The members of an archive, with arrays of known shapes."""

    def array(self, name: str, dtype: type, shape: tuple[int, ...]) -> NDArray[Any]:
        """Read an array of exactly this dtype and shape, and check that its values are finite."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        content = self.read(name, size + _ROOM_FOR_HEADER)
        start = len(_NPY_MAGIC) + 2
        if not content.startswith(_NPY_MAGIC) or len(content) < start:
            raise Refusal(f"its {name} is no NPY file of version 1.0")
        end = start + int.from_bytes(content[start - 2 : start], "little")
        # Compared, not parsed: NumPy would evaluate the header as a Python literal.
        if content[start:end].rstrip() != _npy_header(dtype, shape):
            raise Refusal(f"its {name} is no {np.dtype(dtype)} of shape {list(shape)}")
        if len(content) - end != size:
            raise Refusal(f"its {name} has {len(content) - end:,} bytes of values, not {size:,}")
        array: NDArray[Any] = np.frombuffer(content, dtype, offset=end).reshape(shape)
        if not np.isfinite(array).all():
            raise Refusal(f"its {name} has values that are no numbers")
        return array

    def layer(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Read an array of the head and check its values against `MAX_MAGNITUDE`."""
        values = self.array(name, np.float32, shape)
        if np.abs(values).max() > MAX_MAGNITUDE:
            raise Refusal(f"its {name} has values beyond {MAX_MAGNITUDE:,.0f}, which none learns")
        return values


def _npy_header(dtype: type, shape: tuple[int, ...]) -> bytes:
    """Return the header that NumPy writes for a plain array, without padding."""
    kind = np.dtype(dtype).newbyteorder("<").str
    return f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()


def _read(members: _Members, progress: Callable[[float], None] | None) -> Learnt:
    index = members.read(_INDEX, _MAX_JSON_BYTES)
    fields = read_fields(index, _MOST_SIGNS, _INDEX)
    if fields.text("format", 100) != FORMAT:
        raise Refusal("it is something else than a taught classifier")
    version = fields.whole("version", 1, 10**6)
    if version > VERSION:
        raise Refusal(f"it is of version {version}, of a newer Earmark; this one reads {VERSION}")
    labels = _read_labels(fields)
    kind = fields.choice("scores", SCORE_KINDS)
    base, settings = fields.inner("base"), fields.inner("settings")
    head = LinearHead(
        centre=members.layer("centre.npy", (EMBEDDING_SIZE,)),
        weights=members.layer("weights.npy", (len(labels), EMBEDDING_SIZE)),
        biases=members.layer("biases.npy", (len(labels),)),
        kind=kind,
    )
    examples = _read_examples(fields, labels, members, progress)
    name = base.choice("name", _bases())
    if base.digest("sha256") != CATALOG[name].sha256:
        raise Refusal(f"it is based on another {name} than the catalog has")
    return Learnt(
        labels=labels,
        head=head,
        examples=tuple(replace(one, base=CATALOG[name].sha256) for one in examples),
        base=name,
        base_digest=CATALOG[name].sha256,
        strength=settings.number("strength", 1e-9, 1e9),
        temperature=settings.number("temperature", 1e-3, 1e3),
        assessment=_read_assessment(fields, labels, examples),
    )


def _read_labels(fields: Fields) -> tuple[str, ...]:
    labels = tuple(fields.texts("labels", MAX_CLASSES, MAX_LABEL_CHARACTERS))
    good = all(label.strip() == label != "" and is_printable(label) for label in labels)
    if not good or len(labels) < 2 or len(set(labels)) != len(labels):
        raise Refusal("its labels are not two or more different lines of text")
    return labels


def _read_examples(
    fields: Fields,
    labels: Sequence[str],
    members: _Members,
    progress: Callable[[float], None] | None,
) -> tuple[Example, ...]:
    entries = fields.entries("examples", MAX_EXAMPLES)
    counts = [entry.whole("windows", 0, MAX_WINDOWS) for entry in entries]
    lengths = [entry.optional_whole("samples", MAX_AUDIO_SAMPLES) for entry in entries]
    total = sum(counts)
    if total > MAX_WINDOWS or sum(length or 0 for length in lengths) > MAX_AUDIO_SAMPLES:
        raise Refusal("its examples are more than are read")
    embeddings = members.array("embeddings.npy", np.float16, (total, EMBEDDING_SIZE))
    onsets_s = members.array("onsets.npy", np.float64, (total,))
    if total and min(embeddings.min(), onsets_s.min()) < 0:
        raise Refusal("its examples have values below zero")
    known = {_INDEX, "centre.npy", "weights.npy", "biases.npy", "embeddings.npy", "onsets.npy"}
    known |= {_AUDIO.format(at) for at, length in enumerate(lengths) if length is not None}
    members.check_no_others(known)
    among = frozenset(labels)
    examples, start = [], 0
    for index, (entry, count, length) in enumerate(zip(entries, counts, lengths, strict=True)):
        clip = None if length is None else _read_clip(entry, members, index, length)
        own = slice(start, start + count)
        rows = embeddings[own].astype(np.float32)
        examples.append(_read_example(entry, among, onsets_s[own], rows, clip))
        start += count
        if progress is not None:
            progress(len(examples) / len(entries))
    return tuple(examples)


def _read_clip(entry: Fields, members: _Members, index: int, length: int) -> Clip:
    samples = members.array(_AUDIO.format(index), np.int16, (length,))
    return Clip.from_samples(
        samples.astype(np.float32) / 32767, entry.whole("sample_rate", 8000, 192_000)
    )


def _read_example(
    entry: Fields,
    labels: Collection[str],
    onsets_s: NDArray[np.float64],
    embeddings: NDArray[np.float32],
    clip: Clip | None,
) -> Example:
    level_dbfs = entry.optional_number("level_dbfs", -1e4, 1e4)
    duration_s = entry.number("duration_s", 0, 1e6)
    if len(embeddings) * TEACHING_HOP_S > duration_s + _WINDOW_S:
        raise Refusal("an example has more windows than its duration holds")
    return Example(
        label=entry.choice("label", labels),
        recording=entry.text("recording", MAX_RECORDING_CHARACTERS),
        digest=entry.digest("sha256"),
        duration_s=duration_s,
        level_dbfs=-math.inf if level_dbfs is None else level_dbfs,
        clipped=entry.number("clipped", 0, 1),
        onsets_s=onsets_s,
        embeddings=embeddings,
        synthesised=entry.flag("synthesised"),
        clip=clip,
    )


def _read_assessment(
    fields: Fields, labels: tuple[str, ...], examples: Sequence[Example]
) -> Assessment | None:
    inner = fields.optional_inner("assessment")
    if inner is None:
        return None
    confusion = inner.counts("confusion", len(labels))
    if confusion.sum() == 0:
        raise Refusal("its assessment counts nothing")
    among, mistakes = frozenset(labels), []
    for entry in inner.entries("mistakes", MAX_EXAMPLES):
        example = entry.whole("example", 0, len(examples) - 1)
        heard_as = entry.choice("heard_as", among)
        label = examples[example].label
        mistakes.append(Mistake(example, label, heard_as, entry.number("score", 0, 1)))
    return Assessment(labels, confusion, tuple(mistakes), inner.whole("folds", 2, 1000))
