"""The page "Archive" without a browser."""

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from datetime import time
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from streamlit.testing.v1 import AppTest

from components.archive import examples, exports, hit_list
from components.archive.list_requests import key_of, perform
from components.archive.questions import Question, answer
from components.workspace import operator
from components.workspace.archive_reviews import ArchiveReviews
from components.workspace.recordings import Recording
from models.archive import Archive
from models.demonstration import scene_recording
from models.errors import SettingError
from tests.components.conftest import forget_shared
from tests.components.pages import SCRIPT, new_tab, open_page, press, workspace_of


@pytest.fixture(autouse=True)
def named(archive_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The operator has named the archive."""
    monkeypatch.setenv(operator.ARCHIVES_VARIABLE, f"Forest={archive_folder}")
    yield
    forget_shared()


def results(page: AppTest) -> str:
    return str(page.main.header[0].value)


def look(page: AppTest, way: str) -> AppTest:
    return page.selectbox(key="archive-by").select(way).run()


def reviewed(page: AppTest, archive: Archive, label: str, accepted: bool) -> None:
    reviews = workspace_of(page).archive_reviews
    for one in archive.events(label):
        reviews.review("Forest", one, accepted)


def test_there_is_no_page_without_archives(monkeypatch: pytest.MonkeyPatch) -> None:
    assert operator.has_archives()
    monkeypatch.delenv(operator.ARCHIVES_VARIABLE)
    assert not operator.has_archives()


def test_it_shows_what_is_there_and_finds_a_class(archive: Archive) -> None:
    page = open_page("archive", archive_classes="Siren")
    assert not (page.error or page.exception)
    assert page.main.caption[0].value.startswith("3 recordings · 0.0 hours · 1 May 2026 to 4 May")
    count = len(archive.events("Siren"))
    assert results(page) == f"{count} results"
    page.slider(key="archive-score").set_value(1.0).run()
    assert "Lower the score" in page.info[0].value


def test_filters_narrow_the_results_down(archive: Archive) -> None:
    page = open_page("archive")
    everything = results(page)
    page.date_input(key="archive-first").set_value("2026-05-04").run()
    few = len(archive.events(after="2026-05-04", limit=None))
    assert results(page) == f"{few} results" != everything
    assert page.query_params["archive-first"] == "2026-05-04"
    page.time_input(key="archive-from").set_value(time(19)).run()
    assert results(page) == "0 results"
    page.text_input(key="archive-path").set_value("nowhere").run()
    assert "No recording" in page.error[0].value


def test_a_link_has_the_filters(archive: Archive) -> None:
    page = open_page("archive", archive_last="2026-05-02", archive_until="12:00")
    few = len(archive.events(before="2026-05-03", time_of_day=("00:00", "12:00"), limit=None))
    assert results(page) == f"{few} results"
    refused = open_page("archive", archive_last="2030-01-01", archive_until="noon")
    (told,) = [one.value for one in refused.warning]
    assert "a day from 2026-05-01 to 2026-05-04" in told
    assert "a time of the day such as 05:30" in told


def test_accepted_results_are_looked_for(archive: Archive) -> None:
    page = open_page("archive")
    assert "Nothing was accepted yet" in look(page, "Accepted results").info[0].value
    look(page, "Class")
    reviewed(page, archive, "Siren", accepted=True)
    reviewed(page, archive, "Music", accepted=False)
    page.run()
    press(page, "Find more like them")
    assert page.selectbox(key="archive-by").value == "Accepted results"
    assert results(page).endswith("results")
    assert not page.error


def test_reviews_teach_a_class_that_is_applied_at_once(archive: Archive) -> None:
    page = open_page("archive", archive_classes="Siren")
    assert "No class was taught yet" in look(page, "Taught class").info[0].value
    look(page, "Class")
    reviewed(page, archive, "Siren", accepted=True)
    reviewed(page, archive, "Music", accepted=False)
    page.run()
    assert page.text_input(key="archive-class-name-Siren").value == "Siren"
    page.text_input(key="archive-class-name-Siren").set_value("Alarm car").run()
    press(page, "Teach and apply")
    for _ in range(10):  # the examples, then the training, each end with a run of their own
        if page.selectbox(key="archive-by").value == "Taught class":
            break
        page.run()
    assert page.selectbox(key="archive-by").value == "Taught class"
    lesson = workspace_of(page).teaching.lesson
    assert lesson.of("Alarm car")
    assert lesson.of("Background")
    training = workspace_of(page).teaching.training
    assert training is not None
    found = archive.classify(training.job.result().classifier, min_score=0.4)
    assert results(page) == f"{len(found)} results"
    siren_recordings = {one.recording for one in archive.events("Siren")}
    assert found[0].recording in siren_recordings
    n_pieces = len(lesson.pieces)
    # The same class is named for the next reviews, and nothing is taught twice.
    assert page.selectbox(key="archive-taught").value == "Alarm car"
    assert page.text_input(key="archive-class-name-Alarm car").value == "Alarm car"
    press(page, "Teach and apply")
    assert len(workspace_of(page).teaching.lesson.pieces) == n_pieces
    page.text_input(key="archive-class-name-Alarm car").set_value("Another car").run()
    press(page, "Teach and apply")
    for _ in range(10):
        if page.selectbox(key="archive-taught").value == "Another car":
            break
        page.run()
    assert page.selectbox(key="archive-taught").value == "Another car"
    lesson = workspace_of(page).teaching.lesson
    assert len(lesson.of("Another car")) == len(lesson.of("Alarm car"))
    assert not (page.error or page.exception)


def test_an_example_is_asked_for_and_searched() -> None:
    page = look(open_page("archive"), "Example")
    assert "Find in an archive" in page.sidebar.caption[0].value
    recording = Recording.from_bytes("siren.wav", scene_recording(["Siren"], 9))
    workspace_of(page).recordings.add(recording)
    page.run()
    assert page.selectbox(key="archive-example-choice").value == recording.key
    assert results(page).endswith("results")
    assert not page.error


def test_a_selection_of_another_page_is_handed_over() -> None:
    page = look(open_page("archive"), "Example")
    workspace = workspace_of(page)
    recording = Recording.from_bytes("siren.wav", scene_recording(["Siren"], 9))
    workspace.archive_reviews.sound = examples.Sound(
        "key", "siren.wav at 1 s", lambda: examples.load_excerpt(recording.data, 1, 3)
    )
    page.run()
    assert page.selectbox(key="archive-example-choice").value == ""
    assert results(page).endswith("results")


def test_a_removed_recording_is_not_held_by_a_search() -> None:
    page = look(open_page("archive"), "Example")
    workspace = workspace_of(page)
    recording = Recording.from_bytes("siren.wav", scene_recording(["Siren"], 9))
    workspace.recordings.add(recording)
    page.run()
    reviews = workspace.archive_reviews
    reviews.sound = examples.Sound(f"{recording.digest}-0-1-{{}}", "siren.wav", lambda: None)
    assert reviews.job is not None
    workspace.remove_recording(recording.key)
    assert (reviews.sound, reviews.question, reviews.job) == (None, None, None)


def test_an_archive_that_is_none_and_an_empty_one_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    named = {name: tmp_path / name.lower() for name in ("Other", "Empty", "Missing")}
    entries = "; ".join(f"{name}={folder}" for name, folder in named.items())
    monkeypatch.setenv(operator.ARCHIVES_VARIABLE, entries)
    page = open_page("archive")
    assert "is no archive" in page.error[0].value
    page.selectbox(key="archive").select("Empty").run()
    assert "is empty" in page.info[0].value
    assert not page.error
    page.selectbox(key="archive").select("Missing").run()
    assert "The folder of this archive does not exist" in page.error[0].value
    assert not named["Missing"].exists()


@pytest.mark.parametrize("said", ["forest", "=/data", "Forest=", ";Forest"])
def test_a_wrong_setting_is_told_on_the_page(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(operator.ARCHIVES_VARIABLE, said)
    with pytest.raises(SettingError, match="EARMARK_ARCHIVES"):
        operator.read_archives()
    page = open_page("archive")
    assert "set up wrongly" in page.error[0].value


def test_secrets_name_archives_too() -> None:
    page = new_tab(SCRIPT)
    page.secrets["earmark"] = {"archives": {"A": "/a"}}
    page.run()
    assert not (page.error or page.exception)


def test_recordings_that_are_gone_are_told_in_their_rows(
    archive_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = tmp_path / "archive"
    shutil.copytree(archive_folder, copied)
    monkeypatch.setenv(operator.ARCHIVES_VARIABLE, f"Copy={copied}")
    drawn: list[list[hit_list.ShownHit]] = []
    monkeypatch.setattr(hit_list, "show", lambda _name, page, **_other: drawn.append(list(page)))
    moved = archive_folder.parent / "moved"
    (archive_folder.parent / "recordings").rename(moved)
    try:
        page = open_page("archive", archive_classes="Siren")
    finally:
        moved.rename(archive_folder.parent / "recordings")
    assert not (page.error or page.exception)
    assert drawn[-1]
    assert all("cannot be read" in one.problem and one.excerpt is None for one in drawn[-1])


def asked(*requests: object, player: str = "one") -> object:
    return {"player": player, "requests": list(requests)}


@pytest.mark.parametrize(
    "told",
    [
        *(None, 3, {}, {"player": "one"}, asked(3), asked({"kind": "accept"})),
        *(
            asked({"request": 1, "kind": kind, "hit": hit})
            for kind, hit in (("accept", 0), ("accept", "9-9-9-"), ("burn", "KEY"), ([], "KEY"))
        ),
        asked({"request": "1", "kind": "accept", "hit": "KEY"}),
        asked({"request": 1, "kind": "accept", "hit": "KEY"}, player="x" * 300),
    ],
)
def test_what_a_browser_makes_up_changes_nothing(told: object, archive: Archive) -> None:
    (hit,), kept = archive.events("Siren", limit=1), ArchiveReviews()
    perform("Forest", {"KEY": hit}, kept, told)
    assert kept.of("Forest") == {}


def test_requests_are_performed_once_and_by_their_hits(archive: Archive) -> None:
    hits, kept = {key_of(hit): hit for hit in archive.events("Siren")}, ArchiveReviews()
    first, second = list(hits)[:2]
    accepted = {"request": 1, "kind": "accept", "hit": first}
    perform("Forest", hits, kept, asked(accepted))
    assert kept.of("Forest") == {hits[first]: True}
    kept.forget("Forest")
    rejected = {"request": 2, "kind": "reject", "hit": second}
    perform("Forest", hits, kept, asked(accepted, rejected))  # the first is repeated
    assert kept.of("Forest") == {hits[second]: False}
    assert kept.answers == [{"player": "one", "number": 2}]
    perform(
        "Forest", hits, kept, asked({"request": 1, "kind": "accept", "hit": second}, player="b")
    )
    assert kept.of("Forest") == {hits[second]: True}
    perform("Forest", hits, kept, asked({"request": 3, "kind": "withdraw", "hit": second}))
    assert kept.of("Forest") == {}


def quiet(_fraction: float) -> None:
    return None


def test_tables_have_all_results(archive: Archive) -> None:
    question = Question("classes", labels=("Siren", "Music"))
    found = answer(archive, question, quiet)
    written = {}
    for suffix in (".csv", ".jsonl", ".parquet"):
        file = io.BytesIO()
        exports.table(archive, question, found, suffix)(file, quiet)
        written[suffix] = file.getvalue()
    expected = [one.as_dict()["onset_s"] for one in found.hits]
    rows = csv.DictReader(io.StringIO(written[".csv"].decode()))
    assert [float(row["onset_s"]) for row in rows] == expected
    lines = written[".jsonl"].decode().splitlines()
    assert [json.loads(line)["onset_s"] for line in lines] == expected
    table = parquet.read_table(pa.BufferReader(written[".parquet"]))
    assert table["onset_s"].to_pylist() == expected


def test_sounds_are_sorted_into_folders(archive: Archive) -> None:
    hits = [*archive.events("Siren")[:2], *archive.events("Music")[:1]]
    file = io.BytesIO()
    exports.write_sounds(archive, hits, file, quiet)
    with zipfile.ZipFile(file) as read:
        names = read.namelist()
        assert [name.partition("/")[0] for name in names] == ["Siren", "Siren", "Music"]
        assert all(read.read(name).startswith(b"RIFF") for name in names)
