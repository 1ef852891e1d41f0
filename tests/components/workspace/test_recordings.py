"""The recordings of a workspace: their order, duplicates and bounds."""

import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.workspace.limits import Limits
from components.workspace.recordings import Recording, Recordings
from models.errors import EarmarkError, RecordingError, SettingError
from tests.components.workspace.making import MB, recording

MAX_CLIPS, MAX_MB = 4, 1

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "choose"]),
        st.integers(0, 7),
        st.sampled_from([10, 300_000, 900_000, 1_000_001]),
    ),
    max_size=30,
)


def empty(max_clips: int = MAX_CLIPS) -> Recordings:
    return Recordings(Limits(max_clips=max_clips, max_clips_mb=MAX_MB), nullcontext)


def names(recordings: Recordings) -> list[str]:
    return [one.name for one in recordings.all]


@given(STEPS)
def test_they_stand_in_the_order_in_which_they_came_within_their_bounds(
    steps: list[tuple[str, int, int]],
) -> None:
    recordings, model = empty(), list[Recording]()
    for what, number, n_bytes in steps:
        one = recording(f"{number}", n_bytes)
        known = {other.digest for other in model}
        if what == "add":
            fits = len(model) < MAX_CLIPS
            fits &= sum(len(other.data) for other in model) + n_bytes <= MAX_MB * MB
            if fits or one.digest in known:
                recordings.add(one)
                model += [one] if one.digest not in known else []
            else:
                with pytest.raises(RecordingError):
                    recordings.add(one)
        elif what == "remove":
            recordings.remove(one.digest)
            model = [other for other in model if other.digest != one.digest]
        else:
            recordings.choose(one.digest)
            assert recordings.chosen == one.digest
        assert [other.digest for other in recordings.all] == [other.digest for other in model]
        assert recordings.n_bytes == sum(len(other.data) for other in model)
        assert len(recordings) == len(model)


def test_the_same_bytes_under_another_name_are_another_recording_that_shares_them() -> None:
    recordings = empty(max_clips=9)
    first, again, third = (Recording.from_bytes(name, b"the same") for name in "abc")
    assert recordings.add(first) is first
    recordings.add(recording("other"))
    second = recordings.add(again)
    assert names(recordings) == ["a", "other", "b"]
    assert second.key != first.key == first.digest == second.digest
    assert second.data is first.data
    assert recordings.n_bytes == len(b"the same") + 10
    assert recordings.find(again.digest) is first
    assert recordings.add(replace(again, data=b"the same")) is second, "of the same name as well"
    recordings.choose(second.key)
    assert (recordings.chosen, recordings.chosen_key) == (first.digest, second.key)
    recordings.remove(first.key)
    assert recordings.find(first.digest) is second
    assert recordings.add(third).key not in (first.key, second.key)
    assert recordings.n_bytes == len(b"the same") + 10


def test_a_copy_takes_no_room_but_a_place() -> None:
    recordings = empty(max_clips=3)
    for name in "abc":
        recordings.add(Recording.from_bytes(name, bytes(900_000)))
    with pytest.raises(RecordingError):
        recordings.add(Recording.from_bytes("d", bytes(900_000)))
    assert names(recordings) == ["a", "b", "c"]


def test_a_digest_is_the_one_of_the_file() -> None:
    sha256_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert Recording.from_bytes("a.wav", b"abc").digest == sha256_of_abc


def test_what_is_one_too_many_is_told_with_the_bounds() -> None:
    recordings = empty(max_clips=2)
    for name in "ab":
        recordings.add(recording(name))
    with pytest.raises(RecordingError) as told:
        recordings.add(recording("c"))
    assert "At most 2 clips, and 1 MB of them in all" in str(told.value)
    assert names(recordings) == ["a", "b"]
    recordings.clear()
    assert not len(recordings)
    recordings.add(recording("c"))
    assert names(recordings) == ["c"]


def test_what_comes_together_may_be_put_before_what_is_there() -> None:
    recordings = empty()
    before = None
    recordings.add(recording("old"))
    for name in "abc":
        one = recording(name)
        recordings.add(one, before=before)
        before = one.digest
    assert names(recordings) == ["old", "c", "b", "a"]
    recordings.remove(recordings.all[-1].digest)
    recordings.add(recording("d"), before="of one that is gone")
    assert names(recordings) == ["old", "c", "b", "d"]


def test_where_the_workspace_has_no_room_nothing_is_added() -> None:
    asked: list[int] = []

    def refuse(n_bytes: int) -> AbstractContextManager[None]:
        asked.append(n_bytes)
        raise SettingError("It is full.", allowed="Little.", remedy="Remove some.")

    recordings = Recordings(Limits(), refuse)
    with pytest.raises(SettingError):
        recordings.add(recording("a", 70))
    assert asked == [70]
    assert not recordings.all


def test_many_threads_add_and_remove_at_once() -> None:
    recordings = empty(max_clips=50)
    problems: list[object] = []

    def hammer(seed: int) -> None:
        try:
            for step in range(200):
                one = recording(f"{seed} {step % 10}")
                recordings.add(one)
                if recordings.find(one.digest) is None:
                    problems.append(one.name)
                if step % 10 >= 2:
                    recordings.remove(one.digest)
        except EarmarkError as error:
            problems.append(error)

    threads = [threading.Thread(target=hammer, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert set(names(recordings)) == {f"{seed} {step}" for seed in range(6) for step in range(2)}
    assert len(recordings) == 12
