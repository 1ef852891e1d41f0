import pytest

from tests.components.samples.making import FOLDER, SAMPLES


@pytest.mark.parametrize("name", SAMPLES)
def test_the_javascript_is_tested_with_what_the_app_writes(name: str) -> None:
    renew = "the format has changed: write the samples anew by python -m tests.components.samples"
    assert (FOLDER / name).read_bytes() == SAMPLES[name](), renew
