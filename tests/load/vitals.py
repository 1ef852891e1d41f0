"""Resources of a server: memory, threads, open files, and Streamlit's metrics."""

import asyncio
import re
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from components.server.lifespan import PAUSE_S
from tests.e2e.driving import Server

FREED_AFTER_S = 60.0
"""Time until a server has released everything, in seconds: it keeps an abandoned session for 45 s
(disconnectedSessionTTL), and a microphone without packets for 30 s."""


@dataclass(frozen=True)
class Vitals:
    """Resources of a server at one moment.

    Parameters
    ----------
    resident_mb : float
        Memory in use, in MB.
    threads, files, sockets : int
        Their numbers; sockets are included in the open files.
    sessions : int
        Number of connected sessions.
    uploads_mb : float
        Uploaded files held by Streamlit, in MB.
    """

    resident_mb: float
    threads: int
    files: int
    sockets: int
    sessions: int
    uploads_mb: float

    def row(self) -> str:
        """Return a row of a Markdown table, without its first cell."""
        return (
            f"{self.resident_mb:.0f} | {self.threads} | {self.files} | {self.sockets} | "
            f"{self.sessions} | {self.uploads_mb:.1f} |"
        )


HEADER = (
    "memory (MB) | threads | open files | of them sockets | sessions connected | uploads (MB) |\n"
    "|---|---|---|---|---|---|---|"
)


def look(server: Server) -> Vitals:
    """Read the resources of a server (Linux)."""
    process = Path(f"/proc/{server.process.pid}")
    threads = re.search(r"Threads:\s+(\d+)", (process / "status").read_text())
    assert threads is not None
    targets = [str(_target(file)) for file in (process / "fd").iterdir()]
    with urllib.request.urlopen(f"{server.url}/_stcore/metrics") as response:  # noqa: S310
        metrics = response.read().decode()
    return Vitals(
        server.resident_mb(),
        int(threads[1]),
        len(targets),
        sum(target.startswith("socket:") for target in targets),
        round(_total(metrics, "active_sessions")),
        _total(metrics, "cache_memory_bytes", 'cache_type="UploadedFileManager"') / 1e6,
    )


async def settle() -> None:
    """Wait until a server without visitors has had the time to release everything."""
    await asyncio.sleep(FREED_AFTER_S + PAUSE_S)


def _target(file: Path) -> Path:
    try:
        return file.readlink()
    except FileNotFoundError:  # closed in the meantime
        return Path()


def _total(metrics: str, family: str, having: str = "") -> float:
    lines = [line for line in metrics.splitlines() if line.startswith(family) and having in line]
    return sum(float(line.split()[-1]) for line in lines)
