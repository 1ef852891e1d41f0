"""Session files: what is read is what was written, and what others wrote is refused."""

import hashlib
import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import Cancelled, SessionError
from models.events.annotation import ReviewedEvent
from models.events.truth import TrueEvent
from models.session import (
    ManyTruths,
    Session,
    SessionClip,
    SessionTruth,
    open_session,
    write_session,
)
from models.session import index as session_index

Index = dict[str, Any]

RAIN, BIRD, GONE = b"rain" * 100_000, b"", b"not here"


def digest(sound: bytes) -> str:
    return hashlib.sha256(sound).hexdigest()


EVENTS = (
    TrueEvent(0.1, 0.30000000000000004, "Chirp, tweet"),
    TrueEvent(0.0, 86_400.0, "=1+1"),
    TrueEvent(2.0, 2.0, "Chirp, tweet"),
)
REVIEWED = (ReviewedEvent(0.0, 0.25, "Chirp, tweet", 1), ReviewedEvent(5.0, 6.0, "Dog", None))
SESSION = Session(
    clips=(
        SessionClip(
            name="../../Häuser, |*<b>.wav",
            digest=digest(RAIN),
            size_bytes=len(RAIN),
            remark="The first minute is kept.",
            is_live=True,
            gaps=((0.5, 0.75), (1.0, 1.0)),
            audio_track=2,
            channels=5,
            truth=SessionTruth("true.txt", EVENTS, ("One row was passed over.",)),
        ),
        SessionClip("bird.wav", digest(BIRD), len(BIRD), channels="left"),
        SessionClip(
            "gone.wav",
            digest(GONE),
            len(GONE),
            truth=SessionTruth("", (), annotated=frozenset({"Rain", "Dog"})),
        ),
        SessionClip(
            "annotated.wav",
            digest(b"annotated"),
            9,
            truth=SessionTruth("", EVENTS, annotated=frozenset(), reviewed=REVIEWED),
        ),
    ),
    selected=digest(BIRD),
    settings={"threshold": ("0.5",), "only": ("Dog", "Chirp, tweet"), "gate-clip": ()},
    thresholds={"Chirp, tweet": 0.125, "Dog": 1.0},
    many_truths=ManyTruths("all.tsv", {"rain.wav": EVENTS, "": ()}, ("Passed over: line 2.",)),
)
SOUNDS = {digest(RAIN): RAIN, digest(BIRD): BIRD}


def written(session: Session = SESSION, sounds: dict[str, bytes] = SOUNDS) -> bytes:
    file = io.BytesIO()
    write_session(file, session, sounds)
    return file.getvalue()


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return file.getvalue()


def changed(change: Callable[[Index], object]) -> bytes:
    """Return the file with another index."""
    members = members_of(written())
    index = json.loads(members["session.json"])
    change(index)
    return packed({**members, "session.json": json.dumps(index).encode()})


def refusal(content: bytes) -> str:
    with (
        pytest.raises(SessionError) as caught,
        open_session(io.BytesIO(content), "a.earmark-session"),
    ):
        pass
    assert caught.value.arrived.startswith("a.earmark-session cannot be opened: ")
    assert ".earmark-session" in caught.value.allowed
    return caught.value.arrived


def test_what_is_read_is_what_was_written() -> None:
    content = written()
    with open_session(io.BytesIO(content), "a") as file:
        read = file.session
        sounds = {one.digest: file.sound(one) for one in read.clips if one.has_sound}
    assert sounds == SOUNDS
    assert [one.has_sound for one in read.clips] == [True, True, False, False]
    assert written(read, sounds) == content
    assert read.clips[0].truth == SESSION.clips[0].truth
    assert read.clips[2].truth == SESSION.clips[2].truth
    assert read.clips[3].truth == SESSION.clips[3].truth
    assert read.many_truths == SESSION.many_truths
    assert read.settings == SESSION.settings
    assert (read.thresholds, read.selected) == (SESSION.thresholds, SESSION.selected)
    assert read.clips[0].channels == 5


def test_a_file_of_version_1_is_read() -> None:
    def aged(index: Index) -> None:
        index["version"] = 1
        for clip in index["clips"]:
            if clip["truth"] is not None:
                del clip["truth"]["reviewed"]

    with open_session(io.BytesIO(changed(aged)), "a") as file:
        truths = [one.truth for one in file.session.clips if one.truth is not None]
    assert [(one.events, one.reviewed) for one in truths] == [
        (EVENTS, None),
        ((), None),
        (EVENTS, None),
    ]


def test_an_empty_session_is_read() -> None:
    with open_session(io.BytesIO(written(Session(), {})), "a") as file:
        assert file.session == Session()


def test_without_sounds_the_digests_remain() -> None:
    content = written(sounds={})
    assert set(members_of(content)) == {"session.json"}
    with open_session(io.BytesIO(content), "a") as file:
        assert [one.digest for one in file.session.clips] == [one.digest for one in SESSION.clips]
        assert not any(one.has_sound for one in file.session.clips)


def test_sounds_are_written_in_pieces() -> None:
    """The file may be as large as the recordings, and is never in memory as a whole."""
    sounds = [bytes([value]) * (8 << 20) for value in range(4)]
    clips = tuple(SessionClip("a", digest(sound), len(sound)) for sound in sounds)
    fractions: list[float] = []

    class Sink(io.BytesIO):
        def write(self, data: Any) -> int:  # noqa: ANN401  # any buffer
            assert len(data) <= 1 << 20
            return len(data)

    tracemalloc.start()
    write_session(
        Sink(),
        Session(clips),
        dict(zip(map(digest, sounds), sounds, strict=True)),
        progress=fractions.append,
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(fractions) == 32


def test_writing_can_be_cancelled() -> None:
    def cancel(_fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        write_session(io.BytesIO(), SESSION, SOUNDS, progress=cancel)


def test_texts_that_no_page_can_show_are_replaced() -> None:
    odd = Session((SessionClip("a\ud800b.wav", digest(BIRD), 0),))
    with open_session(io.BytesIO(written(odd, {})), "a") as file:
        assert file.session.clips[0].name == "a?b.wav"


@pytest.mark.parametrize(
    ("session", "reason"),
    [
        (
            Session(
                tuple(
                    SessionClip(
                        "a",
                        digest(bytes([at])),
                        1,
                        truth=SessionTruth("", (TrueEvent(0, 1, "Dog"),) * 10_000),
                    )
                    for at in range(21)
                )
            ),
            "210,000 true and reviewed events",
        ),
        (
            Session(
                (SessionClip("a", digest(BIRD), 0, truth=SessionTruth("", (), reviewed=REVIEWED)),)
            ),
            "accepted as a true one that is not there",
        ),
        (Session((SessionClip("x" * 5_001, digest(BIRD), 0),)), "is not a text of up to 5000"),
        (Session(thresholds={"Dog": 2.0}), "is not a number from 0 to 1"),
        (Session(settings={"a b": ("x",)}), "has a name that none has"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(session: Session, reason: str) -> None:
    file = io.BytesIO()
    with pytest.raises(SessionError, match=reason):
        write_session(file, session, {})
    assert not file.getvalue()


def set_in_clip(name: str, value: object) -> Callable[[Index], None]:
    return lambda index: index["clips"][0].__setitem__(name, value)


def set_in_reviewed(name: str, value: object) -> Callable[[Index], None]:
    return lambda index: index["clips"][3]["truth"]["reviewed"].__setitem__(name, value)


def set_in_truth(name: str, value: object) -> Callable[[Index], None]:
    return lambda index: index["clips"][0]["truth"].__setitem__(name, value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda index: index.update(format="earmark taught classifier"), "something else"),
        (lambda index: index.update(version=3), "of version 3, of a newer Earmark"),
        (lambda index: index.update(version=True), "version"),
        (lambda index: index.update(version="1"), "version"),
        (lambda index: index.pop("clips"), "clips"),
        (lambda index: index.update(clips={}), "clips"),
        (lambda index: index.update(clips=[[]]), "has no named fields"),
        (lambda index: index.update(clips=[index["clips"][1]] * 1_001), "clips"),
        (lambda index: index["clips"].append(index["clips"][1]), "two of its recordings"),
        (lambda index: index.update(selected="0" * 64), "selected"),
        (lambda index: index.update(selected=[]), "selected"),
        (lambda index: index.update(settings=[]), "settings"),
        (lambda index: index.update(settings={"hop": "0.1"}), "hop"),
        (lambda index: index.update(settings={"hop": [1]}), "hop"),
        (lambda index: index.update(settings={"__class__": []}), "has a name that none has"),
        (lambda index: index.update(settings={f"a{n}": [] for n in range(201)}), "more or longer"),
        (lambda index: index.update(settings={"only": ["x"] * 1_001}), "only"),
        (lambda index: index.update(settings={"only": ["x" * 4_000] * 13}), "settings are longer"),
        (lambda index: index.update(thresholds={"Dog": 1.5}), "from 0 to 1"),
        (lambda index: index.update(thresholds={"Dog": None}), "not a number"),
        (lambda index: index.update(thresholds={"Dog": True}), "not a number"),
        (set_in_clip("name", 5), "name"),
        (set_in_clip("name", "x" * 5_001), "name"),
        (set_in_clip("name", "\ud800"), "name"),
        (set_in_clip("sha256", "A" * 64), "sha256"),
        (set_in_clip("sha256", "0" * 63), "sha256"),
        (set_in_clip("sha256", "0" * 64), "not the sound that it says|selected"),
        (set_in_clip("size_bytes", -1), "size_bytes"),
        (set_in_clip("size_bytes", 1 << 41), "size_bytes"),
        (set_in_clip("size_bytes", 1 << 39), "longer than the file"),
        (set_in_clip("size_bytes", 5), "not of the size that it says"),
        (set_in_clip("sound", 1), "sound"),
        (set_in_clip("sound", False), "does not belong there"),
        (lambda index: index["clips"][2].update(sound=True), "it has no sounds/2"),
        (set_in_clip("gaps", [[1, 0]]), "no stretch of time"),
        (set_in_clip("gaps", [[0]]), "rows of 2 numbers"),
        (set_in_clip("gaps", [[0, "1"]]), "rows of 2 numbers"),
        (set_in_clip("gaps", [[0, 1]] * 10_001), "gaps"),
        (set_in_clip("audio_track", -1), "audio_track"),
        (set_in_clip("channels", "both"), "channels"),
        (set_in_clip("channels", None), "channels"),
        (set_in_clip("channels", 1_025), "channels"),
        (set_in_truth("events", [[0, 1, 0]] * 10_001), "events"),
        (set_in_truth("events", [[1, 0, 0]]), "ends before it begins"),
        (set_in_truth("events", [[-1, 0, 0]]), "ends before it begins"),
        (set_in_truth("events", [[0, 86_401, 0]]), "no time of a recording"),
        (set_in_truth("events", [[0, 10**400, 0]]), "rows of 3 numbers"),
        (set_in_truth("events", [[0, 1, 2]]), "has no label"),
        (set_in_truth("events", [[0, 1, -1]]), "has no label"),
        (set_in_truth("events", [[0, 1, 0.0]]), "has no label"),
        (set_in_truth("events", [[0, 1, True]]), "rows of 3 numbers"),
        (set_in_truth("labels", ["", ""]), "has no label"),
        (set_in_truth("reviewed", []), "its reviewed has no named fields"),
        (set_in_reviewed("events", [[0, 1, 0]]), "rows of 4 numbers"),
        (set_in_reviewed("events", [[0, 1, 0, 0]] * 10_001), "events"),
        (set_in_reviewed("events", [[1, 0, 0, 0]]), "ends before it begins"),
        (set_in_reviewed("events", [[0, 1, 5, 0]]), "has no label"),
        (set_in_reviewed("events", [[0, 1, 0, -1]]), "that is not there"),
        (set_in_reviewed("events", [[0, 1, 0, 4]]), "that is not there"),
        (set_in_reviewed("events", [[0, 1, 0, 1.0]]), "that is not there"),
        (set_in_truth("annotated", "Dog"), "annotated"),
        (set_in_truth("notices", [""] * 101), "notices"),
        (
            lambda index: index["truth_of_many"]["recordings"].append(
                index["truth_of_many"]["recordings"][0]
            ),
            "two recordings of a list have the same name",
        ),
        (lambda index: index.update(more=[[]] * 400_001), "more entries than are read"),
    ],
)
def test_an_index_of_wrong_values_is_refused(
    change: Callable[[Index], object], reason: str
) -> None:
    told = refusal(changed(change))
    assert any(one in told for one in reason.split("|"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b'{"a":' * 50_000, "damaged"),
        (b"[" * 400_001, "more entries than are read"),
        (b'{"format": "earmark session", "format": "earmark session"}', "same name"),
        (b'{"version": NaN}', "the number NaN"),
        (b'{"version": -Infinity}', "the number -Infinity"),
        (b'{"format": "earmark session", "version": ' + b"1" * 5_000 + b"}", "damaged"),
        (b'{"format": "earmark session", "version": 1e999}', "version"),
        (b"\xff\xfe", "damaged"),
        (b"[]", "has no named fields"),
        (b"null", "has no named fields"),
    ],
)
def test_an_index_that_is_none_is_refused(text: bytes, reason: str) -> None:
    members = members_of(written())
    assert reason in refusal(packed({**members, "session.json": text}, zipfile.ZIP_DEFLATED))


def test_a_sound_of_another_digest_is_refused() -> None:
    members = members_of(written())
    assert "not the sound" in refusal(packed({**members, "sounds/0": b"RAIN" * 100_000}))


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "C:\\a", "sounds/01", "sounds/9", "sounds/", "x\0y"]
)
def test_members_that_do_not_belong_there_are_refused(name: str) -> None:
    told = refusal(packed({**members_of(written()), name: b"x"}))
    assert "does not belong there" in told


def test_a_repeated_member_is_refused() -> None:
    members = members_of(written())
    file = io.BytesIO(packed(members))
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("session.json", members["session.json"])
    assert "two of its members have the same name" in refusal(file.getvalue())


def peak_of(content: bytes) -> int:
    """Return the memory that a refusal takes, in bytes."""
    tracemalloc.start()
    refusal(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_bombs_take_no_memory() -> None:
    members = members_of(written())
    index = packed({**members, "session.json": bytes(256 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(index) < 2 << 20
    assert "larger than it says" in refusal(index)
    assert peak_of(index) < 150 << 20  # the limit of the index, and pieces of it
    big = bytes(256 << 20)
    clip = SessionClip("a", digest(big), len(big), has_sound=True)
    text = members_of(written(Session((clip,)), {}))["session.json"]
    text = text.replace(b'"sound":false', b'"sound":true')
    sound = packed({"session.json": text, "sounds/0": big}, zipfile.ZIP_DEFLATED)
    assert peak_of(sound) < 4 << 20
    assert "longer than the file" in refusal(sound)


def test_compressed_sounds_are_refused() -> None:
    content = packed(members_of(written()), zipfile.ZIP_DEFLATED)
    assert "longer than the file" in refusal(content)
    assert "compressed" in refusal(bytes(len(RAIN)) + content)


def test_overlapping_members_are_refused() -> None:
    """Several entries of the index that state the same bytes."""
    content = written()
    entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    (first,) = (one for one in entries if one.filename == "sounds/0")
    forged = bytearray(content)
    at = forged.rindex(b"sounds/1") - 46  # of the central directory: the offset is at 42
    struct.pack_into("<L", forged, at + 42, first.header_offset)
    assert "damaged" in refusal(bytes(forged))


def test_every_truncation_is_refused() -> None:
    content = written()
    for length in (*range(0, len(content), 9_973), *range(len(content) - 400, len(content))):
        refusal(content[:length])


def test_an_encrypted_member_is_refused() -> None:
    content = bytearray(written())
    at = content.rindex(b"session.json") - 46
    content[at + 8] |= 1
    assert "packed in a way that is not read" in refusal(bytes(content))


def test_the_errors_of_its_user_are_not_those_of_the_file() -> None:
    with pytest.raises(ValueError, match="mine"), open_session(io.BytesIO(written()), "a"):
        raise ValueError("mine")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 100_000), st.binary(min_size=1, max_size=4)),
        min_size=1,
        max_size=8,
    )
)
def test_damaged_files_end_in_a_reason(damages: list[tuple[int, bytes]]) -> None:
    small = {digest(b"rain"): b"rain"}
    content = bytearray(written(Session((SessionClip("rain", digest(b"rain"), 4),)), small))
    for at, values in damages:
        at %= len(content)
        content[at : at + len(values)] = values
    try:
        with open_session(io.BytesIO(bytes(content)), "a") as file:
            for clip in file.session.clips:
                assert not clip.has_sound or file.sound(clip) == b"rain"
    except SessionError:
        pass


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(max_examples=150)
@given(st.sampled_from(["clips", "settings", "thresholds", "truth_of_many", "selected"]), _VALUES)
def test_any_value_is_read_or_refused(name: str, value: object) -> None:
    members = members_of(written(sounds={}))
    index = {**json.loads(members["session.json"]), name: value}
    content = packed({"session.json": json.dumps(index).encode()})
    try:
        with open_session(io.BytesIO(content), "a") as file:
            session_index.write_index(file.session)
    except SessionError:
        pass
