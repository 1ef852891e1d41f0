"""Questions to an archive, and their answers."""

from datetime import date, datetime, time

import pytest

import models
from components.archive.filters import as_pattern
from components.archive.questions import (
    Question,
    Reviewed,
    all_events,
    answer,
    by_hour,
    reviewed_last,
)
from components.workspace.archive_reviews import ArchiveReviews, Sound
from models.archive import Archive, Hit
from models.archive.querying import Among
from models.errors import SettingError


def quiet(_fraction: float) -> None:
    return None


def hit(onset_s: float, offset_s: float, score: float = 0.5, label: str = "", at: int = 1) -> Hit:
    return Hit("/r.wav", onset_s, offset_s, score, label, datetime(2026, 5, 1, 8), at)


def test_events_of_several_classes_are_merged_by_score(archive: Archive) -> None:
    question = Question("classes", labels=("Siren", "Music"))
    found = answer(archive, question, quiet)
    assert {one.label for one in found.hits} == {"Siren", "Music"}
    scores = [one.score for one in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert len(found.hits) == sum(len(archive.events(one)) for one in question.labels)
    assert found.activity == by_hour(found.hits)
    assert all_events(archive, question, 2) == list(found.hits[:2])
    assert not found.is_full


def test_filters_leave_out_what_lies_elsewhere(archive: Archive) -> None:
    for among, expected in (
        (Among(after=date(2026, 5, 2)), {datetime(2026, 5, 4, 8)}),
        (Among(before=date(2026, 5, 2)), {datetime(2026, 5, 1, 8)}),
        (Among(time_of_day=(time(19), time(21))), set()),
        (Among(path=as_pattern("20260504")), {datetime(2026, 5, 4, 8)}),
    ):
        found = answer(archive, Question("classes", among, labels=("Siren",)), quiet)
        assert set(found.activity) == expected


def test_sounds_like_an_example_are_found_one_by_one(archive: Archive) -> None:
    siren = archive.events("Siren")[0]
    by_hit = answer(archive, Question("similar", examples=(siren,)), quiet)
    sound = Sound("siren", "a siren", lambda: archive.excerpt(siren, 0.0))
    by_sound = answer(archive, Question("similar", examples=(sound,)), quiet)
    for found in (by_hit, by_sound):
        first = found.hits[0]
        assert first.recording in {one.recording for one in archive.events("Siren")}
        assert first.offset_s - first.onset_s < 10  # not the whole recording, as all is near
    without = answer(
        archive, Question("similar", examples=(siren,), negative=(by_hit.hits[0],)), quiet
    )
    assert without.hits[0].score < by_hit.hits[0].score


def test_a_search_by_taught_classes_needs_one(archive: Archive) -> None:
    with pytest.raises(SettingError, match="No class was taught yet"):
        answer(archive, Question("taught"), quiet)


def test_an_unknown_class_is_told(archive: Archive) -> None:
    with pytest.raises(SettingError, match="no class 'Yodel'"):
        answer(archive, Question("classes", labels=("Yodel",)), quiet)


def test_a_review_holds_for_the_same_sound_with_other_edges() -> None:
    known = Reviewed({hit(1, 3, label="Dog"): True, hit(10, 12): False})
    assert known.review(hit(1, 3, label="Dog")) is True
    assert known.review(hit(1.2, 3.4)) is True
    assert known.review(hit(1.2, 3.4, label="Cat")) is None
    assert known.review(hit(2.8, 6)) is None
    assert known.review(hit(1, 30)) is None
    assert known.review(hit(10, 12, at=2)) is None
    assert known.review(hit(10, 12, label="Cat")) is False


def test_the_latest_review_counts() -> None:
    assert Reviewed({hit(1, 3): True, hit(1, 3.1): False}).review(hit(1, 3)) is False


def test_reviewed_hits_come_last() -> None:
    hits = [hit(4, 5, 0.5), hit(2, 3, 0.55), hit(6, 7, 0.2), hit(0, 1, 0.9)]
    ordered = reviewed_last(hits, {hits[0]: True, hits[2]: False})
    assert [one.score for one in ordered] == [0.55, 0.9, 0.5, 0.2]


def test_a_taught_class_is_looked_for_where_and_in_the_order_that_is_asked(
    archive: Archive,
) -> None:
    sirens = [archive.excerpt(one) for one in archive.events("Siren")]
    base = models.open_classifier("builtin", workers=1)
    taught = models.teach({"Alarm": sirens}, base=base)
    everything = answer(archive, Question("taught", min_score=0.2, taught=taught), quiet)
    among = Among(after=date(2026, 5, 2))
    later = answer(
        archive,
        Question("taught", among, 0.2, taught=taught, uncertain_first=True),
        quiet,
    )
    after = datetime(2026, 5, 2)
    assert set(later.hits) == {one for one in everything.hits if one.at and one.at >= after}
    assert 0 < len(later.hits) < len(everything.hits)
    doubts = [abs(one.score - 0.5) for one in later.hits]
    assert doubts == sorted(doubts)


def test_hits_without_a_time_are_not_counted_by_the_hour() -> None:
    untimed = Hit("/r.wav", 0.0, 1.0, 0.5)
    assert by_hour([hit(3599, 3600), hit(3601, 3602), untimed]) == {
        datetime(2026, 5, 1, 8): 1,
        datetime(2026, 5, 1, 9): 1,
    }


@pytest.mark.parametrize(
    ("words", "pattern"), [("", None), ("night", "*night*"), ("*/n/*.wav", "*/n/*.wav")]
)
def test_a_part_of_a_path_is_a_pattern(words: str, pattern: str | None) -> None:
    assert as_pattern(words) == pattern


def test_reviews_are_kept_by_archive_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.workspace.archive_reviews.MAX_REVIEWS", 3)
    kept = ArchiveReviews()
    for number in range(5):
        kept.review("a", hit(number, number + 1), accepted=True)
    kept.review("b", hit(0, 1), accepted=False)
    assert [one.onset_s for one in kept.of("a")] == [2, 3, 4]
    kept.review("a", hit(3, 4), accepted=None)
    assert [one.onset_s for one in kept.of("a")] == [2, 4]
    assert kept.n_bytes > 0
    kept.forget("a")
    assert kept.of("a") == {}
    assert kept.of("b") == {hit(0, 1): False}
