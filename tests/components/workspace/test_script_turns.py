"""Turns of scripts."""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from components.workspace.script_turns import ScriptTurns

PATIENCE_S = 30.0


def ends(run: Callable[[], None]) -> bool:
    """Tell whether a script ends in time; where it does not, its thread is left behind."""
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE_S / 3)
    return not thread.is_alive()


class Counted:
    """Scripts that are counted while they compute."""

    def __init__(self, turns: ScriptTurns) -> None:
        self.turns = turns
        self.most = self.now = 0
        self._lock = threading.Lock()

    def run(self, who: str) -> None:
        with self.turns.turn(who):
            with self._lock:
                self.now += 1
                self.most = max(self.most, self.now)
            time.sleep(0.01)
            with self._lock:
                self.now -= 1


def test_no_more_scripts_compute_than_may() -> None:
    counted = Counted(ScriptTurns(at_once=2))
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(counted.run, ["a", "b", "c"] * 12))
    assert counted.most == 2


def test_another_computes_while_one_waits() -> None:
    turns, other_ran = ScriptTurns(at_once=1, longest_s=math.inf), threading.Event()

    def other() -> None:
        with turns.turn("b"):
            other_ran.set()

    with ThreadPoolExecutor(1) as threads, turns.turn("a"):
        ending = threads.submit(other)
        with turns.waiting():
            assert other_ran.wait(PATIENCE_S)
        ending.result()


def test_a_network_with_many_scripts_holds_up_another_by_one() -> None:
    turns, order = ScriptTurns(at_once=1), []

    def run(who: str) -> None:
        with turns.turn(who):
            order.append(who)

    with ThreadPoolExecutor(12) as threads, turns.turn("first"):
        for who in [*["many"] * 10, "one"]:
            threads.submit(run, who)
            time.sleep(0.02)  # they line up one after another
    assert order.index("one") <= 1


def test_a_turn_that_takes_too_long_counts_no_longer() -> None:
    turns, done = ScriptTurns(at_once=1, longest_s=0.2), threading.Event()

    def other() -> None:
        with turns.turn("b"):
            done.set()

    with ThreadPoolExecutor(1) as threads, turns.turn("a"):
        threads.submit(other)
        assert done.wait(PATIENCE_S)


def test_a_turn_ends_with_its_script_however_that_ends() -> None:
    turns = ScriptTurns(at_once=1, longest_s=math.inf)

    def run() -> None:
        for _ in range(3):
            with suppress(KeyboardInterrupt), turns.turn("a"):
                raise KeyboardInterrupt
            with suppress(KeyboardInterrupt), turns.turn("a"), turns.waiting():
                raise KeyboardInterrupt
        with turns.waiting():  # a thread without a turn
            pass

    assert ends(run)


def test_a_script_that_is_ended_while_it_waits_needs_no_further_turn() -> None:
    turns, other_runs, may_end = (
        ScriptTurns(at_once=1, longest_s=math.inf),
        threading.Event(),
        threading.Event(),
    )

    def other() -> None:
        with turns.turn("b"):
            other_runs.set()
            may_end.wait(2 * PATIENCE_S)

    def run() -> None:
        with suppress(KeyboardInterrupt), turns.turn("a"), turns.waiting():
            threading.Thread(target=other, daemon=True).start()
            assert other_runs.wait(PATIENCE_S)
            raise KeyboardInterrupt

    assert ends(run)
    may_end.set()
    assert ends(lambda: turns.turn("c").__enter__()), "the place of the other is free again"
