"""Files that a browser may fetch."""

import threading

from components.workspace.files import MAX_PER_GROUP, ServedFile, ServedFiles


def file(digest: str) -> ServedFile:
    return ServedFile(digest.encode(), "audio/wav", digest)


def test_a_file_is_found_by_its_digest_in_whatever_group() -> None:
    files = ServedFiles()
    one, other = file("one"), file("other")
    files.offer(one, "a")
    files.offer(other, "b")
    assert files.find("one") is one
    assert files.find("other") is other
    assert files.find("") is None
    assert files.find("One") is None


def test_the_least_recently_offered_of_a_group_make_room() -> None:
    files = ServedFiles()
    files.offer(file("elsewhere"), "b")
    for number in range(MAX_PER_GROUP):
        files.offer(file(f"{number}"), "a")
    files.offer(file("0"), "a")  # again
    files.offer(file("new"), "a")
    assert files.find("1") is None
    assert all(files.find(digest) for digest in ("0", "2", "new", "elsewhere"))
    files.offer(file("only"), "a", at_most=1)
    assert files.find("only") is not None
    assert files.find("new") is None


def test_the_files_of_a_group_go_together() -> None:
    files = ServedFiles()
    for digest, group in (("one", "a"), ("two", "a"), ("three", "b")):
        files.offer(file(digest), group)
    files.drop_group("a")
    files.drop_group("a")
    assert [files.find(digest) is not None for digest in ("one", "two", "three")] == [
        *(False, False, True)
    ]
    files.clear()
    assert files.find("three") is None


def test_many_threads_offer_and_find_at_once() -> None:
    files, problems = ServedFiles(), list[object]()

    def hammer(seed: int) -> None:
        try:
            for step in range(300):
                own = f"{seed} {step}"
                files.offer(file(own), f"{seed}")
                found = files.find(own)
                if found is None or found.digest != own:
                    problems.append(own)
                files.drop_group(f"{seed}, which is not there")
        except Exception as error:  # noqa: BLE001  # told below
            problems.append(error)

    threads = [threading.Thread(target=hammer, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
