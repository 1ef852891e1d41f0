"""What all tests of `models/` begin with."""

import pytest

from models.audio import use_decoders


@pytest.fixture(autouse=True, scope="module")
def _decode_here() -> None:
    """Decode as a script does, also after tests of the app, which isolates decoding."""
    use_decoders(None)
