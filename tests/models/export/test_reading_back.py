"""Every format of events that is exported is read back as true events."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models import export, read_truth
from models.events import Event
from models.events.truth import MAX_INSTANT_S
from tests.models.export.samples import EVENTS, PROVENANCE, timeline

UNREAD = {
    "totals_csv": "has no times of events",
    "events_parquet": "is not text; pandas reads it",
}
"""Formats of events that are not read as lists, and why."""

MILLISECONDS = ("web_vtt", "srt")
READ = [each for each in export.FORMATS if each.kind == "events" and each.name not in UNREAD]

# Lists strip labels, and give a line to each: what else a label may have stays.
labels = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs", "Cf"])
    | st.sampled_from(" ,;'\"&<>{}()#\\|"),
    min_size=1,
).map(lambda text: f"a{text}b")
times_ms = st.integers(0, int(MAX_INSTANT_S * 1000) - 100_000)
found = st.builds(
    lambda onset_ms, length_ms, label, peak: Event(
        onset_ms / 1000, (onset_ms + length_ms) / 1000, label, peak, peak
    ),
    times_ms,
    st.integers(1, 100_000),
    labels,
    st.floats(0, 1),
)


@pytest.mark.parametrize("file_format", READ, ids=lambda each: each.name)
@settings(deadline=None, max_examples=60)  # machines are busy at times
@given(events=st.lists(found, max_size=5))
@example(events=EVENTS)
@example(
    events=[replace(EVENTS[0], label=label) for label in ("=x;-y", "@z", 'a"b', "'c", "/m/x", "7")]
)
def test_events_come_back(file_format: export.Format, events: list[Event]) -> None:
    content = file_format.write(timeline(), events, PROVENANCE)
    read = [(each.onset_s, each.offset_s, each.label) for each in read_truth(content)]
    decimals = 3 if file_format.name in MILLISECONDS else 6
    expected = sorted(
        (round(each.onset_s, decimals), round(each.offset_s, decimals), each.label)
        for each in events
    )
    assert [label for *_, label in read] == [label for *_, label in expected]
    for given_times, wanted in zip(read, expected, strict=True):
        assert given_times[:2] == pytest.approx(wanted[:2], abs=1e-9)


def test_a_format_that_is_not_read_says_so() -> None:
    names = {each.name for each in export.FORMATS if each.kind == "events"}
    assert set(UNREAD) < names
    assert len(READ) == len(names) - len(UNREAD)
