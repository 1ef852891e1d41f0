"""The decoders that an application uses: how many at once, and what each may take.

An application calls `isolate_decoding` at its start; from then on `models.load_clip` and all else
that opens foreign sound decode there. A script that does not decodes in its own process.
"""

import atexit
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from models.audio.decoder.messages import POLL_S
from models.audio.decoder.processes import DecoderProcess, Starter, starter
from models.errors import SettingError

DEFAULT_AT_ONCE = 16
"""Recordings that are decoded at the same time: more than cores, as hostile files only compute."""


@dataclass(frozen=True)
class DecoderLimits:
    """What decoding one recording may take.

    Parameters
    ----------
    memory_bytes : int
        Memory beside what a process takes that has only loaded the decoder. Hours of MP3 take 8 MB,
        a second of eight channels of 64 bits at 768 kHz takes between 64 and 80 MiB.
    silent_cpu_s : float
        CPU time between two pieces of sound, and before the first, in seconds. An hour of MP3 is
        opened in 5 ms, and decoded by the second in 2 ms each.
    silent_s : float
        The same by the clock, in seconds, for a decoder that hangs without computing, or gives
        less than a second of sound in eight.
    cpu_s : int
        CPU time in all, in seconds.
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
    """A bounded number of decoder processes, started when they are needed.

    Parameters
    ----------
    at_once : int
        Most recordings that are decoded at the same time; others wait.
    limits : DecoderLimits
        For each of them.
    """

    def __init__(
        self,
        at_once: int = DEFAULT_AT_ONCE,
        limits: DecoderLimits = DecoderLimits(),  # frozen
        *,
        started_by: Starter | None = None,
    ) -> None:
        if at_once < 1:
            raise SettingError(
                f"{at_once} decoders are to work at once.",
                allowed="There is at least one.",
                remedy="Leave the number out for the default.",
            )
        self.at_once = at_once
        self.limits = limits
        self._places = threading.Semaphore(at_once)
        self._starter = starter() if started_by is None else started_by

    def warm_up(self) -> None:
        """Begin to load the decoder in the background, so that no recording waits for that."""
        self._starter.warm_up()

    def close(self) -> None:
        """End all processes. Decoders start again when they are needed."""
        self._starter.close()

    @contextmanager
    def process(self, on_wait: Callable[[], None]) -> Iterator[DecoderProcess]:
        """Give a decoder process to a ``with`` statement; at its end the process is ended.

        Parameters
        ----------
        on_wait : callable
            Called several times a second while all decoders are busy; what it raises comes out.
        """
        while not self._places.acquire(timeout=POLL_S):
            on_wait()
        try:
            process = self._starter.start()
            try:
                yield process
            finally:
                process.drop()
        finally:
            self._places.release()


_lock = threading.Lock()
_in_use: Decoders | None = None
_own: Decoders | None = None  # of scripts that ask for isolation and have set up none


def use_decoders(decoders: Decoders | None) -> None:
    """Decode in these processes from now on; with None, in this process again.

    Those that were in use before are closed: recordings that they decode are given up.
    """
    global _in_use
    with _lock:
        before, _in_use = _in_use, decoders
    if before is not None and before is not decoders:
        before.close()


def isolate_decoding(
    at_once: int = DEFAULT_AT_ONCE, limits: DecoderLimits = DecoderLimits()
) -> None:
    """Decode in processes of their own from now on, and load the first in the background.

    Nothing happens where that was said before: an application may call it more than once.

    Parameters
    ----------
    at_once : int
        Most recordings that are decoded at the same time; others wait.
    limits : DecoderLimits
        For each of them.
    """
    with _lock:
        before = _in_use
    if before is None or (before.at_once, before.limits) != (at_once, limits):
        before = Decoders(at_once, limits)
        use_decoders(before)
    before.warm_up()


def close_decoders() -> None:
    """End all decoder processes, where an application ends; those in use stay chosen."""
    with _lock:
        chosen = [each for each in (_in_use, _own) if each is not None]
    for each in chosen:
        each.close()


def decoders_in_use(isolated: bool | None = None) -> Decoders | None:
    """Give the decoders that a recording goes to.

    Parameters
    ----------
    isolated : bool, optional
        Whether it is decoded in a process of its own; by default where `use_decoders` said so.

    Returns
    -------
    Decoders or None
        None for this process itself.
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
