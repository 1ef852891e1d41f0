"""Benchmarks: speed of Earmark and of alternatives, measured in the same run."""
