"""A workspace's session: saved, and opened in another workspace."""

import io
from collections.abc import Iterator

import pytest

from components.view.settings import SoundChoice
from components.workspace import sessions, shared
from components.workspace.choices import TruthList, TruthOfMany
from components.workspace.recordings import PLACE, Recording
from components.workspace.waiting import Waiting
from components.workspace.workspace import Workspace
from models.events import Event
from models.events.annotation import Annotation, reviews_of
from models.events.truth import TrueEvent
from models.live import Gap
from tests.components.workspace.making import MB, recording, workspace

SETTINGS = {"threshold": ("0.5",), "collar": ()}
EVENTS = (TrueEvent(0.5, 1.0, "Dog"), TrueEvent(2.0, 3.0, "Chirp, tweet"))


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    yield
    shared.reset()


def full() -> Workspace:
    one = workspace()
    rain = recording("rain.wav", 5 * MB)
    live = Recording.from_bytes(
        "Live session", b"live", (Gap(0.25, 0.5),), "The last ten minutes are kept.", is_live=True
    )
    for each in (rain, live):
        one.recordings.add(each)
    one.recordings.choose(rain.digest)
    one.view.set_thresholds({"Dog": 0.25})
    one.view.truth[rain.digest] = TruthList("rain.txt", EVENTS, ("A row was passed over.",))
    one.view.truth_of_many = TruthOfMany("all.tsv", {"live": EVENTS, "": ()})
    one.view.sounds[live.digest] = SoundChoice(1, "left")
    return one


def saved(one: Workspace, *, with_sounds: bool = True) -> bytes:
    file = io.BytesIO()
    sessions.save(one, SETTINGS, file, lambda _fraction: None, with_sounds=with_sounds)
    return file.getvalue()


def opened(content: bytes, into: Workspace) -> Workspace:
    sessions.open_file(into, Waiting(), "a.earmark-session", content)
    return into


def failures(one: Workspace) -> list[str]:
    return [f"{name}: {error}" for name, error in one.messages.show_failures(PLACE)]


def test_what_is_opened_is_what_was_saved() -> None:
    before = full()
    content = saved(before)
    after = opened(content, workspace())
    assert not failures(after)
    assert not after.recordings.awaited
    assert [vars(one) for one in after.recordings.all] == [
        vars(one) for one in before.recordings.all
    ]
    assert saved(after) == content
    assert "with 2 recordings" in (after.messages.success(sessions.OPENED) or "")


def test_an_annotation_is_kept_with_its_reviews() -> None:
    before = full()
    rain, _ = before.recordings.all
    dog, cat = Event(0.5, 1.0, "Dog", 0.5, 0.5), Event(7.0, 8.0, "Cat", 0.5, 0.5)
    begun = Annotation.of(EVENTS, ["Bird"]).draw(4.0, 5.0, "Rain").delete(2)
    annotated = begun.accept(dog).move(1, 0.25, 1.0).reject(cat)
    before.view.annotations.change(
        rain.digest, lambda history: history.then("drew", annotated), before.room.reserving
    )
    content = saved(before)
    after = opened(content, full())
    assert saved(after) == content
    read = after.view.annotations.present(rain.digest)
    assert read is not None
    assert [(e.onset_s, e.offset_s, e.label) for e in read.events] == [
        (0.25, 1.0, "Dog"),
        (4.0, 5.0, "Rain"),
    ]
    unseen = Event(4.0, 5.0, "Rain", 0.5, 0.5)
    assert reviews_of(read, [dog, cat, unseen]) == ("true", "false", "")
    assert read.listed == {"Bird"}
    assert read.reject(dog).find(2).label == "Rain", "numbers are those of the events"
    undone = after.view.annotations.history(rain.digest).undone()
    assert undone.present is None, "the list that was here comes back"


def test_a_list_takes_the_place_of_an_annotation() -> None:
    after = full()
    rain, _ = after.recordings.all
    after.view.annotations.change(
        rain.digest,
        lambda history: history.then("drew", Annotation().draw(0, 1, "Dog")),
        after.room.reserving,
    )
    opened(saved(full()), after)
    truth = after.view.truth_of(rain.digest, rain.name)
    assert truth is not None
    assert (truth.file_name, truth.events) == ("rain.txt", EVENTS)
    assert after.view.annotations.present(rain.digest) is None


def test_its_settings_are_for_the_tab_that_opened_it() -> None:
    tab, one = Waiting(), workspace()
    sessions.open_file(one, tab, "a.earmark-session", saved(full()))
    assert sessions.take_settings(one, Waiting()) is None
    assert sessions.take_settings(one, tab) == SETTINGS
    assert sessions.take_settings(one, tab) is None


def test_missing_sounds_are_awaited_and_recognised_under_any_name() -> None:
    before = full()
    content = saved(before, with_sounds=False)
    after = opened(content, workspace())
    assert not after.recordings.all
    assert [one.name for one in after.recordings.awaited] == ["rain.wav", "Live session"]
    assert saved(after) == saved(after, with_sounds=False), "nothing is lost if it is saved again"
    assert saved(after).count(b"sounds/") == 0
    rain, live = before.recordings.all
    after.recordings.add(Recording.from_bytes("other name.wav", live.data))
    assert [one.name for one in after.recordings.awaited] == ["rain.wav"]
    (came,) = after.recordings.all
    assert vars(came) == vars(live)
    assert after.view.sound(live.digest) == SoundChoice(1, "left")
    after.recordings.add(Recording.from_bytes("x", rain.data))
    truth = after.view.truth_of(rain.digest, "x")
    assert truth is not None
    assert truth.events == EVENTS


def test_one_can_go_on_without_what_is_missing() -> None:
    after = opened(saved(full(), with_sounds=False), workspace())
    sessions.stop_waiting(after)
    assert not after.recordings.awaited
    assert not after.view.truth
    assert not after.view.sounds


def test_what_is_here_stays() -> None:
    after = workspace()
    mine, rain = recording("mine.wav", 20), recording("rain.wav", 5 * MB)
    after.recordings.add(mine)
    after.recordings.add(Recording.from_bytes("my name.wav", rain.data))
    opened(saved(full(), with_sounds=False), after)
    assert [one.name for one in after.recordings.all] == ["mine.wav", "my name.wav"]
    assert [one.name for one in after.recordings.awaited] == ["Live session"]
    assert after.view.thresholds == {"Dog": 0.25}


def test_the_demonstration_clip_need_not_be_brought() -> None:
    before = workspace()
    before.recordings.add(shared.shared().demonstration)
    after = opened(saved(before, with_sounds=False), workspace())
    assert [one.name for one in after.recordings.all] == [shared.shared().demonstration.name]
    assert not after.recordings.awaited


def test_sounds_without_room_are_told_and_awaited() -> None:
    after = opened(saved(full()), workspace(max_clips=1))
    assert [one.name for one in after.recordings.all] == ["rain.wav"]
    assert [one.name for one in after.recordings.awaited] == ["Live session"]
    (told,) = failures(after)
    assert told.startswith("Live session: There is no room for another recording.")


def test_a_file_that_the_workspace_has_no_room_for_is_refused_as_a_whole() -> None:
    after = opened(saved(full()), workspace(max_workspace_mb=2))
    assert not after.recordings.all
    assert "A visitor may have 2 MB" in failures(after)[0]


@pytest.mark.parametrize("content", [b"", b"no session", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_session_is_told(content: bytes) -> None:
    after = opened(content, workspace())
    (told,) = failures(after)
    assert "a.earmark-session cannot be opened: " in told
    assert after.opened is None
    assert after.messages.success(sessions.OPENED) is None


def test_awaited_recordings_count() -> None:
    before = workspace()
    gaps = tuple(Gap(at, at) for at in range(5_000))
    before.recordings.add(Recording.from_bytes("a", b"a", gaps))
    after = opened(saved(before, with_sounds=False), workspace())
    assert after.n_bytes > 500_000
    refusing = opened(saved(before, with_sounds=False), workspace(max_workspace_mb=1))
    assert refusing.n_bytes <= MB


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bird.wav", "bird"),
        ("../../etc/pass*wd.wav", "passwd"),
        ("C:\\x\\Häuser 1.flac", "Häuser 1"),
        ("<>.wav", "earmark"),
    ],
)
def test_the_file_is_named_after_its_recording(name: str, expected: str) -> None:
    one = workspace()
    one.recordings.add(Recording.from_bytes(name, b"a"))
    assert sessions.file_name(one) == f"{expected}.earmark-session"
    one.recordings.add(Recording.from_bytes(name, b"b"))
    assert sessions.file_name(one) == "earmark.earmark-session"
