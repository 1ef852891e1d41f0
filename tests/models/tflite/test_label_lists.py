from pathlib import Path

import pytest

from models.errors import MAX_PART_CHARACTERS, ModelError
from models.tflite import LIST_LIMIT_BYTES, LabelList, beside, numbered, read_list


def listed(folder: Path, text: str | bytes, name: str = "labels.txt") -> tuple[str, ...]:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_list(path).labels


@pytest.mark.parametrize(
    "text",
    [
        "Dog\nCat\nInside, small room\n",
        "Dog\r\nCat\r\nInside, small room",
        "\ufeffDog \n Cat\nInside, small room\n\n",
    ],
)
def test_lines(tmp_path: Path, text: str) -> None:
    assert listed(tmp_path, text) == ("Dog", "Cat", "Inside, small room")


def test_numbered_lines_of_teachable_machine(tmp_path: Path) -> None:
    text = "0 Background Noise\n1 Clap\n2 3 claps"
    assert listed(tmp_path, text) == ("Background Noise", "Clap", "3 claps")


@pytest.mark.parametrize("text", ["1 second\n2 seconds", "0 dB\n60 dB", "0 a\n1 b\nc"])
def test_numbers_that_are_part_of_labels_stay(tmp_path: Path, text: str) -> None:
    assert listed(tmp_path, text) == tuple(text.split("\n"))


@pytest.mark.parametrize(
    "text",
    [
        'Dog\nCat\n"Inside, small room"\n',
        '0,Dog\n1,Cat\n2,"Inside, small room"\n',
        '2,"Inside, small room"\n0,Dog\n1,Cat\n',
        'label\nDog\nCat\n"Inside, small room"\n',
        'index,mid,display_name\n0,/m/a,Dog\n1,/m/b,Cat\n2,/t/c,"Inside, small room"',
        'Index,MID,Display_Name\r\n1,b,Cat\r\n0,a,Dog\r\n2,c,"Inside, small room"\r\n',
        'mid,label,notes\nx,Dog,\ny,Cat,\nz,"Inside, small room",quiet\n',
    ],
)
def test_tables(tmp_path: Path, text: str) -> None:
    assert listed(tmp_path, text, "labels.csv") == ("Dog", "Cat", "Inside, small room")


@pytest.mark.recordings
def test_yamnets_class_map(shared_models: Path) -> None:
    labels = read_list(shared_models / "yamnet_class_map.csv").labels
    assert len(labels) == 521
    assert labels[0] == "Speech"


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.txt", b"", "empty"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"label\n", "empty"),
        ("a.txt", b"Dog\n\nCat\n", "label 2"),
        ("a.txt", b"Dog\nCat\nDog\n", "labels 1 and 3"),
        ("a.txt", b"\xff\xfe\x00", "not UTF-8"),
        ("a.csv", b'"Dog\n', "no CSV"),
        ("a.csv", b"Dog,1,2\nCat,3,4\n", "columns dog, 1, 2"),
        ("a.csv", b"label,x\nDog\n", "differ in length"),
        ("a.csv", b"1,Dog\n2,Cat\n", "does not count from 0"),
        ("a.csv", b"index,label\n0,Dog\n0,Cat\n", "does not count from 0"),
        ("a.txt", b"x" * (LIST_LIMIT_BYTES + 1), "the most that is read"),
        ("a.csv", b"x" * 200_000, "no CSV"),
    ],
)
def test_what_is_no_list(tmp_path: Path, name: str, content: bytes, complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint) as caught:
        listed(tmp_path, content, name)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("labels", [(), ("",), ("Dog", ""), ("Dog", "Dog")])
def test_labels_from_anywhere_differ_and_say_something(labels: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match="list of labels"):
        LabelList(labels, "given")


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_list(tmp_path / "none.txt")


def test_the_list_beside_a_model_is_the_one_that_names_it(tmp_path: Path) -> None:
    model = tmp_path / "frogs.v2.tflite"
    assert beside(model) is None
    names = [
        "class_map.csv",
        "labels.csv",
        "labels.txt",
        "frogs.v2_class_map.csv",
        "frogs.v2_labels.csv",
        "frogs.v2_labels.txt",
        "frogs.v2.csv",
        "frogs.v2.txt",
    ]
    for number, name in enumerate(names):  # each goes before those that were there
        (tmp_path / name).write_text(f"{number}")
        assert beside(model) == LabelList((f"{number}",), "beside", name)
    (tmp_path / "toads.txt").write_text("not this one")
    assert beside(model) == LabelList(("7",), "beside", "frogs.v2.txt")


def test_numbers_in_place_of_names() -> None:
    assert numbered(3).labels == ("Class 0", "Class 1", "Class 2")
    assert numbered(3).source == "numbered"


@pytest.mark.parametrize("digit", ["9", "٣"])
def test_numbers_too_long_for_python_are_no_numbers(tmp_path: Path, digit: str) -> None:
    with pytest.raises(ModelError, match="5,004 characters in its label 1"):
        listed(tmp_path, digit * 5000 + " foo\nbar")


def test_a_message_is_no_longer_than_a_page_can_show(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has the columns x, x, x") as caught:
        listed(tmp_path, "x," * 100_000, "labels.csv")
    assert len(str(caught.value)) < 3 * MAX_PART_CHARACTERS + 3
