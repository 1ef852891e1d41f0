"""Hostile files affect only the visitor who uploads them: an excerpt of ``tests.load.bombs``."""

import pytest

from tests.e2e.driving import Server
from tests.hostile import bombs
from tests.load.bombs import measure
from tests.load.wire import run

pytestmark = pytest.mark.slow

MEMORY_MB = 64
"""Most memory of the server in addition to the files themselves."""


def test_bombs_cost_only_who_brings_them(server: Server) -> None:
    brought = {
        "streams": bombs.opus_streams(40, 255),
        "more streams": bombs.opus_streams(1_000, 1),
        "tags": bombs.caf_tags(40_000),
        "more tags": bombs.opus_tags(40_000),
        "chunks": bombs.empty_chunks(400_000),
    }
    # Streamlit holds a file during the upload, and the workspace keeps it.
    files_mb = 3 * sum(map(len, brought.values())) / 1e6
    cost = run(measure(server, brought))
    assert cost.alone.keys() == cost.together.keys() == brought.keys()
    for name in ("more streams", "tags", "more tags"):
        assert "The decoder gave up on this file" in cost.alone[name][1]
        assert "The decoder gave up on this file" in cost.together[name][1]
        assert cost.alone[name][2] < MEMORY_MB + files_mb
    assert cost.together_mb < MEMORY_MB + files_mb
    assert len(cost.clip_s) == 3, "another's clips were not analysed meanwhile"
