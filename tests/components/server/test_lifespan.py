"""Expiry of workspaces and uploads while the application serves."""

import asyncio
import contextlib

import pytest

from components.server import lifespan, upload_bounds

PATIENCE_S = 10.0


@pytest.mark.parametrize("fails", ["workspaces", "uploads"])
def test_a_failure_neither_ends_the_task_nor_keeps_back_the_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fails: str
) -> None:
    looked: list[str] = []

    def look(what: str) -> None:
        looked.append(what)
        if what == fails:
            raise ZeroDivisionError

    monkeypatch.setattr(lifespan, "PAUSE_S", 0.001)
    monkeypatch.setattr(lifespan, "find_registry", lambda: look("workspaces"))
    monkeypatch.setattr(upload_bounds.HELD, "update", lambda: look("uploads"))

    async def run() -> None:
        task = asyncio.create_task(lifespan._expire())
        async with asyncio.timeout(PATIENCE_S):
            while len(looked) < 6 and not task.done():
                await asyncio.sleep(0.001)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert looked[:6] == ["workspaces", "uploads"] * 3
    assert "could not be looked through" in caplog.text
