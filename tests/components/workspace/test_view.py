"""Choices about the recordings."""

from components.workspace.view import TruthList, View


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
