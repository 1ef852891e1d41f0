"""Write the samples anew: ``python -m tests.components.samples``."""

from tests.components.samples.making import FOLDER, SAMPLES

for name, make in SAMPLES.items():
    (FOLDER / name).write_bytes(make())
