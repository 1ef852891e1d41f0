import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import ModelError
from models.tflite import LIST_LIMIT_BYTES, read_labels
from tests.hostile import forging

NETWORK = b"\x1c\0\0\0TFL3" + bytes(range(256)) * 8  # stands for the flatbuffer before the archive


def packed(folder: Path, members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    path = folder / "model.tflite"
    path.write_bytes(NETWORK + archive.getvalue())
    return path


def labels_in(path: Path, *names: str) -> tuple[str, ...]:
    found = read_labels(path, names)
    assert found is not None
    assert found.source == "packed"
    return found.labels


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_labels(path)
    assert path.name in caught.value.arrived
    assert str(path) not in caught.value.arrived  # a page may show it
    assert "UTF-8" in caught.value.allowed
    return caught.value.arrived


@pytest.mark.parametrize("members", [{}, {"a note": b""}, {"scores.bin": b"x"}])
def test_nothing_is_packed_into_a_file(tmp_path: Path, members: dict[str, bytes]) -> None:
    assert read_labels(packed(tmp_path, members)) is None


@pytest.mark.parametrize("content", [b"", NETWORK])
def test_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    assert read_labels(path) is None


def test_the_list_that_the_metadata_names_is_chosen(tmp_path: Path) -> None:
    path = packed(tmp_path, {"labels_a.txt": b"Dog\nCat", "labels_b.txt": b"Rain\nWind"})
    assert labels_in(path, "missing.txt", "labels_b.txt") == ("Rain", "Wind")


@pytest.mark.model
def test_yamnet_has_its_521_labels(yamnet_path: Path) -> None:
    labels = labels_in(yamnet_path)
    assert len(labels) == 521
    assert labels[0] == "Speech"


@pytest.mark.model
def test_yamnets_labels_are_the_display_names_of_its_class_map(
    yamnet_path: Path, shared_models: Path
) -> None:
    with (shared_models / "yamnet_class_map.csv").open(encoding="utf-8", newline="") as file:
        names = tuple(row["display_name"] for row in csv.DictReader(file))
    assert labels_in(yamnet_path) == names


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize(
    "text",
    [
        "Speech\nDog\nInside, small room\n",
        "Speech\nDog\nInside, small room",
        "Speech\r\nDog\r\nInside, small room\r\n\r\n",
        "\ufeffSpeech\nDog \nInside, small room\n",
    ],
)
def test_one_label_for_each_line(tmp_path: Path, text: str, method: int) -> None:
    path = packed(tmp_path, {"any name.TXT": text.encode()}, method=method)
    assert labels_in(path) == ("Speech", "Dog", "Inside, small room")


def test_labels_in_any_language(tmp_path: Path) -> None:
    path = packed(tmp_path, {"labels.txt": "Vögel\n鳥\nOiseau\u2028chanteur\n".encode()})
    assert labels_in(path) == ("Vögel", "鳥", "Oiseau\u2028chanteur")


def test_the_text_named_after_labels_is_chosen(tmp_path: Path) -> None:
    members = {"readme.txt": b"hello", "Label_list.txt": b"Dog\nCat", "scores.bin": b"x"}
    assert labels_in(packed(tmp_path, members)) == ("Dog", "Cat")


@pytest.mark.parametrize(
    "members",
    [
        {"labels_en.txt": b"Dog", "labels_de.txt": b"Hund"},
        {"one.txt": b"Dog", "two.txt": b"Cat"},
    ],
)
def test_no_single_list(tmp_path: Path, members: dict[str, bytes]) -> None:
    arrived = refusal(packed(tmp_path, members))
    assert "Several lists" in arrived
    assert all(name in arrived for name in members)


def test_no_file(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "absent.tflite")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"Dog\n\nCat\n", "label 2"),
        (b"Dog\nCat\nDog\n", "labels 1 and 3"),
        ("V\u00f6gel\n".encode("latin-1"), "not UTF-8"),
    ],
)
def test_no_usable_list(tmp_path: Path, content: bytes, complaint: str) -> None:
    assert complaint in refusal(packed(tmp_path, {"labels.txt": content}))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = packed(tmp_path, {"labels.txt": bytes(50 * LIST_LIMIT_BYTES)})
    assert path.stat().st_size < LIST_LIMIT_BYTES
    assert f"{50 * LIST_LIMIT_BYTES:,} bytes" in refusal(path)


def test_a_bomb_that_lies_about_its_size_is_not_unpacked(tmp_path: Path) -> None:
    size = 50 * LIST_LIMIT_BYTES
    path = packed(tmp_path, {"labels.txt": bytes(size)})
    content = path.read_bytes()
    lie = content.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lie != content
    path.write_bytes(lie)
    assert "damaged" in refusal(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_bound_are_refused(tmp_path: Path, method: int) -> None:
    path = packed(tmp_path, {"labels.txt": b"Dog\nCat\n"}, method=method)
    assert "neither stored nor deflated" in refusal(path)


def test_a_damaged_list(tmp_path: Path) -> None:
    path = packed(tmp_path, {"labels.txt": b"Dog\nCat\n"}, method=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"Cat", b"Bat"))
    assert "damaged" in refusal(path)


def test_an_encrypted_list(tmp_path: Path) -> None:
    path = packed(tmp_path, {"labels.txt": b"Dog\nCat\n"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flags in the archive's index
    path.write_bytes(content)
    assert "encrypted" in refusal(path)


@pytest.mark.parametrize(
    "forge", [bytes, forging.stating_little_in_its_end, forging.stating_much_in_zip64]
)
def test_an_archive_of_very_many_members_is_refused_unread(
    tmp_path: Path, forge: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(NETWORK + forge(forging.archive({f"{n:060}": b"" for n in range(3_000)})))
    assert zipfile.is_zipfile(path)
    assert "its index has" in refusal(path)
