"""A sample of the malformed recordings; `python -m tests.hostile.recordings` decodes 2,000."""

import random
from collections.abc import Iterator

import pytest

from tests.hostile import bombs
from tests.hostile.recordings import HEAVY, malformed
from tests.hostile.trial import Trial, can_watch

pytestmark = pytest.mark.skipif(not can_watch(), reason="memory is counted by Linux alone")


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    with Trial() as trial:
        yield trial


def test_the_same_seed_makes_the_same_files() -> None:
    first, again = (list(malformed(9, seed=3)) for _ in range(2))
    assert first == again
    assert first != list(malformed(9, seed=4))


def test_malformed_recordings_give_a_clip_or_a_reason(trial: Trial) -> None:
    files = list(malformed(200, seed=1, without=HEAVY))
    results = [(file.kind, trial.attempt(file.content)) for file in files]
    assert [(kind, result) for kind, result in results if result.is_bad] == []
    assert {result.outcome for _, result in results} == {"clip", "partial", "refused"}


@pytest.mark.parametrize("kind", bombs.LARGE)
def test_small_files_get_no_gigabytes(trial: Trial, kind: str) -> None:
    chance = random.Random(kind)  # noqa: S311 - no secret
    results = [trial.attempt(bombs.LARGE[kind](chance)) for _ in range(5)]
    assert [result for result in results if result.is_bad] == []


@pytest.mark.parametrize(
    ("n_streams", "n_channels", "outcome"),
    [(120, 255, "clip"), (1, 255, "clip"), (128, 1, "clip"), (1_000, 1, "refused")],
)
def test_many_streams_get_no_gigabytes(
    trial: Trial, n_streams: int, n_channels: int, outcome: str
) -> None:
    """With one decoder for each stream, 160 kB take 5.8 GB of memory."""
    result = trial.attempt(bombs.opus_streams(n_streams, n_channels))
    assert result.outcome == outcome, result
    assert result.peak_bytes < 100 << 20


def test_silence_of_many_channels_is_no_reason_to_hang(trial: Trial) -> None:
    result = trial.attempt(bombs.flac_silence(random.Random(10)))  # noqa: S311
    assert not result.is_bad, result


def test_whoever_does_harm_is_noticed(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verifies that the tests above can fail."""
    monkeypatch.setattr("tests.hostile.trial.STUCK_S", 0.0)
    assert trial.attempt(bombs.opus_tags(20_000)).outcome == "hang"
    monkeypatch.undo()
    assert trial.attempt(b"RIFF").outcome == "refused"  # by the next process
