"""Accounting of memory: what fits, what makes room, and what is refused."""

import threading

import pytest

from components.workspace.room import STEP_BYTES, Room
from models.errors import SettingError
from tests.components.workspace.making import FULL

EACH = 10


class Shelf:
    """Things of `EACH` bytes."""

    def __init__(self, count: int) -> None:
        self.count = count

    @property
    def n_bytes(self) -> int:
        return EACH * self.count

    def evict(self) -> bool:
        had_any, self.count = self.count > 0, max(0, self.count - 1)
        return had_any


def room(max_bytes: int, *shelves: Shelf, outer: Room | None = None) -> Room:
    return Room(
        max_bytes,
        lambda: sum(shelf.n_bytes for shelf in shelves),
        lambda _n_bytes: FULL,
        [shelf.evict for shelf in shelves],
        outer,
    )


def test_no_more_is_evicted_than_is_needed_and_the_first_shelf_first() -> None:
    first, second = Shelf(3), Shelf(3)
    one = room(100, first, second)
    with one.reserving(40):
        assert (first.count, second.count) == (3, 3)
    with one.reserving(55):
        assert (first.count, second.count) == (1, 3)
    with one.reserving(80):
        assert (first.count, second.count) == (0, 2)
    with pytest.raises(SettingError), one.reserving(101):
        pass
    assert (first.count, second.count) == (0, 0)
    assert one.free == 100


def test_what_is_reserved_counts_until_it_is_there() -> None:
    shelf = Shelf(0)
    one = Room(30, lambda: shelf.n_bytes, lambda _n_bytes: FULL)
    with one.reserving(20):
        assert one.n_bytes == 20
        with pytest.raises(SettingError), one.reserving(11):
            pass
        shelf.count = 2
    assert one.n_bytes == 20
    with pytest.raises(ZeroDivisionError), one.reserving(10):
        raise ZeroDivisionError
    assert one.free == 10


def test_it_counts_in_the_outer_room_too_and_nowhere_where_that_refuses() -> None:
    shelf = Shelf(2)
    outer = room(50, shelf)
    inner = room(1_000, outer=outer)
    with inner.reserving(30):
        assert (inner.n_bytes, outer.n_bytes) == (30, 50)
        with pytest.raises(SettingError), inner.reserving(21):
            pass
        assert (inner.n_bytes, outer.n_bytes, shelf.count) == (30, 30, 0)
    assert (inner.n_bytes, outer.n_bytes) == (0, 0)


def test_a_reservation_grows_and_is_given_back_whole() -> None:
    one = room(3 * STEP_BYTES)
    with one.reservation() as growing:
        growing.grow_to(5)
        growing.grow_to(3)
        assert one.n_bytes == 5
        growing.grow_in_steps_to(6)
        assert one.n_bytes == STEP_BYTES
        growing.grow_in_steps_to(STEP_BYTES)
        growing.grow_in_steps_to(2 * STEP_BYTES + 1)
        assert one.free == 0
        with pytest.raises(SettingError):
            growing.grow_in_steps_to(3 * STEP_BYTES + 1)
        assert one.free == 0
    assert one.n_bytes == 0


def test_many_threads_together_never_have_more_than_there_is() -> None:
    shelf = Shelf(0)
    outer = Room(60, lambda: 0, lambda _n_bytes: FULL)
    rooms = [Room(40, lambda: shelf.n_bytes, lambda _n_bytes: FULL, (), outer) for _ in range(2)]
    most: list[int] = []

    def hammer(one: Room) -> None:
        for _ in range(300):
            try:
                with one.reserving(15):
                    most.append(outer.n_bytes)
            except SettingError:
                continue

    threads = [threading.Thread(target=hammer, args=(rooms[at % 2],)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most
    assert max(most) <= 60
    assert [one.n_bytes for one in (outer, *rooms)] == [0, 0, 0]
