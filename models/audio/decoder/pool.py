"""Pool of decoder processes, with limits on their number and resources.

An application calls `isolate_decoding` at its start; from then on `models.load_clip` and all other
functions that open untrusted audio decode in child processes. A script without that call decodes in
its own process.
"""

import atexit
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from models.audio.decoder.messages import POLL_S
from models.audio.decoder.processes import DecoderProcess, Starter, starter
from models.errors import SettingError

Reserve = Callable[[int], AbstractContextManager[object]]

DEFAULT_AT_ONCE = 16
"""Default number of concurrent decoders: more than cores, as hostile files only use CPU time."""


LARGE_BYTES = 16_000_000
"""Size above which the copy of a recording for its decoder counts in `MAX_LARGE_BYTES`."""

MAX_LARGE_BYTES = 530_000_000
"""Maximum size of such copies together: one of the largest upload, 500 MiB. Others wait."""


@dataclass(frozen=True)
class DecoderLimits:
    """Resource limits for decoding one recording.

    Parameters
    ----------
    memory_bytes : int
        Memory in addition to that of a process that has only loaded the decoder; at least 64 MiB.
        Hours of MP3 take 8 MB, a second of eight channels of 64 bits at 768 kHz takes between 64
        and 80 MiB.
    silent_cpu_s : float
        CPU time between two blocks of audio, and before the first, in seconds; at least 0.1. An
        hour of MP3 is opened in 5 ms, and decoded in 2 ms per second of audio.
    silent_s : float
        The same in elapsed time, in seconds, at least 0.1, for a decoder that hangs without using
        CPU time, or delivers less than a second of audio in eight.
    cpu_s : int
        Total CPU time, in seconds, at least 1.

    Raises
    ------
    SettingError
        If a limit is too low.
    """

    memory_bytes: int = 160 << 20
    silent_cpu_s: float = 1.0
    silent_s: float = 8.0
    cpu_s: int = 3_600

    def __post_init__(self) -> None:
        for name, least in (
            ("memory_bytes", 64 << 20),
            ("silent_cpu_s", 0.1),
            ("silent_s", 0.1),
            ("cpu_s", 1),
        ):
            value = getattr(self, name)
            if not value >= least:
                raise SettingError(
                    f"A decoder's {name} is {value}.",
                    allowed=f"It is at least {least}.",
                    remedy="Leave it out for the default.",
                )


class Decoders:
    """A bounded number of decoder processes, started on demand.

    Parameters
    ----------
    at_once : int
        Largest number of recordings decoded concurrently, at least 1; others wait.
    limits : DecoderLimits
        Resource limits of each decoder.
    reserve : callable
        Takes the size of a recording's copy in bytes, and returns a context manager that reserves
        memory for it, or raises an `EarmarkError`.

    Raises
    ------
    SettingError
        If `at_once` is less than 1.
    """

    def __init__(
        self,
        at_once: int = DEFAULT_AT_ONCE,
        limits: DecoderLimits = DecoderLimits(),  # frozen
        *,
        reserve: Reserve = nullcontext,
        started_by: Starter | None = None,
    ) -> None:
        if at_once < 1:
            raise SettingError(
                f"The number of decoders is {at_once}.",
                allowed="It is at least 1.",
                remedy="Leave the number out for the default.",
            )
        self.at_once = at_once
        self.limits = limits
        self.reserve = reserve
        self._places = threading.Semaphore(at_once)
        self._lock = threading.Lock()
        self._large_bytes = 0
        self._starter = starter() if started_by is None else started_by

    def warm_up(self) -> None:
        """Start loading the decoder in the background, in advance of the first recording."""
        self._starter.warm_up()

    def close(self) -> None:
        """End all processes. They are restarted on demand."""
        self._starter.close()

    @contextmanager
    def process(self, on_wait: Callable[[], None], n_copied: int = 0) -> Iterator[DecoderProcess]:
        """Provide a decoder process for a ``with`` statement, which ends it.

        Parameters
        ----------
        on_wait : callable
            Called several times a second while all decoders are busy, or have large copies. An
            exception that it raises is propagated.
        n_copied : int
            Size of the recording, in bytes, if it is copied for the decoder.

        Yields
        ------
        DecoderProcess
            Ready for a request.
        """
        n_large = n_copied if n_copied > LARGE_BYTES else 0
        while not self._take_large(n_large):
            time.sleep(POLL_S)
            on_wait()
        try:
            while not self._places.acquire(timeout=POLL_S):
                on_wait()
            try:
                process = self._starter.start()
                try:
                    with self.reserve(n_copied):
                        yield process
                finally:
                    process.drop()
            finally:
                self._places.release()
        finally:
            with self._lock:
                self._large_bytes -= n_large

    def _take_large(self, n_bytes: int) -> bool:
        with self._lock:
            fits = self._large_bytes + n_bytes <= MAX_LARGE_BYTES or not self._large_bytes
            if n_bytes and not fits:
                return False
            self._large_bytes += n_bytes
            return True


_lock = threading.Lock()
_in_use: Decoders | None = None
_own: Decoders | None = None  # of scripts that request isolation without setup


def use_decoders(decoders: Decoders | None) -> None:
    """Decode in these processes from now on; with None, in this process again.

    The previous decoders are closed, and their recordings are cancelled.
    """
    global _in_use
    with _lock:
        before, _in_use = _in_use, decoders
    if before is not None and before is not decoders:
        before.close()


def isolate_decoding(
    at_once: int = DEFAULT_AT_ONCE,
    limits: DecoderLimits = DecoderLimits(),
    *,
    reserve: Reserve = nullcontext,
) -> None:
    """Decode in child processes from now on, and load the first in the background.

    Has no effect if these settings already apply: an application may call it repeatedly.

    Parameters
    ----------
    at_once : int
        Largest number of recordings decoded concurrently, at least 1; others wait.
    limits : DecoderLimits
        Resource limits of each decoder.
    reserve : callable
        Takes the size of a recording's copy, as for `Decoders`; it always applies.

    Raises
    ------
    SettingError
        If `at_once` is less than 1.
    """
    with _lock:
        before = _in_use
    if before is None or (before.at_once, before.limits) != (at_once, limits):
        before = Decoders(at_once, limits)
        use_decoders(before)
    before.reserve = reserve
    before.warm_up()


def close_decoders() -> None:
    """End all decoder processes, at the end of an application; `use_decoders` stays in effect."""
    with _lock:
        chosen = [each for each in (_in_use, _own) if each is not None]
    for each in chosen:
        each.close()


def decoders_in_use(isolated: bool | None = None) -> Decoders | None:
    """Return the decoders for a recording.

    Parameters
    ----------
    isolated : bool, optional
        Whether to decode in a child process; by default if `use_decoders` has set decoders.

    Returns
    -------
    Decoders or None
        None for this process.
    """
    global _own
    with _lock:
        if isolated is False or (isolated is None and _in_use is None):
            return None
        if _in_use is not None:
            return _in_use
        if _own is None:
            _own = Decoders()
        return _own


atexit.register(close_decoders)
