"""The parts of the page "Clip"."""
