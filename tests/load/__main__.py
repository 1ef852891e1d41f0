"""Load test: simulated visitors upload clips, listen and leave at random, concurrently.

Every result is compared with that of a separate analysis, and the server's memory, threads and
open files with those before the test. Server, visitors and their microphones share the machine.

    python -m tests.load [--people 16] [--minutes 10] [--seed 1]
"""

import argparse
import asyncio
import time

import numpy as np

from components.workspace.operator import variable
from models.inference import Classifier
from models.registry.catalog import CATALOG, find_model
from tests.e2e.driving import Server, serving_app
from tests.load.people import Tally, crowd
from tests.load.vitals import HEADER, look, settle
from tests.load.wire import Visitor

WARMING_S = 20.0
"""Warm-up with a few visitors, which loads everything that is loaded once."""

KEPT_MINUTES = 0.5
"""Time for which a workspace is kept, in minutes: short, so that the end shows what remains."""


def main() -> None:
    """Run the load test, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=16)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    path = find_model(CATALOG["yamnet"])
    if path is None:
        raise SystemExit("YAMNet's file is in none of the model folders; start the app once.")
    tally = Tally()
    # A visitor who has left may keep a seat for a while.
    settings = {
        variable("max_listeners"): str(2 * options.people),
        variable("workspace_minutes"): str(KEPT_MINUTES),
    }
    with serving_app(path.parent, **settings) as server:
        asyncio.run(_run(server, options.people, options.minutes * 60, options.seed, tally))
    wrong = tally.wrong_results(Classifier(path))
    print(f"\n{len(tally.clips)} clips brought, {len(tally.heard)} sessions listened to the end, ")
    print(f"{tally.left} left in the middle; {len(wrong)} wrong results")
    print(_waits("result of a 10 s clip", tally.waits_s))
    print(_waits("first scores of a microphone", tally.first_scores_s))
    for line in (*wrong, *tally.troubles):
        print(f"  {line}")


def _waits(what: str, took_s: list[float]) -> str:
    if not took_s:
        return f"{what}: no visitor got any"
    median_s, p95_s, slowest_s = np.percentile(took_s, (50, 95, 100))
    return (
        f"{what}: {median_s:.2f} s in the median, {p95_s:.2f} s at 95 %,\n"
        f"{slowest_s:.2f} s at worst, of {len(took_s)}"
    )


async def _run(server: Server, people: int, duration_s: float, seed: int, tally: Tally) -> None:
    await crowd(server.url, 3, WARMING_S, seed - 1, Tally())
    await _leave(server)
    print(f"| | {HEADER}\n| before | {look(server).row()}", flush=True)
    cpu_s, began = server.cpu_s(), time.monotonic()
    crowding = asyncio.create_task(crowd(server.url, people, duration_s, seed, tally))
    while not crowding.done():
        await asyncio.wait([crowding], timeout=min(60.0, duration_s / 2))
        print(f"| after {time.monotonic() - began:.0f} s | {look(server).row()}", flush=True)
    share = (server.cpu_s() - cpu_s) / (time.monotonic() - began)
    await _leave(server)
    print(f"| afterwards | {look(server).row()}\n\nserver: {share:.0%} of a core", flush=True)


async def _leave(server: Server) -> None:
    """Wait until the server has released everything of visitors who have left.

    Streamlit drops sessions whose time is over when another visitor leaves (Streamlit 1.67).
    """
    await settle()
    async with Visitor(server.url).visiting():
        pass
    await settle()


if __name__ == "__main__":
    main()
