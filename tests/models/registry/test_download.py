import dataclasses
import errno
import hashlib
import os
import pickle
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.errors import Cancelled, ModelError
from models.registry.catalog import CATALOG, CatalogEntry, find_model
from models.registry.download import (
    Attempt,
    DownloadLimits,
    ModelUnavailable,
    fetch_model,
    obtain_model,
)
from tests.models.loopback import Loopback, serving

CONTENT = random.Random(0).randbytes(300_000)  # noqa: S311 - noise that stands for a model
HALF = len(CONTENT) // 2
# Short, but long enough for a good server on a busy machine.
QUICK = DownloadLimits(connect_s=1.0, read_s=1.0, stall_s=1.0)
PROJECT = Path(__file__).resolve().parents[3]

# What a child process does: fetch, and print each step of progress.
CHILD = """
import pickle, sys
from models.registry.download import fetch_model
entry, folder = pickle.load(sys.stdin.buffer)
def show(fraction): print(fraction, flush=True)
print(fetch_model(entry, folder=folder, progress=show), flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, with no other that could hold the model and no proxy on the way."""
    monkeypatch.delenv("EARMARK_MODELS", raising=False)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    return tmp_path / "cache" / "models"


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with serving(CONTENT) as server:
        yield server


@pytest.fixture
def entry_at(loopback: Loopback) -> Callable[..., CatalogEntry]:
    """Make an entry whose addresses are the given paths of the server on loopback."""

    def make(*paths: str) -> CatalogEntry:
        return dataclasses.replace(
            CATALOG["yamnet"],
            size_bytes=len(CONTENT),
            sha256=hashlib.sha256(CONTENT).hexdigest(),
            addresses=tuple(loopback.address(path) for path in paths),
        )

    return make


EntryAt = Callable[..., CatalogEntry]


def files(folder: Path) -> set[str]:
    """The names of the files in a folder, without locks."""
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


def failures(
    entry: CatalogEntry, folder: Path, *, limits: DownloadLimits | None = None
) -> list[str]:
    """Let every address fail; check what holds then in any case; return what failed at each."""
    with pytest.raises(ModelUnavailable) as caught:
        fetch_model(entry, folder=folder, limits=limits)
    attempts = caught.value.attempts
    assert tuple(attempt.address for attempt in attempts) == entry.addresses
    for attempt in attempts:
        assert f"{attempt.address} ({attempt.failure})" in caught.value.arrived
    assert not files(folder)
    return [attempt.failure for attempt in attempts]


def assert_fetched(
    entry: CatalogEntry, folder: Path, *, limits: DownloadLimits | None = None
) -> None:
    path = fetch_model(entry, folder=folder, limits=limits)
    assert path == folder / entry.file_name
    assert path.read_bytes() == CONTENT
    assert files(folder) == {entry.file_name}


@pytest.mark.parametrize("path", ["good", "redirect", "unmeasured", "gated"])
def test_fetched_with_progress(
    entry_at: EntryAt, loopback: Loopback, folder: Path, path: str
) -> None:
    loopback.gate.set()
    fractions: list[float] = []
    got = fetch_model(entry_at(path), folder=folder, progress=fractions.append)
    assert got.read_bytes() == CONTENT
    assert got.parent == folder
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert len(set(fractions)) > 3


@pytest.mark.skipif(sys.platform != "linux", reason="the cache is moved by XDG_CACHE_HOME")
def test_fetched_into_the_users_cache_and_found_there(
    entry_at: EntryAt, loopback: Loopback, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    entry = entry_at("good")
    path = obtain_model(entry)
    assert path == folder / "earmark" / "models" / entry.file_name
    assert find_model(entry) == path
    assert obtain_model(entry) == path
    assert loopback.paths() == ["good"]


@pytest.mark.parametrize("obtain", [obtain_model, fetch_model])
def test_no_access_to_the_network_when_the_file_is_found(
    entry_at: EntryAt,
    loopback: Loopback,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    obtain: Callable[..., Path],
) -> None:
    by_hand = tmp_path / "downloaded by hand"
    by_hand.write_bytes(CONTENT)
    monkeypatch.setenv("EARMARK_MODELS", str(tmp_path))
    assert obtain(entry_at("good"), folder=folder) == by_hand
    assert loopback.served == []


def test_a_file_that_is_found_needs_no_place_to_store_it(
    entry_at: EntryAt, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand = tmp_path / "downloaded by hand"
    by_hand.write_bytes(CONTENT)
    monkeypatch.setenv("EARMARK_MODELS", str(tmp_path))
    assert obtain_model(entry_at("good"), folder=by_hand / "below a file") == by_hand
    assert obtain_model(entry_at("good"), folder=folder) == by_hand
    assert not folder.exists()


@pytest.mark.parametrize(
    ("path", "failure"),
    [
        ("absent", "HTTP 404 Not Found"),
        ("altered", "wrong content (SHA-256 "),
        ("truncated", f"broke off, {HALF} bytes were missing"),
        ("silent", "timed out, nothing came for 1 s"),
        ("stalling", "timed out, nothing came for 1 s"),
        ("trickling", "too slow, "),
        ("larger", f"announced {2 * len(CONTENT)} bytes instead of {len(CONTENT)}"),
        ("endless", f"sent more than {len(CONTENT)} bytes"),
        ("short", "broke off, 1 bytes were missing"),
        ("web_page", f"announced 27 bytes instead of {len(CONTENT)}"),
        ("loop", "Exceeded 30 redirects"),
    ],
)
def test_a_bad_address_is_told_and_the_next_one_tried(
    entry_at: EntryAt, loopback: Loopback, folder: Path, path: str, failure: str
) -> None:
    entry = entry_at(path)
    (told,) = failures(entry, folder, limits=QUICK)
    assert told.startswith(failure)
    loopback.served.clear()
    assert_fetched(entry_at(path, "good"), folder, limits=QUICK)
    assert loopback.paths()[-1] == "good"
    assert path in loopback.paths()


def test_a_server_that_sends_single_bytes_is_found_to_be_slow_at_the_next_one(
    entry_at: EntryAt, folder: Path
) -> None:
    (told,) = failures(entry_at("trickling"), folder, limits=QUICK)
    assert int(told.split()[2]) < 32, "it waited for a block"


def test_refused_connection(entry_at: EntryAt, loopback: Loopback, folder: Path) -> None:
    with socket.socket() as unheard:  # bound, so that no server listens there
        unheard.bind(("127.0.0.1", 0))
        silent = f"http://127.0.0.1:{unheard.getsockname()[1]}/good"
        entry = dataclasses.replace(entry_at(), addresses=(silent, silent))
        assert failures(entry, folder) == [os.strerror(errno.ECONNREFUSED)] * 2
        assert_fetched(
            dataclasses.replace(entry, addresses=(silent, loopback.address("good"))), folder
        )


@pytest.mark.skipif(sys.platform != "linux", reason="needs a queue that drops what is too much")
def test_no_connection(entry_at: EntryAt, folder: Path) -> None:
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for waiting in (first, second):  # they fill the queue of those who are never accepted
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        busy = f"http://127.0.0.1:{listener.getsockname()[1]}/good"
        entry = dataclasses.replace(entry_at(), addresses=(busy,))
        assert failures(entry, folder, limits=QUICK) == ["no connection within 1 s"]


def test_a_wrong_file_of_the_same_name_is_replaced(entry_at: EntryAt, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / entry_at().file_name).write_bytes(CONTENT[::-1])
    assert_fetched(entry_at("good"), folder)


def test_cancelled_and_begun_again(entry_at: EntryAt, folder: Path) -> None:
    def cancel(fraction: float) -> None:
        if fraction > 0.4:
            raise Cancelled

    entry = entry_at("good")
    with pytest.raises(Cancelled):
        fetch_model(entry, folder=folder, progress=cancel)
    assert not files(folder)
    assert_fetched(entry, folder)


def test_what_progress_raises_is_not_taken_for_a_full_disk(entry_at: EntryAt, folder: Path) -> None:
    def fail(_fraction: float) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        fetch_model(entry_at("good"), folder=folder, progress=fail)


def test_two_threads_download_once(entry_at: EntryAt, loopback: Loopback, folder: Path) -> None:
    entry = entry_at("gated")
    both_run = threading.Barrier(2, action=loopback.gate.set, timeout=60)
    shown: list[list[float]] = [[], []]

    def fetch(index: int) -> Path:
        def show(fraction: float) -> None:
            shown[index].append(fraction)
            if len(shown[index]) == 1:
                both_run.wait()

        return fetch_model(entry, folder=folder, progress=show)

    with ThreadPoolExecutor(2) as pool:
        paths = set(pool.map(fetch, range(2)))
    assert paths == {folder / entry.file_name}
    assert paths.pop().read_bytes() == CONTENT
    assert [request.n_bytes for request in loopback.served] == [len(CONTENT)]
    assert [fractions[-1] for fractions in shown] == [1.0, 1.0]


def test_a_waiting_process_can_be_cancelled(
    entry_at: EntryAt, loopback: Loopback, folder: Path
) -> None:
    entry = entry_at("gated")
    halfway = threading.Event()
    seen: list[float] = []

    def show(fraction: float) -> None:
        if fraction > 0.4:
            halfway.set()

    def leave(fraction: float) -> None:
        seen.append(fraction)
        raise Cancelled

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(fetch_model, entry, folder=folder, progress=show)
        assert halfway.wait(60)
        with pytest.raises(Cancelled):
            fetch_model(entry, folder=folder, progress=leave)
        loopback.gate.set()
        assert first.result().read_bytes() == CONTENT
    assert seen == [0.0]
    assert len(loopback.served) == 1


def start_child(entry: CatalogEntry, folder: Path) -> "subprocess.Popen[bytes]":
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    pickle.dump((entry, folder), child.stdin)
    child.stdin.close()
    return child


def lines_until(child: "subprocess.Popen[bytes]", wanted: Callable[[float], bool]) -> None:
    """Read what a child prints until one line is wanted; fail if none is."""
    assert child.stdout is not None
    assert any(wanted(float(line)) for line in child.stdout)


def test_two_processes_download_once(entry_at: EntryAt, loopback: Loopback, folder: Path) -> None:
    entry = entry_at("gated")
    children = [start_child(entry, folder) for _ in range(2)]
    for child in children:  # one downloads, the other waits
        lines_until(child, lambda _: True)
    loopback.gate.set()
    for child in children:
        assert child.stdout is not None
        with child:
            last = child.stdout.read().splitlines()[-1]
        assert child.returncode == 0
        assert last == os.fsencode(folder / entry.file_name)
    assert (folder / entry.file_name).read_bytes() == CONTENT
    assert [request.n_bytes for request in loopback.served] == [len(CONTENT)]


def test_killed_while_another_process_waits(
    entry_at: EntryAt, loopback: Loopback, folder: Path
) -> None:
    entry = entry_at("gated")
    killed = start_child(entry, folder)
    with killed:
        lines_until(killed, lambda fraction: fraction > 0.4)
        assert not files(folder)
        waiting = start_child(entry, folder)
        lines_until(waiting, lambda _: True)
        killed.kill()
    assert killed.returncode != 0
    loopback.gate.set()
    with waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.read().splitlines()[-1] == os.fsencode(folder / entry.file_name)
    assert (folder / entry.file_name).read_bytes() == CONTENT
    assert len(loopback.served) == 2


@pytest.mark.parametrize("below", ["", "further/down"])
def test_folder_that_cannot_be_made(entry_at: EntryAt, tmp_path: Path, below: str) -> None:
    (tmp_path / "a file").touch()
    folder = tmp_path / "a file" / below
    with pytest.raises(ModelError) as caught:
        fetch_model(entry_at("good"), folder=folder)
    assert str(folder) in caught.value.arrived
    assert "written" in caught.value.allowed
    assert entry_at("good").addresses[0] in caught.value.remedy


def test_name_that_is_taken_by_a_folder(entry_at: EntryAt, folder: Path) -> None:
    (folder / entry_at().file_name / "full").mkdir(parents=True)
    with pytest.raises(ModelError, match=r"cannot be stored in .*: Is a directory"):
        fetch_model(entry_at("good"), folder=folder)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs a system with user ids")
def test_folder_that_may_not_be_written(entry_at: EntryAt, folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o555)
    root = os.geteuid() == 0  # whom no permission holds: use another user for a moment
    if root:
        fetch_model(entry_at("good"), folder=folder.parent)  # imports what that user may not read
        (folder.parent / entry_at().file_name).unlink()
        os.seteuid(65534)
    try:
        with pytest.raises(ModelError, match=r"cannot be stored in .*: Permission denied"):
            fetch_model(entry_at("good"), folder=folder)
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit to the size of files")
def test_full_disk(entry_at: EntryAt, folder: Path) -> None:
    """A write that fails in mid-download, here for a limit that the system sets."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "from models.errors import ModelError\n"
        f"try:{CHILD.replace(chr(10), chr(10) + ' ')}\n"
        "except ModelError as error: print(error.arrived)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        input=pickle.dumps((entry_at("good"), folder)),
        capture_output=True,
        check=True,
    )
    told = ran.stdout.decode().splitlines()[-1]
    assert told == f"{entry_at().title} cannot be stored in {folder}: {os.strerror(errno.EFBIG)}."
    assert not files(folder)


def test_the_error_tells_the_whole_story(
    entry_at: EntryAt, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARMARK_MODELS", str(folder / "named"))
    entry = entry_at("absent", "altered")
    with pytest.raises(ModelUnavailable) as caught:
        obtain_model(entry, folder=folder)
    error = caught.value
    wrong = hashlib.sha256(CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])).hexdigest()
    assert error.attempts == (
        Attempt(entry.addresses[0], "HTTP 404 Not Found"),
        Attempt(entry.addresses[1], f"wrong content (SHA-256 {wrong})"),
    )
    for searched in (folder, folder / "named", PROJECT / "models" / "weights"):
        assert f"{searched}," in f"{error.arrived},".replace(";", ",")
    assert "300,000 bytes" in error.allowed
    assert entry.sha256 in error.allowed
    assert entry.addresses[0] in error.remedy
    assert str(PROJECT / "models" / "weights") in error.remedy


def test_the_error_can_be_pickled(entry_at: EntryAt, folder: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        fetch_model(entry_at("absent"), folder=folder)
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert type(copy) is ModelUnavailable
    assert str(copy) == str(caught.value)
    assert copy.attempts == caught.value.attempts
    assert copy.remedy == caught.value.remedy


def test_an_entry_without_addresses(entry_at: EntryAt, folder: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no address is known") as caught:
        fetch_model(entry_at(), folder=folder)
    assert caught.value.attempts == ()
