"""What the page says of a list of true events."""

from components.clip.truth_panel import MAX_NAMED, _named


def test_labels_are_named_up_to_a_bound() -> None:
    labels = [f"label {number}" for number in range(50_000)]
    assert _named(labels[:MAX_NAMED]) == ", ".join(labels[:MAX_NAMED])
    assert _named(labels).endswith(f"label {MAX_NAMED - 1} and {50_000 - MAX_NAMED:,} more")
    assert len(_named(["x" * 1_000_000] * 50_000)) < 10_000
