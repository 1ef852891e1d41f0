"""Fair queue: a bounded number of places for jobs, given to groups and their members in turn.

Conventions
-----------
A member, such as a browser's tab, waits for jobs. A group, such as a network address, has members.
The groups are served in turn, one job each, and so are the members of a group. A job that several
members wait for starts when the first of them is served.

A group has at most all places but one, and the last free place is given only to a group that has
none: the jobs of one group, however long they take, never keep another group waiting.
"""

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

_LENT_AT_MOST = 3
"""Places that may be lent, for each place."""

Line = dict["Ticket", None]
"""What one member waits for, in the order in which it was asked for."""

Lines = dict[Hashable, dict[Hashable, Line]]
"""Lines by group and member; the group, and the member of it, that is served next comes first."""


@dataclass(eq=False)
class Ticket:
    """One job in the queue.

    Parameters
    ----------
    begin : callable
        Called once, on any thread, when its turn has come. It starts the work elsewhere, raises
        nothing, and sees to it that `FairQueue.end` is called.
    begun : bool
        Whether its turn has come.
    group : hashable
        The group whose place it has, once it has begun.
    """

    begin: Callable[[], None]
    begun: bool = False
    group: Hashable = None


class FairQueue:
    """Gives a bounded number of places to jobs, in turn. Safe to use from any thread.

    Parameters
    ----------
    at_once : int
        Number of places, at least 1.
    group_of : callable, optional
        Returns the group of a member; by default each member is a group by itself.
    """

    def __init__(
        self, at_once: int, group_of: Callable[[Hashable], Hashable] = lambda who: who
    ) -> None:
        self._lock = threading.Lock()
        self._at_once = self._free = at_once
        self._group_of = group_of
        self._lent = 0
        self._lines: Lines = {}
        self._begun: Counter[Hashable] = Counter()  # jobs by group, those that lend included

    def line_up(self, ticket: Ticket, who: Hashable) -> None:
        """Add a job to the end of a member's line; it starts at once if there is a place for it.

        Where several members wait for the same ticket, the first one to be served counts.
        """
        with self._lock:
            if ticket.begun:
                return
            self._lines.setdefault(self._group_of(who), {}).setdefault(who, {})[ticket] = None
            begun = self._call_next()
        for each in begun:
            each.begin()

    def step_out(self, ticket: Ticket, who: Hashable) -> bool:
        """Remove a job from a member's line.

        Returns
        -------
        bool
            Whether no other member waits for it: it never begins, unless it is added again.
        """
        with self._lock:
            if ticket not in self._lines.get(self._group_of(who), {}).get(who, {}):
                return False
            _take_out(self._lines, ticket, self._group_of(who), who)
            return not any(
                ticket in line for group in self._lines.values() for line in group.values()
            )

    def end(self, ticket: Ticket) -> None:
        """Free the place of a job that has begun, in whatever way it ended."""
        with self._lock:
            assert ticket.begun, "only what has begun can end"  # noqa: S101
            self._free += 1
            self._begun[ticket.group] -= 1
            if not self._begun[ticket.group]:
                del self._begun[ticket.group]
            begun = self._call_next()
        for each in begun:
            each.begin()

    def lend(self) -> bool:
        """Lend the place of a begun job while its work waits for something else.

        Returns
        -------
        bool
            False where too many places are lent already. Else `take_back` has to follow.
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
        """Continue after `lend`. Until other jobs end more than `at_once` may compute."""
        with self._lock:
            self._lent -= 1
            self._free -= 1

    def place(self, ticket: Ticket) -> int | None:
        """Place in the queue, from 1; None where the ticket is not in it.

        A group that has its share may be overtaken by groups behind it.
        """
        with self._lock:
            for place, each in enumerate(_in_order(self._lines), start=1):
                if each is ticket:
                    return place
        return None

    def _call_next(self) -> list[Ticket]:
        called = []
        while (group := next(filter(self._may_begin, self._lines), None)) is not None:
            ticket = _call(self._lines, group)
            ticket.begun, ticket.group = True, group
            self._begun[group] += 1
            self._free -= 1
            called.append(ticket)
        return called

    def _may_begin(self, group: Hashable) -> bool:
        """Whether a group may have another job begin.

        Jobs that lend their place count: they take it back when they go on.
        """
        n_begun = self._begun[group]
        return self._free > min(n_begun, 1) and n_begun < max(1, self._at_once - 1)


def _call(lines: Lines, group: Hashable) -> Ticket:
    """Take out a group's next ticket; group and member go behind all others."""
    who, line = next(iter(lines[group].items()))
    ticket = next(iter(line))
    for one, members in list(lines.items()):
        for other in list(members):
            _take_out(lines, ticket, one, other)
    if group in lines:
        members = lines[group] = lines.pop(group)
        if who in members:
            members[who] = members.pop(who)
    return ticket


def _take_out(lines: Lines, ticket: Ticket, group: Hashable, who: Hashable) -> None:
    lines[group][who].pop(ticket, None)
    if not lines[group][who]:
        del lines[group][who]
    if not lines[group]:
        del lines[group]


def _in_order(lines: Lines) -> Iterator[Ticket]:
    """Give the tickets in the order of their turns, if nothing is added or removed."""
    rest = {
        group: {who: dict(line) for who, line in members.items()}
        for group, members in lines.items()
    }
    while rest:
        yield _call(rest, next(iter(rest)))
