"""Choices about the recordings."""

from components.workspace.choices import MAX_MATCHED, TruthList, TruthOfMany, View
from models.events.truth import TrueEvent


def test_thresholds_that_are_set_otherwise_begin_another_edition_of_their_table() -> None:
    view = View()
    first = view.table.edition
    view.set_thresholds({"Speech": 0.5})
    second = view.table
    view.set_thresholds({"Speech": 0.5})
    assert (second.edition, view.table.edition) == (first + 1, first + 2)
    assert view.thresholds == second.thresholds == {"Speech": 0.5}


def test_each_wish_has_a_number_of_its_own() -> None:
    view = View()
    assert view.wish is None
    wishes = []
    for _ in range(3):
        view.make_wish(1.0, 2.5)
        wishes.append(view.wish)
    assert len({wish.number for wish in wishes}) == 3
    assert {(wish.onset_s, wish.offset_s) for wish in wishes} == {(1.0, 2.5)}


def test_what_is_about_a_recording_is_forgotten_with_it() -> None:
    view = View()
    view.truth = {digest: TruthList("truth.txt", ()) for digest in ("a", "b")}
    view.forget("a")
    view.forget("a")
    assert set(view.truth) == {"b"}


def test_a_list_of_several_recordings_is_matched_by_name() -> None:
    view, bark = View(), TrueEvent(0, 1, "Bark")
    view.truth_of_many = TruthOfMany("all.tsv", {"a.wav": [bark], "b.wav": []})
    view.truth = {"digest of a": TruthList("own.txt", [])}
    assert view.truth_of("digest of a", "a.wav").file_name == "own.txt"
    assert view.truth_of("digest of b", "b.flac").events == []
    assert view.truth_of("digest of b", "b.flac").labels == {"Bark"}
    assert view.truth_of("digest of c", "c.wav") is None
    assert view.n_bytes == view.truth_of_many.n_bytes > 0
    view.remove_truth("digest of a")
    assert view.truth_of("digest of a", "a.wav").events == [bark]
    view.remove_truth("digest of a")
    assert view.truth_of("digest of b", "b.wav") is None


def test_what_was_passed_over_is_told_beside_each_clip_of_a_list() -> None:
    many = TruthOfMany("all.tsv", {"a.wav": []}, ("1 event was passed over.",))
    found = many.find("a.wav")
    assert found is not None
    assert found.notices == ("1 event was passed over.",)


def test_matched_names_are_bounded() -> None:
    many = TruthOfMany("all.tsv", {"a.wav": []})
    for number in range(MAX_MATCHED + 1):
        assert many.find(f"{number}.wav") is None
    assert len(many._found) == 1
