import threading

from components.kept import Kept


def held(kept: "Kept[bytes]", *keys: str) -> set[str]:
    """Which of some keys are kept: asking for one that is not would push others out."""
    return {key for key in keys if key in kept._values}


def test_the_one_used_longest_ago_goes_first() -> None:
    kept: Kept[bytes] = Kept(3, 1_000, len)
    for key in "abc":
        kept.get(key, lambda: b"x")
    kept.get("a", lambda: b"made anew")
    kept.get("d", lambda: b"x")
    assert held(kept, *"abcd") == set("acd")
    assert kept.get("a", lambda: b"made anew") == b"x"


def test_together_they_take_no_more_than_allowed() -> None:
    kept: Kept[bytes] = Kept(100, 1_000, len)
    for key in "abcd":
        kept.get(key, lambda: bytes(300))
    assert held(kept, *"abcd") == set("bcd")
    kept.get("large", lambda: bytes(5_000))
    assert held(kept, *"abcd", "large") == {"large"}  # whoever asked for it has it anyway


def test_sizes_count_as_they_are_by_now() -> None:
    kept: Kept[list[int]] = Kept(100, 10, len)
    growing: list[int] = []
    kept.get("first", lambda: growing)
    kept.get("second", lambda: [1])
    growing.extend(range(20))
    assert kept.get("second", list) == [1]
    assert "first" not in kept._values


def test_what_serves_no_more_is_made_anew() -> None:
    kept: Kept[str] = Kept(3, 1_000, len)
    kept.get("key", lambda: "stale")
    assert kept.get("key", lambda: "fresh", lambda value: value != "stale") == "fresh"
    assert kept.get("key", lambda: "other") == "fresh"


def test_two_who_ask_at_once_get_the_same() -> None:
    kept: Kept[object] = Kept(3, 1_000, lambda _value: 1)
    both_make = threading.Barrier(2, timeout=10)
    found: list[object] = []

    def make() -> object:
        both_make.wait()
        return object()

    threads = [
        threading.Thread(target=lambda: found.append(kept.get("key", make))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found[0] is found[1]
