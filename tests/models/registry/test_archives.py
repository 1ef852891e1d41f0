"""A model's file out of a gzipped tar, which may be anything."""

import dataclasses
import gzip
import hashlib
import io
import os
import random
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.errors import Cancelled, ModelError
from models.registry.catalog import CATALOG, Archived, CatalogEntry
from models.registry.download import DownloadLimits, ModelUnavailable, fetch_model
from tests.models.loopback import Loopback, serving

CONTENT = random.Random(1).randbytes(300_000)  # noqa: S311 - noise that stands for a model
MEMBER = "1.tflite"
QUICK = DownloadLimits(connect_s=1.0, read_s=1.0, stall_s=1.0)

Member = tuple[str, bytes, dict[str, object]]


def member(name: str = MEMBER, content: bytes = CONTENT, **fields: object) -> Member:
    return name, content, fields


def tar(*members: Member, tar_format: int = tarfile.PAX_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tar_format) as archive:
        for name, content, fields in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("EARMARK_MODELS", raising=False)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    return tmp_path / "cache" / "models"


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with serving(CONTENT) as server:
        server.archive = gzip.compress(tar(member()))
        yield server


@pytest.fixture
def entry(loopback: Loopback) -> CatalogEntry:
    """The original YAMNet, but small, and nowhere but in the archive."""
    return dataclasses.replace(
        CATALOG["yamnet-dynamic"],
        size_bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        addresses=(),
        archives=(Archived(loopback.address("archive"), MEMBER),),
    )


def failure(entry: CatalogEntry, folder: Path) -> str:
    """Let the archive fail; check that no file is left; return why."""
    with pytest.raises(ModelUnavailable) as caught:
        fetch_model(entry, folder=folder, limits=QUICK)
    assert isinstance(caught.value, ModelError)
    assert {path.name for path in folder.iterdir()} <= {f"{entry.file_name}.lock"}
    assert [path for path in folder.parents[1].rglob("*") if path.is_symlink()] == []
    (attempt,) = caught.value.attempts
    assert attempt.address == entry.archives[0].address
    return attempt.failure


@pytest.mark.parametrize("path", ["archive", "archive_unmeasured", "archive_redirect"])
@pytest.mark.parametrize("tar_format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize(
    "members",
    [
        [member()],
        [member("./1.tflite")],
        [member("saved/", b"", type=tarfile.DIRTYPE), member("labels.txt", b"x" * 700), member()],
        [member("x" * 200, b"a long name has a header of its own"), member()],
        [member(pax_headers={"comment": "é"}), member("later", b"is never read")],
        [member("../1.tflite", b"no"), member("/etc/1.tflite", b"no"), member()],
        [member("a link", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"), member()],
    ],
)
def test_fetched_from_an_archive(
    entry: CatalogEntry,
    loopback: Loopback,
    folder: Path,
    members: list[Member],
    tar_format: int,
    path: str,
) -> None:
    loopback.archive = gzip.compress(tar(*members, tar_format=tar_format))
    entry = dataclasses.replace(entry, archives=(Archived(loopback.address(path), MEMBER),))
    fractions: list[float] = []
    got = fetch_model(entry, folder=folder, progress=fractions.append)
    assert got.read_bytes() == CONTENT
    assert got == folder / entry.file_name
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert len(set(fractions)) > 3
    assert {path.name for path in folder.iterdir()} <= {got.name, f"{got.name}.lock"}


def test_the_archive_is_tried_after_the_addresses(
    entry: CatalogEntry, loopback: Loopback, folder: Path
) -> None:
    first = dataclasses.replace(entry, addresses=(loopback.address("absent"),))
    assert fetch_model(first, folder=folder).read_bytes() == CONTENT
    assert loopback.paths() == ["absent", "archive"]


def test_cancelled_and_fetched_later(entry: CatalogEntry, folder: Path) -> None:
    def cancel(fraction: float) -> None:
        if fraction > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch_model(entry, folder=folder, progress=cancel)
    assert not (folder / entry.file_name).exists()
    assert fetch_model(entry, folder=folder).read_bytes() == CONTENT


def repeated_headers() -> bytes:
    """Headers that each announce another one, which some readers follow ever deeper."""
    return header("././@LongLink", 0) * 1500


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (lambda: gzip.compress(tar(member("../1.tflite"))), "holds no 1.tflite"),
        (lambda: gzip.compress(tar(member("/1.tflite"))), "holds no 1.tflite"),
        (lambda: gzip.compress(tar(member("sub/1.tflite"))), "holds no 1.tflite"),
        (lambda: gzip.compress(tar()), "holds no 1.tflite"),
        (
            lambda: gzip.compress(tar(member(content=b"", type=tarfile.SYMTYPE, linkname="/x"))),
            "no ordinary file",
        ),
        (
            lambda: gzip.compress(tar(member(content=b"", type=tarfile.LNKTYPE, linkname="../x"))),
            "no ordinary file",
        ),
        (lambda: gzip.compress(tar(member(content=b"", type=tarfile.FIFOTYPE))), "no ordinary"),
        (lambda: gzip.compress(tar(member(content=b"", type=tarfile.DIRTYPE))), "no ordinary file"),
        (lambda: gzip.compress(tar(member(type=tarfile.GNUTYPE_SPARSE))), "no ordinary file"),
        (lambda: gzip.compress(tar(member(content=CONTENT[:-1]))), "bytes instead of 300000"),
        (lambda: gzip.compress(header(MEMBER, 1 << 40)), "bytes instead of 300000"),
        (lambda: gzip.compress(header(MEMBER, -(1 << 40))), "bytes instead of 300000"),
        (lambda: gzip.compress(header("huge", 1 << 60) + tar(member())), "larger than it may be"),
        (lambda: gzip.compress(header("back", -1024) * 9), "broke off"),
        (lambda: gzip.compress(tar(member("bomb", bytes(50_000_000)), member())), "larger than it"),
        (lambda: gzip.compress(repeated_headers() * 2), "larger than it may be"),
        (lambda: gzip.compress(tar(member(content=CONTENT[::-1]))), "wrong content (SHA-256"),
        (lambda: gzip.compress(tar(member()))[:150_000], "broke off"),
        (lambda: gzip.compress(tar(member()))[:20], "broke off"),
        (lambda: gzip.compress(tar(member())[:700]), "broke off"),
        (lambda: gzip.compress(os.urandom(4096)), "no archive, or a damaged one"),
        (lambda: gzip.compress(b""), "broke off"),
        (lambda: b"", "broke off"),
        (lambda: tar(member()), "no gzipped archive"),
        (lambda: b"<html>Please sign in</html>", "no gzipped archive"),
    ],
)
def test_a_hostile_or_broken_archive_is_refused(
    entry: CatalogEntry,
    loopback: Loopback,
    folder: Path,
    archive: Callable[[], bytes],
    reason: str,
) -> None:
    loopback.archive = archive()
    assert reason in failure(entry, folder)


@pytest.mark.parametrize("at", [5, 1000, 200_000])
def test_a_flipped_byte_is_noticed(
    entry: CatalogEntry, loopback: Loopback, folder: Path, at: int
) -> None:
    packed = bytearray(gzip.compress(tar(member())))
    packed[at] ^= 0xFF
    loopback.archive = bytes(packed)
    if at == 5:  # within the header's time of making, which means nothing
        assert fetch_model(entry, folder=folder).read_bytes() == CONTENT
    else:
        assert failure(entry, folder)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("absent", "HTTP 404 Not Found"),
        ("silent", "timed out"),
        ("loop", "Exceeded 30 redirects"),
        ("endless", "sent more than 1348576 bytes"),
    ],
)
def test_a_bad_server_is_told(
    entry: CatalogEntry, loopback: Loopback, folder: Path, path: str, reason: str
) -> None:
    entry = dataclasses.replace(entry, archives=(Archived(loopback.address(path), MEMBER),))
    assert reason in failure(entry, folder)


def test_an_archive_of_a_length_that_is_no_number(
    entry: CatalogEntry, loopback: Loopback, folder: Path
) -> None:
    sources = (Archived(loopback.address("archive_mismeasured"), MEMBER),)
    entry = dataclasses.replace(entry, archives=sources)
    with pytest.raises(ModelUnavailable, match=r"announced a length of 'many'"):
        fetch_model(entry, folder=folder)
