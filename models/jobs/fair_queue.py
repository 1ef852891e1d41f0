"""A line in which work waits until others' is done, fair among those who wait for it.

Conventions
-----------
People are served in turn, one piece of work each: whoever asks for ten things holds up nobody by
more than one of them, and nobody who comes later is served before. Work that several people wait
for is done when the first of them comes to the front.
"""

import threading
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

_LENT_AT_MOST = 3
"""FairQueue that may be lent, for each piece of work that is done at once."""

Line = dict["Ticket", None]
"""What one person waits for, in the order in which it was asked for."""


@dataclass(eq=False)
class Ticket:
    """What stands in line for one piece of work.

    Parameters
    ----------
    begin : callable
        Called once, on whatever thread, when its turn has come. It must begin the work elsewhere,
        raise nothing, and see to it that `FairQueue.end` is called.
    begun : bool
        Whether its turn has come.
    """

    begin: Callable[[], None]
    begun: bool = False


class FairQueue:
    """Lets so many pieces of work be done at once, in turn. Safe to use from any thread.

    Parameters
    ----------
    at_once : int
        How many, at least 1.
    """

    def __init__(self, at_once: int) -> None:
        self._lock = threading.Lock()
        self._at_once = self._free = at_once
        self._lent = 0
        self._lines: dict[Hashable, Line] = {}  # the person who is served next comes first

    def line_up(self, ticket: Ticket, who: Hashable) -> None:
        """Stand in line for somebody, at the end; begins at once where nobody is before them.

        Where others stand for the same ticket, the first to come to the front counts.
        """
        with self._lock:
            if ticket.begun:
                return
            self._lines.setdefault(who, {})[ticket] = None
            begun = self._call_next()
        for each in begun:
            each.begin()

    def step_out(self, ticket: Ticket, who: Hashable) -> bool:
        """Stand in line for somebody no longer.

        Returns
        -------
        bool
            Whether that was the last to stand there for it: it will never begin, unless it lines
            up again.
        """
        with self._lock:
            line = self._lines.get(who, {})
            if ticket not in line:
                return False
            _take_out(self._lines, ticket, who)
            return not any(ticket in other for other in self._lines.values())

    def end(self, ticket: Ticket) -> None:
        """Make room for the next, as a begun ticket's work has ended, in whatever way."""
        with self._lock:
            assert ticket.begun, "only what has begun can end"  # noqa: S101
            self._free += 1
            begun = self._call_next()
        for each in begun:
            each.begin()

    def lend(self) -> bool:
        """Let another begin while a begun ticket's work waits for something else.

        Returns
        -------
        bool
            False where too much is lent already. Else `take_back` has to follow.
        """
        with self._lock:
            if self._lent >= _LENT_AT_MOST * self._at_once:
                return False
            self._lent += 1
            self._free += 1
            begun = self._call_next()
        for each in begun:
            each.begin()
        return True

    def take_back(self) -> None:
        """Go on after `lend`. Until others end there is more work at once than `at_once`."""
        with self._lock:
            self._lent -= 1
            self._free -= 1

    def place(self, ticket: Ticket) -> int | None:
        """Place in line, from 1; None where it does not stand there."""
        with self._lock:
            for place, each in enumerate(_in_order(self._lines), start=1):
                if each is ticket:
                    return place
        return None

    def _call_next(self) -> list[Ticket]:
        called = []
        while self._free > 0 and self._lines:
            ticket = _call(self._lines)
            ticket.begun = True
            self._free -= 1
            called.append(ticket)
        return called


def _call(lines: dict[Hashable, Line]) -> Ticket:
    """Take out whose turn it is; the person who is served goes behind all others."""
    who, line = next(iter(lines.items()))
    ticket = next(iter(line))
    for other in list(lines):
        _take_out(lines, ticket, other)
    if who in lines:
        lines[who] = lines.pop(who)
    return ticket


def _take_out(lines: dict[Hashable, Line], ticket: Ticket, who: Hashable) -> None:
    lines[who].pop(ticket, None)
    if not lines[who]:
        del lines[who]


def _in_order(lines: dict[Hashable, Line]) -> Iterator[Ticket]:
    """Give the tickets as they will be called, if nobody comes or goes."""
    rest = {who: dict(line) for who, line in lines.items()}
    while rest:
        yield _call(rest)
