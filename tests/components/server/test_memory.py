"""When garbage is collected next, and that its memory is given back."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from components.server.memory import MAX_PAUSE_S, MIN_PAUSE_S, SHARE, pause

PROJECT = Path(__file__).parents[3]

BUSY = (10, 3, 0)
"""Objects that are new, and collections of the young and of the middle-aged since then."""

IDLE = (10, 0, 0)


def paused_s(took_s: float, count: tuple[int, int, int]) -> float:
    slept_s: list[float] = []
    pause(took_s, lambda: count, slept_s.append)
    return sum(slept_s)


def test_a_short_collection_is_repeated_soon_where_there_may_be_garbage() -> None:
    assert paused_s(0.001, BUSY) == MIN_PAUSE_S


def test_a_long_collection_takes_no_more_than_its_share() -> None:
    assert 0.3 / paused_s(0.3, BUSY) <= SHARE


def test_where_nothing_happens_it_is_looked_again_even_so() -> None:
    assert paused_s(0.001, IDLE) == MAX_PAUSE_S
    assert paused_s(100.0, BUSY) == MAX_PAUSE_S


def test_it_goes_on_as_soon_as_something_happens() -> None:
    counts = iter([IDLE] * 5 + [BUSY] * 60)
    slept_s: list[float] = []
    pause(0.001, lambda: next(counts), slept_s.append)
    assert MIN_PAUSE_S < sum(slept_s) < MAX_PAUSE_S


SCATTERED = """
import os
from pathlib import Path
from components.server.memory import give_back

def resident_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

before_mb = resident_mb()
kept = [bytes(3_000) for _ in range(50_000)][::100]  # what stays holds all that is between it
held_mb = resident_mb() - before_mb
give_back()
print(held_mb, resident_mb() - before_mb)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps what is free")
def test_what_is_free_is_given_back() -> None:
    command = [sys.executable, "-c", SCATTERED]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT)
    held_mb, left_mb = map(float, ran.stdout.split())
    assert held_mb > 100
    assert left_mb < held_mb / 4
