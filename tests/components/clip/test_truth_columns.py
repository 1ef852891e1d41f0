"""A list whose columns are unknown is shown, and its columns are asked for and remembered."""

from streamlit.testing.v1 import AppTest

from models.events.truth import Columns, TrueEvent
from tests.components.pages import open_app, press, workspace_of

LIST = b"Klasse;Anfang;Dauer\nSpeech;0,5;1,25\nDog;2;0,5\n"


def given(content: bytes) -> AppTest:
    page = open_app(clip="demonstration")
    drop(page, content)
    return page


def drop(page: AppTest, content: bytes) -> None:
    page.file_uploader[-1].set_value(("list.csv", content, "text/csv"))
    page.run()
    assert not page.exception


def choose(page: AppTest, **columns: int) -> None:
    for name, place in columns.items():
        next(b for b in page.selectbox if (b.key or "").endswith(f"-{name}")).set_value(place)


def kind_is(page: AppTest, name: str) -> None:
    next(radio for radio in page.radio if (radio.key or "").endswith("-kind")).set_value(name)


def truth_of(page: AppTest) -> list[TrueEvent]:
    (found,) = workspace_of(page).view.truth.values()
    return list(found.events)


EXPECTED = [TrueEvent(0.5, 1.75, "Speech"), TrueEvent(2, 2.5, "Dog")]


def test_columns_are_asked_for_and_remembered() -> None:
    page = given(LIST)
    assert any("Which column of" in each.value for each in page.markdown)
    rows = next(frame.value for frame in page.dataframe if "1" in frame.value)
    assert rows["1"].tolist() == ["Klasse", "Speech", "Dog"]
    choose(page, onset=1, second=2, label=0)
    kind_is(page, "Length")
    press(page, "Read the list")
    assert not page.exception
    assert truth_of(page) == EXPECTED
    view = workspace_of(page).view
    assert not view.truth_questions
    assert list(view.truth_columns.values()) == [
        Columns(1, None, (0,), duration=2, has_header=True)
    ]
    press(page, "Remove the list")
    assert not view.truth
    drop(page, LIST + b"Cat;3;1\n")  # another list of the same columns is read at once
    assert truth_of(page) == [*EXPECTED, TrueEvent(3, 4, "Cat")]


def test_a_column_cannot_be_two_things() -> None:
    page = given(LIST)
    choose(page, onset=1, second=1, label=0)
    press(page, "Read the list")
    assert "One column was chosen for two things" in page.error[0].value
    assert workspace_of(page).view.truth_questions
    choose(page, onset=0, second=2, label=1)
    press(page, "Read the list")
    assert "“Speech” where a time belongs" in page.error[0].value
    press(page, "Cancel")
    assert not workspace_of(page).view.truth_questions
    assert not page.exception


def test_a_row_without_a_label_is_told() -> None:
    page = given(b"onset,offset,label\n1,2,Speech\n3,4,\n")
    assert truth_of(page) == [TrueEvent(1, 2, "Speech")]
    told = " ".join(each.value.replace("\\", "") for each in page.caption)
    assert "1 event without a label was passed over: line 3." in told


def test_a_question_counts_in_the_workspace_and_goes_with_its_recording() -> None:
    page = given(LIST)
    view = workspace_of(page).view
    assert view.n_bytes == len(LIST)
    (digest,) = view.truth_questions
    view.forget(digest)
    assert view.n_bytes == 0
