from models.live import Seats
from models.live.seats import SILENT_S


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_whoever_comes_when_all_are_taken_waits_until_one_is_given_back() -> None:
    seats = Seats(2)
    assert seats.take("Ada")
    assert seats.take("Bo")
    assert seats.take("Bo")  # has one
    assert not seats.any_free
    assert not seats.take("Cy")
    seats.give_back("Cy")  # has none
    assert not seats.any_free
    seats.give_back("Ada")
    assert seats.any_free
    assert seats.take("Cy")
    assert (seats.has("Ada"), seats.has("Bo"), seats.has("Cy")) == (False, True, True)


def test_who_is_silent_keeps_a_seat_until_somebody_needs_it() -> None:
    clock = Clock()
    seats = Seats(2, clock=clock)
    seats.take("Ada")
    seats.take("Bo")
    clock.now_s += SILENT_S + 1
    seats.hear("Bo")
    assert seats.any_free
    assert seats.has("Ada")
    seats.hear("Ada")  # sound comes again in time
    assert not seats.any_free
    assert not seats.take("Cy")
    clock.now_s += SILENT_S + 1
    seats.hear("Bo")
    assert seats.take("Cy")
    assert not seats.has("Ada")
    seats.hear("Ada")  # too late
    assert not seats.take("Ada")
