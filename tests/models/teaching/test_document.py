import io
import json
import pickle
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import Cancelled, ModelError
from models.teaching import document
from models.teaching.document import as_bytes, read_document, write_document
from models.teaching.learnt import Learnt
from tests.hostile import forging
from tests.models.teaching.parts import example, learnt

Index = dict[str, Any]


@pytest.fixture(scope="module")
def kept() -> Learnt:
    examples = [example("Häuser, |*<b>", n, with_clip=True) for n in range(3)]
    examples += [example("Clapping", n, with_clip=True) for n in range(3)]
    examples.append(example("Clapping", 3, n_windows=0, level_dbfs=-np.inf))
    return learnt(examples)


@pytest.fixture(scope="module")
def content(kept: Learnt) -> bytes:
    return as_bytes(kept)


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "forged.earmark"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return path


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_document(path)
    assert caught.value.arrived.startswith(f"{path.name} cannot be opened: ")
    assert ".earmark" in caught.value.allowed
    return caught.value.arrived


@pytest.mark.parametrize("with_audio", [False, True])
def test_what_is_read_is_what_was_written(kept: Learnt, tmp_path: Path, with_audio: bool) -> None:
    examples = tuple(one for one in kept.examples if one.clip is not None or not with_audio)
    path = write_document(kept, tmp_path / "a.b", with_audio=False)
    assert path.name == "a.b.earmark"
    if with_audio:
        kept = learnt(list(examples))
        path = write_document(kept, path, with_audio=True)
    read = read_document(path)
    assert as_bytes(read, with_audio=with_audio) == path.read_bytes()
    assert (read.labels, read.base, read.strength) == (kept.labels, "yamnet", kept.strength)
    assert read.assessment is not None
    assert kept.assessment is not None
    assert read.assessment.mistakes == kept.assessment.mistakes
    for ours, theirs in zip(read.examples, kept.examples, strict=True):
        assert (ours.label, ours.recording, ours.level_dbfs) == (
            theirs.label,
            theirs.recording,
            theirs.level_dbfs,
        )
        np.testing.assert_allclose(ours.embeddings, theirs.embeddings, rtol=1e-3)
        assert (ours.clip is not None) == with_audio
        if ours.clip is not None and theirs.clip is not None:
            assert np.abs(ours.clip.samples - theirs.clip.samples).max() < 1e-4
    scores = [
        one.head.scores(kept.examples[0].embeddings, np.ones(6, bool)) for one in (read, kept)
    ]
    np.testing.assert_array_equal(*scores)
    assert list(tmp_path.iterdir()) == [path]


def test_sound_that_is_gone_cannot_go_along(kept: Learnt, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="audio of 1 examples is not available"):
        write_document(kept, tmp_path / "a", with_audio=True)


def test_it_holds_no_pickle(content: bytes) -> None:
    for name, member in members_of(content).items():
        if name.endswith(".npy"):
            assert np.load(io.BytesIO(member), allow_pickle=False).dtype.kind == "f"
        else:
            assert json.loads(member)["version"] == 1


class Bomb:
    """What a pickle runs when it is opened."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return pytest.fail, ("a pickle was opened",)


def forged_header(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f4", "fortran_order": False, "shape": shape}
    )
    return file.getvalue()


def unreadable_header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    ("name", "member", "said"),
    [
        ("weights.npy", pickle.dumps(Bomb()), "damaged|no NPY"),
        ("weights.npy", npy(np.array([[Bomb()] * 2], dtype=object)), "is no float32"),
        ("weights.npy", unreadable_header("(" * 3000), "is no float32"),
        ("weights.npy", unreadable_header("if a:\n  b\n c\n"), "is no float32"),
        ("weights.npy", npy(np.zeros((2, 512))), "is no float32"),
        ("weights.npy", npy(np.zeros((2, 1023), np.float32)), "is no float32"),
        ("weights.npy", npy(np.asfortranarray(np.zeros((2, 1024), np.float32))), "is no float32"),
        ("weights.npy", npy(np.full((2, 1024), np.nan, np.float32)), "no numbers"),
        ("weights.npy", forged_header((2, 1024)), "has 0 bytes"),
        ("weights.npy", forged_header((10**9, 10**9)), "is no float32"),
        ("weights.npy", npy(np.full((2, 1024), 3e38, np.float32)), "beyond 1,000,000"),
        ("centre.npy", npy(np.full(1024, -3e38, np.float32)), "beyond 1,000,000"),
        ("biases.npy", npy(np.full(2, 1.1e6, np.float32)), "beyond 1,000,000"),
        ("biases.npy", npy(np.full(2, np.inf, np.float32)), "no numbers"),
        ("biases.npy", bytes(10_000_000), "larger than it says"),
        ("centre.npy", b"", "no NPY"),
        ("embeddings.npy", npy(np.full((36, 1024), -1, np.float16)), "below zero"),
        ("../outside.npy", b"x", "also holds '../outside.npy'"),
        ("/etc/passwd", b"x", "also holds '/etc/passwd'"),
        ("audio/0.npy", npy(np.zeros(3, np.int16)), "also holds 'audio/0.npy'"),
        ("earmark.json", b"[" * 100_000, "damaged"),
        ("earmark.json", b"[]", "no named fields"),
        ("earmark.json", b"\xff\xfe", "damaged"),
        ("earmark.json", b" " * ((16 << 20) + 1), "larger than it says"),
    ],
)
def test_a_forged_member_is_refused(
    content: bytes, tmp_path: Path, name: str, member: bytes, said: str
) -> None:
    path = pack(tmp_path, members_of(content) | {name: member})
    with pytest.raises(ModelError, match=said):
        read_document(path)
    assert [one.name for one in tmp_path.rglob("*")] == [path.name]


def test_what_is_just_not_too_large_gives_scores(content: bytes) -> None:
    most = np.float32(document.MAX_MAGNITUDE)
    signs = np.random.default_rng(0).choice([-most, most], (2, 1024)).astype(np.float32)
    forged = {
        "weights.npy": npy(signs),
        "biases.npy": npy(signs[:, 0]),
        "centre.npy": npy(signs[0]),
    }
    for kind in ("exclusive", "independent"):
        index = {**json.loads(members_of(content)["earmark.json"]), "scores": kind}
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, member in (members_of(content) | forged).items():
                archive.writestr(name, json.dumps(index) if name == "earmark.json" else member)
        head = read_document(file).head
        embeddings = np.full((3, 1024), np.finfo(np.float16).max, np.float32)
        with np.errstate(all="raise", under="ignore"):
            scores = head.scores(embeddings, np.ones(3, bool))
        assert np.isfinite(scores).all()


def change(at: str, value: object) -> Callable[[Index], None]:
    """Set a field, such as ``examples.0.label``, to something else."""

    def apply(index: Index) -> None:
        *way, last = [int(part) if part.isdigit() else part for part in at.split(".")]
        inner: Any = index
        for part in way:
            inner = inner[part]
        inner[last] = value

    return apply


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        ("format", "zip", "something else"),
        ("format", 3, "is not a text"),
        ("version", 2, "of a newer Earmark"),
        ("version", True, "whole number"),
        ("labels", ["a"], "labels"),
        ("labels", ["a", "a"], "labels"),
        ("labels", ["a", 3], "texts"),
        ("labels", ["a", "b\nc"], "labels"),
        ("labels", ["x"] * 1001, "list of up to 1000"),
        ("labels", ["a", "b", "c"], "is no float32"),
        ("scores", "soft", "known"),
        ("base.name", "../../etc/passwd", "known"),
        ("base.sha256", "0" * 64, "is based on another yamnet"),
        ("base", None, "no named fields"),
        ("settings.strength", float("inf"), "the number Infinity"),
        ("settings.temperature", 0, "a number from"),
        ("settings.temperature", "1", "a number"),
        ("examples", {}, "list"),
        ("examples.0", None, "no named fields"),
        ("examples.0.label", "Of another file", "known"),
        ("examples.0.windows", -1, "whole number"),
        ("examples.0.windows", 10**12, "whole number"),
        ("examples.0.windows", 59_999, "more than are read"),
        ("examples.0.windows", 7, "is no float16"),
        ("examples.0.samples", 16_000, "no audio/0.npy"),
        ("examples.0.samples", 10**10, "whole number"),
        ("examples.0.sha256", "short", "SHA-256"),
        ("examples.0.clipped", 2, "a number from 0 to 1"),
        ("examples.0.synthesised", 1, "true or false"),
        ("assessment.confusion", [[1, 2]], "table of 2 by 2"),
        ("assessment.confusion", [[0, 0], [0, 0]], "counts nothing"),
        ("assessment.confusion", [[1, -1], [0, 0]], "table of 2 by 2"),
        ("assessment.mistakes", [{"example": 99, "heard_as": "Clapping", "score": 1}], "whole"),
    ],
)
def test_a_forged_field_is_refused(
    content: bytes, tmp_path: Path, at: str, value: object, said: str
) -> None:
    members = members_of(content)
    index = json.loads(members["earmark.json"])
    change(at, value)(index)
    path = pack(tmp_path, members | {"earmark.json": json.dumps(index).encode()})
    assert said in refusal(path)


def test_what_is_no_such_file_is_refused(content: bytes, tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "missing.earmark")
    assert "cannot be read" in refusal(tmp_path)
    for length in (0, 100, len(content) // 2, len(content) - 1):
        path = tmp_path / "short.earmark"
        path.write_bytes(content[:length])
        assert "damaged" in refusal(path)
    assert "has no earmark.json" in refusal(pack(tmp_path, {"a.txt": b"a"}))
    members = members_of(content)
    del members["biases.npy"]
    assert "has no biases.npy" in refusal(pack(tmp_path, members))


def test_it_is_read_out_of_memory_too(kept: Learnt, content: bytes) -> None:
    assert read_document(io.BytesIO(content)).labels == kept.labels
    with pytest.raises(ModelError, match=r"^mine\.earmark cannot be opened: it is damaged"):
        read_document(io.BytesIO(b"mine"), "mine.earmark")


def test_reading_tells_how_far_it_is_and_can_be_ended(content: bytes) -> None:
    fractions: list[float] = []
    read_document(io.BytesIO(content), progress=fractions.append)
    assert fractions == pytest.approx([(one + 1) / 7 for one in range(7)])

    def leave(_fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_document(io.BytesIO(content), progress=leave)


def test_two_members_of_one_name_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "twice.earmark"
    path.write_bytes(content)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("earmark.json", "{}")
    assert "same name" in refusal(path)


def test_only_what_can_be_bounded_is_unpacked(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.earmark"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("earmark.json", members_of(content)["earmark.json"])
    assert "packed in a way" in refusal(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_of_any_kind_is_an_error_of_ours(
    content: bytes, tmp_path: Path, data: st.DataObject
) -> None:
    """Bytes flipped anywhere: the file opens, or is refused, and nothing else happens."""
    damaged = bytearray(content)
    places = st.integers(0, len(content) - 1) | st.integers(len(content) - 600, len(content) - 1)
    for at in data.draw(st.lists(places, min_size=1, max_size=8)):
        damaged[at] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.earmark"
    path.write_bytes(damaged)
    try:
        read_document(path)
    except ModelError as error:
        assert path.name in error.arrived


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


ALIEN_MEMBERS = st.binary(max_size=60) | st.sampled_from(
    [
        forged_header((2, 1024)),
        forged_header((0, 0)),
        forged_header((2**62, 4)),
        npy(np.zeros((2, 1024), np.float32)),
        npy(np.zeros((), np.float16)),
        npy(np.array(["a"])),
        b"\x93NUMPY\x03\x00\xff\xff\xff\xff{",
        b"\x93NUMPY\x09\x00\x00\x00",
    ]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_other_members_are_an_error_of_ours(
    content: bytes, tmp_path: Path, data: st.DataObject
) -> None:
    """Members exchanged, doubled, left out, of other kinds and stored in other ways."""
    members = members_of(content)
    names = st.sampled_from([*members, "../weights.npy", "x.json"])
    path = tmp_path / "forged.earmark"
    ways = st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
    with zipfile.ZipFile(path, "w", data.draw(ways)) as archive:
        kept = data.draw(st.lists(st.sampled_from([*members]), unique=True, min_size=4))
        for name in kept:
            archive.writestr(name, members[name])
        for name in data.draw(
            st.lists(names.filter(lambda n: n not in kept), max_size=3, unique=True)
        ):
            other = st.sampled_from([*members.values()])
            archive.writestr(name, data.draw(ALIEN_MEMBERS | other))
    try:
        read_document(path)
    except ModelError as error:
        assert path.name in error.arrived


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_other_json_is_an_error_of_ours(
    content: bytes, tmp_path: Path, data: st.DataObject
) -> None:
    members = members_of(content)
    index = json.loads(members["earmark.json"])
    ways = [*index, "base.name", "settings.strength", "assessment.folds", "assessment.mistakes"]
    ways += [f"examples.0.{name}" for name in index["examples"][0]]
    change(data.draw(st.sampled_from(ways)), data.draw(JSON))(index)
    path = pack(tmp_path, members | {"earmark.json": json.dumps(index).encode()})
    try:
        read_document(path)
    except ModelError as error:
        assert path.name in error.arrived


def test_what_is_too_much_is_not_written(
    kept: Learnt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "MAX_WINDOWS", 35)
    with pytest.raises(ModelError, match="36 windows"):
        write_document(kept, tmp_path / "a", with_audio=False)


def test_an_archive_of_very_many_members_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "many.earmark"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(60_000):
            archive.writestr(zipfile.ZipInfo(f"a rather long name of a member, {number}"), b"")
    assert "more members than are read" in refusal(path)


def test_windows_that_no_duration_holds_are_refused(tmp_path: Path, content: bytes) -> None:
    members = members_of(content)
    index: Index = json.loads(members["earmark.json"])
    index["examples"][0]["duration_s"] = 0.0
    members["earmark.json"] = json.dumps(index).encode()
    assert "more windows than its duration holds" in refusal(pack(tmp_path, members))


def test_joiners_may_stand_in_labels(tmp_path: Path) -> None:
    labels = ("\N{WOMAN}\N{ZERO WIDTH JOINER}\N{FIRE ENGINE}", "می\N{ZERO WIDTH NON-JOINER}خواهم")
    taught = learnt([example(label, number) for label in labels for number in range(2)])
    path = write_document(taught, tmp_path / "joined", with_audio=False)
    assert set(read_document(path).labels) == set(labels)


@pytest.mark.parametrize(
    "forge", [forging.stating_little_in_its_end, forging.stating_much_in_zip64]
)
def test_a_long_index_cannot_hide(tmp_path: Path, forge: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "many.earmark"
    content = forge(forging.archive({f"a rather long name, {n:060}": b"" for n in range(40_000)}))
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:  # as zipfile sees it
        assert len(archive.infolist()) == 40_000
    assert "more members than are read" in refusal(path)


@pytest.mark.parametrize("item", [b"[]", b"{}", b'"ab"', b"1.5"])
def test_a_small_file_takes_little_memory(item: bytes) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        items = b",".join([item] * ((8 << 20) // (len(item) + 1) - 10))
        archive.writestr("earmark.json", b'{"labels": [' + items + b"]}")
    assert len(file.getvalue()) < 20_000
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match="more entries than are read"):
            read_document(file)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 32 << 20


def test_the_largest_index_that_is_written_is_read() -> None:
    """All examples and classes that there may be, with such characters in each name."""
    name = 'a "b" [c], {d}'
    fields = {"label": name, "recording": name, "sha256": "0" * 64, "duration_s": 1.5, "windows": 3}
    more = {"level_dbfs": -20.5, "clipped": 0.0, "synthesised": False, "samples": 1, "rate": 16000}
    examples = [fields | more] * document.MAX_EXAMPLES
    mistakes = [{"example": 1, "heard_as": name, "score": 0.5}] * document.MAX_EXAMPLES
    confusion = np.ones((document.MAX_CLASSES, document.MAX_CLASSES), int).tolist()
    index = json.dumps({"x": examples, "y": mistakes, "z": confusion}, indent=1).encode()
    for sign, most in document._MOST_SIGNS.items():
        assert index.count(sign) <= most
