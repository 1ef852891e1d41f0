"""Peak memory of a process that adds recordings to an archive; run by `benchmarks.archive`."""

import resource
import sys
import tempfile
from pathlib import Path

import numpy as np

import models


def main() -> None:
    """Add so many recordings of ten seconds, and print the peak memory in MB."""
    import soundfile

    model, count = sys.argv[1], int(sys.argv[2])
    generator = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        recordings = Path(folder) / "recordings"
        recordings.mkdir()
        for number in range(count):
            samples = 0.1 * generator.standard_normal(160_000)
            soundfile.write(recordings / f"{number}.wav", samples, 16_000)
        archive = models.open_archive(Path(folder) / "archive")
        addition = archive.add(recordings, model=model, workers=0)
        assert addition.added == count  # noqa: S101
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
