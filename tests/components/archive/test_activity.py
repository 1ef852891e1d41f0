"""The heat map of activity."""

from datetime import date, datetime, timedelta

import numpy as np

from components.archive.activity import MAX_DAYS, by_day_and_hour, figure, in_words
from components.style.palette import palette_for

COUNTS = {datetime(2026, 5, 1, 8): 3, datetime(2026, 5, 3, 23): 4}


def test_every_day_between_has_a_row() -> None:
    days, numbers = by_day_and_hour(COUNTS)
    assert days == [date(2026, 5, 1), date(2026, 5, 2), date(2026, 5, 3)]
    assert numbers.shape == (3, 24)
    assert (numbers[0, 8], numbers[2, 23], numbers.sum()) == (3, 4, 7)
    assert by_day_and_hour({})[0] == []


def test_many_days_become_weeks() -> None:
    first = datetime(2025, 1, 1, 6)  # a Wednesday
    counts = {first + timedelta(days=n): 1 for n in range(MAX_DAYS + 10)}
    days, numbers = by_day_and_hour(counts)
    assert all(day.weekday() == 0 for day in days)
    assert len(days) == 54
    assert numbers[:, 6].sum() == len(counts)
    assert numbers[1, 6] == 7


def test_the_figure_has_the_numbers_and_words_say_when_most_is() -> None:
    drawn = figure(COUNTS, palette_for("light"))
    assert np.array_equal(drawn.data[0].z, by_day_and_hour(COUNTS)[1])
    assert drawn.data[0].text[0][8] == "1 May 2026, 08:00"
    assert in_words(COUNTS) == (
        "Number of results by day and hour: 7 in all, most of them from 23:00 to 24:00."
    )
