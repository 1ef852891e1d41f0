"""Memory that is free is given back, and once a workspace is closed."""

import platform
import subprocess
import sys

import pytest

from tests.e2e.driving import PROJECT

SCATTERED = """
import os
from pathlib import Path
from components.server.memory import give_back

class Circle:
    def __init__(self):
        self.itself = self
        self.data = b"x" * 50_000_000

def resident_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

before_mb = resident_mb()
Circle()  # what is gone, but for a reference to itself
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
    assert held_mb > 150
    assert left_mb < held_mb / 4
