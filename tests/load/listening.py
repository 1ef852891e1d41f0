"""Load test of live listening: cost of each listener, and latency of the page.

python -m tests.load.listening [--people 1 8] [--seconds 30]
"""

import argparse
import asyncio

import numpy as np

from components.view.settings import LiveViewSettings
from components.workspace.operator import variable
from models.registry.catalog import CATALOG, find_model
from tests.e2e.driving import Server, serving_app
from tests.load import sounds
from tests.load.microphone import Looped, microphone
from tests.load.scores import State, watching
from tests.load.wire import Visitor

WINDOW_S = 0.975  # YAMNet's
HOP_S = LiveViewSettings.interval_s


def main() -> None:
    """Run the load test, and print a row for each number of listeners."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, nargs="+", default=(1, 8))
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    path = find_model(CATALOG["yamnet"])
    if path is None:
        raise SystemExit("YAMNet's file is in none of the model folders; start the app once.")
    print(
        "| listening | CPU for each (% of a core) | messages a second | behind: median (s) | 95 % "
        "| dropped windows |"
    )
    print("|---|---|---|---|---|---|")
    # A visitor who has left may keep a seat for a while.
    seats = {variable("max_listeners"): str(2 * max(options.people))}
    with serving_app(path.parent, **seats) as server:
        for people in options.people:
            asyncio.run(_measure(server, people, options.seconds))


async def _measure(server: Server, people: int, duration_s: float) -> None:
    listeners = [_Listener(server.url, number) for number in range(people)]
    over = asyncio.Event()
    listening = [asyncio.create_task(one.listen(over)) for one in listeners]
    await asyncio.gather(*map(_first_panel, listeners, listening))
    for one in listeners:
        one.behind_s.clear()
    dropped_before = sum(one.dropped for one in listeners)
    before_s = server.cpu_s()
    await asyncio.sleep(duration_s)
    share = (server.cpu_s() - before_s) / duration_s / people
    behind_s = [lag_s for one in listeners for lag_s in one.behind_s]
    dropped = sum(one.dropped for one in listeners) - dropped_before
    over.set()
    await asyncio.gather(*listening)
    if not behind_s:
        raise SystemExit(f"No panel came within {duration_s:g} s.")
    median_s, p95_s = np.percentile(behind_s, (50, 95))
    rate = len(behind_s) / duration_s / people
    print(
        f"| {people} | {share:.1%} | {rate:.1f} | {median_s:.2f} | {p95_s:.2f} | {dropped} |",
        flush=True,
    )


async def _first_panel(one: "_Listener", listening: asyncio.Task[None]) -> None:
    """Wait until a listener receives scores; raise its error if it fails instead."""
    begun = asyncio.create_task(one.begun.wait())
    await asyncio.wait([begun, listening], return_when=asyncio.FIRST_COMPLETED)
    begun.cancel()
    if listening.done():
        await listening  # raises its error


class _Listener(Visitor):
    """A listening visitor that records, for each new scores, the age of the newest frame."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__(url, "live")
        self.begun = asyncio.Event()
        self.behind_s: list[float] = []
        self._number = number
        self._track: Looped | None = None

    async def listen(self, over: asyncio.Event) -> None:
        async with (
            self.visiting(),
            watching(self, self._note) as live,
            microphone(self, sounds.sound(self._number)) as connection,
        ):
            self._track = connection.getSenders()[0].track
            self._live = live
            await over.wait()

    @property
    def dropped(self) -> int:
        """Number of windows that the server has dropped."""
        health = {name: value for name, value, _ in self._live.state["health"]}
        return int(health["Dropped windows"])

    def _note(self, state: State) -> None:
        if self._track is None:
            return
        # A frame stands for the centre of its window, plus and minus half a hop.
        given_s = self._track.given_s
        self.behind_s.append(given_s - state["newest_s"] - (WINDOW_S - HOP_S) / 2)
        self.begun.set()


if __name__ == "__main__":
    main()
