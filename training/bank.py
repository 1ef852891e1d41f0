"""Sound bank: all recordings, decoded to 16 kHz mono, with their sources.

Conventions
-----------
Each source (a Debian package, ESC-50, a synthesiser) has one file of int16 samples,
``SOURCE.i16``, and one table, ``SOURCE.tsv``. A source whose table exists is complete, so an
interrupted step continues where it stopped. Samples are scaled to 32767. A source has at most
`MAX_SOUNDS` sounds of at most `MAX_SOUND_S`, which keeps the sources balanced.
"""

import csv
import io
import logging
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import av
import numpy as np
import soxr
from numpy.typing import NDArray

from training import augmentation, containers, esc50, music, packages, synthesis, voices
from training.frontend import SAMPLE_RATE

MAX_SOUND_S = 15.0
MAX_SOUNDS = 500
_DECODED_S = 60.0  # limit per file

_MIN_SOUND_S = 0.03
_VALIDATION_SHARE = 0.04
SIGNALS = "synthetic-signals"
"""Source of synthesised signals: alarms, bells, horns, sirens and similar sounds."""

_OPUS, _OPUS_SHARE, _OPUS_S = "opus", 0.08, 6.0
_SEED = 20_261_130

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sound:
    """One sound of the bank.

    Parameters
    ----------
    source : str
        Package or data set.
    name : str
        File within the source.
    kind : {'esc50', 'effect', 'speech', 'music', 'instrument', 'synthetic'}
        Its main content.
    category : str
        ESC-50's class, otherwise empty.
    fold : int
        ESC-50's fold, otherwise 0.
    first, n_samples : int
        Offset and length within the source's samples.
    """

    source: str
    name: str
    kind: str
    category: str
    fold: int
    first: int
    n_samples: int

    @property
    def is_held_out(self) -> bool:
        """Whether the sound is for validation: ESC-50 outside the training folds, 4 % of others."""
        if self.fold:
            return self.fold not in esc50.TRAINING_FOLDS
        origin = self.name if self.source == _OPUS else f"{self.source}/{self.name}"
        return zlib.crc32(origin.encode()) / 2**32 < _VALIDATION_SHARE


@dataclass(frozen=True)
class Bank:
    """All sounds of all sources."""

    sounds: list[Sound]
    samples: dict[str, NDArray[np.int16]]

    def read(self, sound: Sound) -> NDArray[np.float32]:
        """Read a sound: float32, in [-1, 1], at 16 kHz."""
        stored = self.samples[sound.source][sound.first : sound.first + sound.n_samples]
        return np.asarray(stored, np.float32) / np.float32(32767)


def fill_bank(work: Path, esc_folder: Path) -> None:
    """Decode and synthesise all sources that are missing in the bank.

    Parameters
    ----------
    work : Path
        Contains ``packages``; ``bank`` is written.
    esc_folder : Path
        Folder of ESC-50.

    Raises
    ------
    FileNotFoundError
        If a package is not unpacked.
    """
    folder = work / "bank"
    folder.mkdir(exist_ok=True)
    for kind, names in packages.KINDS.items():
        for name in names:
            if not (work / "packages" / name).is_dir():
                raise FileNotFoundError(f"{name} is not unpacked: run the step packages first.")
            _write(folder, name, _of_package(work / "packages" / name, kind))
    _write(folder, "esc50", _of_esc50(esc_folder))
    for number, name in enumerate(packages.SOUNDFONTS):
        for soundfont in (work / "packages" / name).rglob("*.sf[23]"):
            rng = np.random.default_rng((_SEED, number))
            pieces = music.play_pieces(soundfont, 128, rng)
            _write(folder, f"{name}-played", _numbered(pieces, "music"))
    rng = np.random.default_rng((_SEED, 100))
    _write(folder, "espeak-ng", _numbered(voices.speak(500, rng), "speech"))
    _write(folder, "synthetic", _synthesised(1600, 200))
    _write(folder, SIGNALS, _synthesised(1000, 201, synthesis.SIGNALS))
    _write(folder, _OPUS, _through_opus(open_bank(work)))


def open_bank(work: Path) -> Bank:
    """Open a filled bank; the samples are memory-mapped."""
    sounds: list[Sound] = []
    samples = {}
    for table in sorted((work / "bank").glob("*.tsv")):
        with table.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.reader(lines, delimiter="\t"))[1:]
        sounds += [
            Sound(source, name, kind, category, int(fold), int(first), int(n_samples))
            for source, name, kind, category, fold, first, n_samples in rows
        ]
        if rows:
            samples[table.stem] = np.memmap(table.with_suffix(".i16"), np.int16, "r")
    return Bank(sounds, samples)


_Item = tuple[str, str, str, int, NDArray[np.float32]]  # name, kind, category, fold, samples


def _write(folder: Path, source: str, items: Iterable[_Item]) -> None:
    table = folder / f"{source}.tsv"
    if table.exists():
        return
    rows, first = [], 0
    with table.with_suffix(".i16").open("wb") as file:
        for name, kind, category, fold, samples in items:
            stored = np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)
            if len(stored) < _MIN_SOUND_S * SAMPLE_RATE or not stored.any():
                continue
            file.write(stored.tobytes())
            name = " ".join(name.split())
            rows.append(Sound(source, name, kind, category, fold, first, len(stored)))
            first += len(stored)
    part = table.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, delimiter="\t")
        writer.writerow([field.name for field in fields(Sound)])
        writer.writerows(astuple(row) for row in rows)
    part.rename(table)
    _log.info("%s: %d sounds, %.1f min", source, len(rows), first / SAMPLE_RATE / 60)


def _of_package(folder: Path, kind: str) -> Iterator[_Item]:
    seen: set[int] = set()
    n_found = 0
    for full_name, content in _shuffled(folder):
        digest = zlib.crc32(content)
        if digest in seen:
            continue
        seen.add(digest)
        samples = decode(content, full_name)
        if len(samples):
            yield full_name, _kind_of(full_name, len(samples), kind), "", 0, samples
            n_found += 1
        if n_found == MAX_SOUNDS:
            return


def _shuffled(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Read the sounds of a package, in an order that depends only on file names."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    for relative in sorted(paths, key=lambda name: zlib.crc32(name.encode())):
        if not paths[relative].is_file():
            continue
        found = list(containers.sounds_in(paths[relative]))
        for name, content in sorted(found, key=lambda pair: zlib.crc32(pair[0].encode())):
            yield relative if name == paths[relative].name else f"{relative}:{name}", content


def _kind_of(name: str, n_samples: int, kind: str) -> str:
    lowered = name.lower()
    if kind == "effect" and any(word in lowered for word in ("_desc", "voices/", "speech")):
        return "speech"
    if kind == "effect" and "music" in lowered and n_samples > 10 * SAMPLE_RATE:
        return "music"
    return kind


def _of_esc50(folder: Path) -> Iterator[_Item]:
    for one in esc50.read_recordings(folder):
        samples = decode(one.path.read_bytes(), one.path.name)
        yield f"{one.category}/{one.path.name}", "esc50", one.category, one.fold, samples


def _numbered(contents: Iterator[bytes], kind: str) -> Iterator[_Item]:
    for number, content in enumerate(contents):
        yield f"{number:04d}", kind, "", 0, decode(content, str(number))


def _synthesised(count: int, seed: int, names: Sequence[str] = ()) -> Iterator[_Item]:
    for number in range(count):
        rng = np.random.default_rng((_SEED, seed, number))
        name, samples = synthesis.make_sound(rng, names)
        yield f"{name}-{number:04d}", "synthetic", "", 0, samples


def _through_opus(bank: Bank) -> Iterator[_Item]:
    """Encode a share of all sounds with Opus, as a browser's microphone does."""
    rng = np.random.default_rng((_SEED, 300))
    for sound in bank.sounds:
        if rng.random() < _OPUS_SHARE:
            samples = bank.read(sound)
            length = min(len(samples), round(_OPUS_S * SAMPLE_RATE))
            coded = augmentation.through_opus(augmentation.cut(rng, samples, length))
            yield f"{sound.source}/{sound.name}", sound.kind, sound.category, sound.fold, coded


def decode(content: bytes, name: str) -> NDArray[np.float32]:
    """Decode a sound file to mono at 16 kHz, at most three excerpts of a third of `MAX_SOUND_S`.

    Returns
    -------
    ndarray of float32, shape (n_samples,)
        Empty if FFmpeg cannot decode the content.
    """
    try:
        blocks, rate = _decoded(content, name)
    except (av.FFmpegError, ValueError, IndexError, OSError) as error:
        _log.debug("%s is not decoded: %s", name, error)
        return np.empty(0, np.float32)
    if not blocks or not 4000 <= rate <= 200_000:
        return np.empty(0, np.float32)
    samples = _excerpts(np.concatenate(blocks), rate)
    return soxr.resample(samples, rate, SAMPLE_RATE, quality="HQ").astype(np.float32)


def _decoded(content: bytes, name: str) -> tuple[list[NDArray[np.float32]], int]:
    format_name = "g722" if name.endswith(".g722") else None
    blocks, rate, n_samples = [], 0, 0
    with av.open(io.BytesIO(content), format=format_name) as container:
        for frame in container.decode(audio=0):
            rate = rate or frame.sample_rate
            blocks.append(_mono(frame))
            n_samples += frame.samples
            if n_samples > _DECODED_S * rate:
                break
    return blocks, rate


def _mono(frame: av.AudioFrame) -> NDArray[np.float32]:
    samples = frame.to_ndarray()
    n_channels = len(frame.layout.channels)
    if not frame.format.is_planar:
        samples = samples.reshape(-1, n_channels).T
    if samples.dtype.kind == "u":
        samples = samples.astype(np.float32) / 128 - 1
    elif samples.dtype.kind == "i":
        samples = samples.astype(np.float32) / -float(np.iinfo(samples.dtype).min)
    mono: NDArray[np.float32] = samples.mean(axis=0, dtype=np.float32)
    return mono


def _excerpts(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return a short sound unchanged, and the beginning, middle and end of a long one."""
    length = round(MAX_SOUND_S / 3 * rate)
    if len(samples) <= 3 * length:
        return samples
    middle = (len(samples) - length) // 2
    return np.concatenate([samples[:length], samples[middle : middle + length], samples[-length:]])
