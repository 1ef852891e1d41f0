"""Turns of scripts."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from components.workspace.script_turns import ScriptTurns

PATIENCE_S = 30.0


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
    turns, other_ran = ScriptTurns(at_once=1), threading.Event()

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
    turns = ScriptTurns(at_once=1)
    for _ in range(3):
        try:
            with turns.turn("a"), turns.waiting():
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
    with turns.waiting():  # a thread without a turn
        pass
