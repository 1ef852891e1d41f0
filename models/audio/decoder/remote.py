"""Remote flow: a recording that another process decodes.

`open_remote_flow` and `remote_copy_with_index` have the results and errors of `models.audio.flow`
and `models.audio.indexing` in this process; in addition a decoder may give up on a file.
"""

import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from models.audio.decoder import messages
from models.audio.decoder.pool import DecoderLimits, Decoders
from models.audio.decoder.processes import DecoderProcess, Ending
from models.audio.decoding import MAX_STREAMS, Choice
from models.audio.flow import Flow, SourceInfo
from models.audio.reading import Source, hand_over, memory_file
from models.audio.resampling import LARGEST_SAMPLE, Float32
from models.audio.tracks import AudioTrack
from models.errors import EarmarkError, RecordingError, SettingError

_log = logging.getLogger(__name__)

_NAME = re.compile(r"[a-z0-9_]{1,40}")
_TRACK_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_MAX_WORDS = 2_000
_MAX_NOTICES = 50
_ERRORS: Mapping[str, type[EarmarkError]] = {
    each.__name__: each for each in (RecordingError, SettingError)
}
_PATIENCE = 8.0
"""Ratio of elapsed time to delivered audio that is tolerated. A decoder takes a few thousandths;
one that its file controls may deliver a little audio at intervals, without end."""

_OVERHEAD_BYTES = 1 << 20
"""Largest size of an index beyond a quarter of the packets, in bytes: 16 bytes per packet."""


@contextmanager
def open_remote_flow(
    source: Source,
    decoders: Decoders,
    *,
    sample_rate: int,
    max_duration_s: float,
    choice: Choice,
    on_wait: Callable[[], None],
) -> Iterator[Flow]:
    """Open a recording in a child process, for a single pass.

    Parameters
    ----------
    source, sample_rate, max_duration_s, on_wait
        As for `models.audio.open_flow`.
    decoders : Decoders
        Pool of decoder processes.
    choice : Choice
        Track and channels to decode.

    Yields
    ------
    Flow
        Usable inside the ``with`` statement, which ends the process.

    Raises
    ------
    RecordingError
        As `models.audio.open_flow`; or if the decoder crashed or exceeded its limits.
    """
    settings = {
        "task": "flow",
        "sample_rate": sample_rate,
        "max_duration_s": max_duration_s,
        **vars(choice),
    }
    with _asked(source, decoders, settings, on_wait) as decoder:
        yield RemoteFlow(decoder, sample_rate)


def remote_copy_with_index(
    recording: bytes, decoders: Decoders, *, on_wait: Callable[[], None]
) -> bytes | None:
    """Copy a recording's packets to an MP4: see `models.audio.indexing.with_index`."""
    max_bytes = len(recording) + len(recording) // 4 + _OVERHEAD_BYTES
    with memory_file() as copy:
        try:
            with _asked(
                recording, decoders, {"task": "index"}, on_wait, out=copy, max_written=max_bytes
            ) as decoder:
                facts, _ = decoder.receive()
        except RecordingError:
            return None
        end = facts.get("end")
        if not isinstance(end, dict) or end.get("copied") is not True:
            return None
        copy.seek(0)
        return copy.read(max_bytes)


class RemoteFlow(Flow):
    """A recording that another process decodes. Created by `open_remote_flow`."""

    def __init__(self, decoder: "_Decoder", sample_rate: int) -> None:
        self._decoder = decoder
        facts, _ = decoder.receive()
        self.sample_rate = sample_rate
        self.stated_s = _optional_number(facts.get("stated_s"))
        self.non_finite_samples = 0
        self._fraction = 0.0
        self._source: SourceInfo | None = None
        self._end: dict[str, Any] = {}

    def blocks(self) -> Iterator[Float32]:
        """Decode the recording, once: see `models.audio.flow.Flow`."""
        while True:
            facts, payload = self._decoder.receive()
            if "end" in facts:
                self._end = _mapping(facts["end"])
                self._note_source(facts)
                return
            samples = _samples(payload)
            self._note(facts)
            yield samples

    def fraction(self) -> float:
        """Return the approximate fraction decoded, in [0, 1]; it never decreases."""
        return self._fraction

    @property
    def source(self) -> SourceInfo:
        """Properties of the recording; the duration is that decoded so far."""
        if self._source is None:
            raise RuntimeError("what a recording is shows in its first samples: decode some first")
        return self._source

    def broke_at_s(self) -> float | None:
        """Return, at the end, where it breaks off in seconds (`models.audio.breaks`), or None."""
        return _optional_number(self._end.get("broke_at_s"))

    def notices(self) -> tuple[str, ...]:
        """Return, at the end, notices for the user on its decoding, in sentences."""
        told = self._end.get("notices", [])
        if not isinstance(told, list) or not all(isinstance(each, str) for each in told):
            raise messages.BrokenMessage("no notices")
        return tuple(each[:_MAX_WORDS] for each in told[:_MAX_NOTICES])

    @property
    def packets_are_even(self) -> bool:
        """Whether, at the end, all packets have about one size."""
        return self._end.get("packets_are_even") is True

    def _note(self, facts: Mapping[str, Any]) -> None:
        self._fraction = min(1.0, max(self._fraction, _number(facts.get("fraction"))))
        self.non_finite_samples = int(_number(facts.get("non_finite_samples")))
        self._note_source(facts)

    def _note_source(self, facts: Mapping[str, Any]) -> None:
        source, decoded_s = facts.get("source"), facts.get("decoded_s")
        if source is not None:
            self._source = _source_info(_mapping(source))
        elif decoded_s is not None and self._source is not None:
            self._source = replace(self._source, duration_s=_number(decoded_s))


class _Decoder:
    """A decoder process that was sent a request."""

    def __init__(
        self,
        process: DecoderProcess,
        limits: DecoderLimits,
        on_wait: Callable[[], None],
        sample_rate: int,
    ) -> None:
        self._process = process
        self._limits = limits
        self._on_wait = on_wait
        self._sample_rate = sample_rate
        self._silent_s = 0.0
        process.channel.settimeout(messages.POLL_S)

    def receive(self) -> tuple[dict[str, Any], bytearray]:
        """Wait for the next message; raises the error that the decoder reports, if any."""
        asked_s = time.monotonic()

        def count() -> None:
            nonlocal asked_s
            now_s = time.monotonic()
            self._silent_s += now_s - asked_s
            asked_s = now_s
            if self._silent_s > self._limits.silent_s:
                self.give_up(f"it gave next to no sound for {self._limits.silent_s:g} s")

        def on_wait() -> None:
            count()
            self._on_wait()

        facts, payload = messages.receive(self._process.channel, on_wait)
        count()
        sound_s = len(payload) / 4 / self._sample_rate
        self._silent_s = max(0.0, self._silent_s - _PATIENCE * sound_s)
        if "refused" in facts:
            raise _refusal(facts["refused"])
        if "bug" in facts:
            raise RuntimeError(f"a decoder failed: {str(facts['bug'])[:4_000]}")
        return facts, payload

    def give_up(self, why: str | None = None) -> NoReturn:
        """Raise the error for a file whose decoder ended, or has to be ended."""
        ending = self._process.end()
        _log.info("a decoder ended: %s", ending)
        raise _gave_up(why or self._reason(ending), self._limits)

    def _reason(self, ending: Ending) -> str:
        name = ending.signal_name
        if name == "SIGPROF":
            return f"it computed for {self._limits.silent_cpu_s:g} s without giving any sound"
        if name == "SIGXCPU":
            return f"it computed for {self._limits.cpu_s} s"
        if name == "SIGKILL":
            return "the system ended it, most likely for want of memory"
        if name is not None:
            return f"it crashed ({name})"
        return "it broke off"


@contextmanager
def _asked(
    source: Source,
    decoders: Decoders,
    request: Mapping[str, Any],
    on_wait: Callable[[], None],
    *,
    out: Any = None,  # noqa: ANN401  # a binary file
    max_written: int = 0,
) -> Iterator[_Decoder]:
    """Send a recording and a request to a decoder."""
    n_copied = (
        memoryview(source).nbytes if isinstance(source, bytes | bytearray | memoryview) else 0
    )
    # Copied after the wait, so that waiting jobs take no memory.
    with decoders.process(on_wait, n_copied) as process, hand_over(source) as (file, label):
        files = [file] if out is None else [file, out]
        by_path = os.name == "nt"  # where descriptors cannot be sent
        asked = {
            **request,
            "label": label,
            "limits": vars(decoders.limits),
            "max_written_bytes": max_written,
            "paths": [each.name for each in files] if by_path else [],
        }
        decoder = _Decoder(process, decoders.limits, on_wait, request.get("sample_rate", 1))
        try:
            descriptors = [] if by_path else [each.fileno() for each in files]
            messages.send_request(process.channel, asked, descriptors)
            yield decoder
        except messages.Ended:
            decoder.give_up()
        except messages.BrokenMessage as error:
            decoder.give_up(f"it sent {error}")


def _gave_up(why: str, limits: DecoderLimits) -> RecordingError:
    return RecordingError(
        f"The decoder gave up on this file: {why}.",
        allowed="A recording is decoded in a process of its own, which may take"
        f" {limits.memory_bytes >> 20} MB of memory, {limits.silent_cpu_s:g} s of a processor"
        f" between two pieces of sound, and {limits.cpu_s} s in all.",
        remedy="Convert it to WAV or FLAC with another program, or leave it out.",
    )


def _refusal(told: object) -> EarmarkError:
    if isinstance(told, list) and len(told) == 4 and all(isinstance(each, str) for each in told):
        kind, *words = (each[:_MAX_WORDS] for each in told)
        if kind in _ERRORS:
            return _ERRORS[kind](words[0], allowed=words[1], remedy=words[2])
    raise messages.BrokenMessage("no refusal")


def _samples(payload: bytearray) -> Float32:
    if len(payload) % 4:
        raise messages.BrokenMessage("part of a sample")
    samples: Float32 = np.frombuffer(payload, "<f4").astype(np.float32, copy=False)
    if np.abs(samples).max(initial=0) <= LARGEST_SAMPLE:  # false of NaN, too
        return samples
    raise messages.BrokenMessage("samples that are no numbers, or too large")


def _source_info(told: Mapping[str, Any]) -> SourceInfo:
    names = [told.get("codec"), told.get("container")]
    if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        raise messages.BrokenMessage("no names")
    return SourceInfo(
        codec=str(names[0]),
        container=str(names[1]),
        sample_rate=int(_number(told.get("sample_rate"))),
        channels=int(_number(told.get("channels"))),
        duration_s=_number(told.get("duration_s")),
        start_s=_number(told.get("start_s", 0)),
        audio_tracks=tuple(map(_audio_track, _sequence(told.get("audio_tracks", [])))),
        audio_track=int(_number(told.get("audio_track", 0))),
    )


def _audio_track(told: object) -> AudioTrack:
    told = _mapping(told)
    codec, language = told.get("codec"), told.get("language")
    for name in (codec, language):
        if name is not None and not (isinstance(name, str) and _TRACK_NAME.fullmatch(name)):
            raise messages.BrokenMessage("no names of a track")
    return AudioTrack(
        codec=str(codec),
        channels=int(_number(told.get("channels"))),
        sample_rate=int(_number(told.get("sample_rate"))),
        language=language,
        is_readable=told.get("is_readable") is True,
    )


def _sequence(told: object) -> list[object]:
    if isinstance(told, list) and len(told) <= MAX_STREAMS:
        return told
    raise messages.BrokenMessage("no list")


def _mapping(told: object) -> dict[str, Any]:
    if isinstance(told, dict):
        return told
    raise messages.BrokenMessage("no object")


def _number(told: object) -> float:
    if isinstance(told, int | float) and abs(told) < 2**53:
        return told
    raise messages.BrokenMessage("no number")


def _optional_number(told: object) -> float | None:
    return None if told is None else float(_number(told))
