import json
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow import parquet

from models.archive import command_line
from tests.models.archive.conftest import Record


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> object:
    """Run a command; return its exit code, its lines, and what it told beside."""

    def call(*arguments: object) -> tuple[int, list[str], str]:
        code = command_line.main(list(map(str, arguments)))
        told = capsys.readouterr()
        return code, told.out.splitlines(), told.err

    return call


@pytest.fixture
def filled(tmp_path: Path, record: Record, run: object) -> Path:
    """An archive of three recordings."""
    for seed in range(3):
        record(seed)
    place = tmp_path / "archive"
    assert run("add", place, tmp_path / "recordings", "--model", "builtin", "--workers", 0)[0] == 0
    return place


def test_adding_says_what_it_did(filled: Path, tmp_path: Path, record: Record, run: object) -> None:
    record(3)
    bad = tmp_path / "recordings" / "bad.wav"
    bad.write_bytes(b"bad")
    code, (line,), told = run("add", filled, tmp_path / "recordings", "--workers", 0, "--json")
    added = json.loads(line)
    assert code == 1
    assert (added["found"], added["added"], added["skipped"]) == (5, 1, 3)
    assert told.startswith(f"{bad}: ")
    code, (line,), _ = run("add", filled, tmp_path / "recordings", "--workers", 0)
    assert "5 files: 0 added" in line
    assert code == 1


def test_finding(filled: Path, run: object) -> None:
    _, (line,), _ = run("summary", filled, "--json")
    summary = json.loads(line)
    assert (summary["recordings"], summary["failed"]) == (3, 0)
    assert set(summary["hours_by_day"]) == {"2023-05-01", "2023-05-02", "2023-05-03"}
    label = next(iter(summary["classes"]))
    code, lines, _ = run("find", filled, label, "--min-score", 0.2, "--limit", 2, "--json")
    hits = [json.loads(line) for line in lines]
    assert code == 0
    assert 1 <= len(hits) <= 2
    assert all(hit["label"] == label and Path(hit["path"]).is_file() for hit in hits)
    example = f"{hits[0]['path']}@0-0.975"
    code, lines, _ = run("similar", filled, example, "--limit", 1, "--json")
    assert json.loads(lines[0])["path"] == hits[0]["path"]
    assert run("similar", filled, example, "--not", hits[-1]["path"])[0] == 0
    for command in (("summary", filled), ("find", filled, label), ("verify", filled)):
        assert run(*command)[0] == 0


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_export(filled: Path, tmp_path: Path, run: object, suffix: str) -> None:
    target = tmp_path / f"events.{suffix}"
    code, (line,), _ = run("export", filled, target, "--min-score", 0.2, "--json")
    count = json.loads(line)["events"]
    assert code == 0
    if suffix == "parquet":
        assert parquet.read_table(target).num_rows == count > 0
    else:
        assert len(target.read_text().splitlines()) == count + (suffix == "csv")


def test_verifying_finds_what_is_gone(filled: Path, tmp_path: Path, run: object) -> None:
    assert run("verify", filled, "--contents")[:2] == (0, ["No faults."])
    gone = next((tmp_path / "recordings").iterdir())
    gone.unlink()
    code, (line,), _ = run("verify", filled, "--json")
    assert code == 1
    assert json.loads(line)["path"] == str(gone)


@pytest.mark.parametrize(
    "arguments",
    [
        ("find", "Yodelling trombone"),
        ("find", "Speech", "--min-score", "40"),
        ("similar", "no such file.wav"),
        ("similar", f"{__file__}@3-1"),
        ("export", "events.docx"),
        ("export", "/no/such/folder/events.csv"),
        ("add", "no such folder/*.wav"),
    ],
)
def test_errors_are_told_and_have_a_code(
    filled: Path, run: object, arguments: tuple[str, ...]
) -> None:
    command, *others = arguments
    code, lines, told = run(command, filled, *others)
    assert (code, lines) == (2, [])
    assert told.endswith(".\n")


def test_the_demonstration_archive_has_sounds_at_their_times(tmp_path: Path, run: object) -> None:
    code, (line,), _ = run("demonstrate", tmp_path / "demo", "--json")
    assert (code, json.loads(line)["added"]) == (0, 20)
    _, lines, _ = run("find", tmp_path / "demo", "Applause", "--json")
    assert len(lines) >= 3
    assert {json.loads(line)["at"][11:13] for line in lines} == {"19"}
    evening = ("--time-of-day", "19:00", "21:00")
    assert run("find", tmp_path / "demo", "Applause", "--json", *evening)[1] == lines
    assert run("find", tmp_path / "demo", "Applause", "--time-of-day", "5:00", "6:00")[0] == 2
    assert run("find", tmp_path / "demo", "Applause", "--time-of-day", "05:00", "06:00")[1] == []


def test_it_runs_as_a_module(filled: Path) -> None:
    command = [sys.executable, "-m", "models.archive", "verify", str(filled)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout == "No faults.\n"
