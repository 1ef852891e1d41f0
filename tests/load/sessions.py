"""Load test of memory release: one visitor after another uploads a clip and leaves.

python -m tests.load.sessions [--sessions 200] [--steps 4]
"""

import argparse
import asyncio

from models.registry.catalog import CATALOG, find_model
from tests.e2e.driving import Server, serving_app
from tests.load import sounds
from tests.load.people import bring
from tests.load.vitals import HEADER, look, settle
from tests.load.wire import Visitor


def main() -> None:
    """Run the load test, and print the server's resources at regular intervals."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--steps", type=int, default=4)
    options = parser.parse_args()
    path = find_model(CATALOG["yamnet"])
    if path is None:
        raise SystemExit("YAMNet's file is in none of the model folders; start the app once.")
    with serving_app(path.parent) as server:
        asyncio.run(_visits(server, options.sessions, options.sessions // options.steps))


async def _visits(server: Server, count: int, step: int) -> None:
    print(f"| after sessions | {HEADER}")
    for number in range(count + 1):
        visitor = Visitor(server.url)
        async with visitor.visiting():
            await bring(visitor, sounds.clip(number))
        if number % step == 0:
            await settle()
            print(f"| {number} | {look(server).row()}", flush=True)


if __name__ == "__main__":
    main()
