"""The cache that is bounded in entries and bytes."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.workspace.cache import BoundedCache

MAX_ENTRIES, MAX_BYTES = 4, 1_000

KEYS = st.integers(0, 9)
STEPS = st.one_of(
    st.tuples(st.just("get"), KEYS, st.integers(0, 600)),
    st.tuples(st.just("put"), KEYS, st.integers(0, 600)),
    st.tuples(st.just("find"), KEYS, st.just(0)),
    st.tuples(st.just("discard"), KEYS, st.just(0)),
)


def kept(cache: BoundedCache[bytes], *keys: object) -> list[object]:
    """Which of some keys are kept; the cache is left as it was, for the last one in a test."""
    return [key for key in keys if cache.find(key) is not None]


@given(st.lists(STEPS, max_size=60))
def test_it_keeps_what_was_used_last_and_fits(steps: list[tuple[str, int, int]]) -> None:
    """Held against a model: a list of keys and sizes, the most recently used last."""
    cache: BoundedCache[bytes] = BoundedCache(MAX_ENTRIES, MAX_BYTES, len)
    model: dict[int, int] = {}
    for what, key, size in steps:
        if what == "get":
            found = cache.get(key, lambda size=size: bytes(size))
            model[key] = model.pop(key, size)
            assert len(found) == model[key]
        elif what == "put":
            cache.put(key, bytes(size))
            model.pop(key, None)
            model[key] = size
        elif what == "find":
            found = cache.find(key)
            assert (None if found is None else len(found)) == model.get(key)
            if key in model:
                model[key] = model.pop(key)
        else:
            cache.discard(lambda other, key=key: other == key)
            model.pop(key, None)
        while len(model) > 1 and (len(model) > MAX_ENTRIES or sum(model.values()) > MAX_BYTES):
            del model[next(iter(model))]
        assert cache.n_bytes == sum(model.values())
    assert kept(cache, *range(10)) == sorted(model)


@given(st.lists(st.tuples(KEYS, st.integers(0, 3_000)), min_size=1, max_size=40))
def test_it_never_takes_more_than_it_may_but_for_its_newest(
    steps: list[tuple[int, int]],
) -> None:
    cache: BoundedCache[bytes] = BoundedCache(MAX_ENTRIES, MAX_BYTES, len)
    for key, size in steps:
        found = cache.get(key, lambda size=size: bytes(size))
        assert cache.n_bytes <= max(MAX_BYTES, len(found))
        assert cache.find(key) is found


def test_sizes_count_as_they_are_by_now() -> None:
    cache: BoundedCache[list[int]] = BoundedCache(100, 10, len)
    growing: list[int] = []
    cache.get("first", lambda: growing)
    cache.get("second", lambda: [1])
    growing.extend(range(20))
    assert cache.n_bytes == 21
    assert cache.get("second", list) == [1]
    assert cache.find("first") is None


def test_what_serves_no_more_is_made_anew() -> None:
    cache: BoundedCache[str] = BoundedCache(3, 1_000, len)
    cache.get("key", lambda: "stale")
    assert cache.find("key", lambda value: value != "stale") is None
    cache.get("key", lambda: "stale")
    assert cache.get("key", lambda: "fresh", lambda value: value != "stale") == "fresh"
    assert cache.get("key", lambda: "other") == "fresh"


def test_what_cannot_be_made_leaves_nothing_behind() -> None:
    cache: BoundedCache[str] = BoundedCache(3, 1_000, len)

    def fail() -> str:
        raise ValueError("cannot be made")

    with pytest.raises(ValueError, match="cannot be made"):
        cache.get("key", fail)
    assert cache.get("key", lambda: "made") == "made"


def test_two_who_ask_at_once_get_the_same() -> None:
    cache: BoundedCache[object] = BoundedCache(3, 1_000, lambda _value: 1)
    both_make = threading.Barrier(2, timeout=60)
    found: list[object] = []

    def make() -> object:
        both_make.wait()
        return object()

    threads = [
        threading.Thread(target=lambda: found.append(cache.get("key", make))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found[0] is found[1]


def test_many_threads_at_once_keep_it_within_its_bounds() -> None:
    cache: BoundedCache[bytes] = BoundedCache(MAX_ENTRIES, MAX_BYTES, len)
    problems: list[object] = []

    def hammer(seed: int) -> None:
        try:
            for step in range(500):
                key = (seed * 7 + step * 3) % 12
                if len(cache.get(key, lambda key=key: bytes(40 * key))) != 40 * key:
                    problems.append(key)
                cache.discard(lambda other, key=key: other == (key + 5) % 12)
                cache.find((key + 1) % 12)
        except Exception as error:  # noqa: BLE001  # told below
            problems.append(error)

    threads = [threading.Thread(target=hammer, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert cache.n_bytes <= MAX_BYTES
    assert len(kept(cache, *range(12))) <= MAX_ENTRIES
