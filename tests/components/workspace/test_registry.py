"""Workspaces by cookie: found again, kept in time, bounded in bytes."""

import gc
import threading

import pytest

from components.workspace.registry import Registry
from components.workspace.workspace import Workspace
from models.errors import SettingError
from tests.components.workspace.making import MB, Clock, recording, registry, total

MINUTE_S = 60.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def found(clock: Clock) -> Registry:
    return registry(clock)


def fill(workspace: Workspace, name: str, mb: float) -> Workspace:
    workspace.recordings.add(recording(name, round(mb * MB)))
    return workspace


def test_a_cookie_finds_its_workspace_again(found: Registry) -> None:
    ada, bo = found.open("ada"), found.open("bo")
    assert found.open("ada") is ada
    assert found.open("bo") is bo is not ada
    assert len({ada.key, bo.key}) == 2
    assert len(found) == 2


def test_a_workspace_is_kept_for_its_time_after_the_last_connection(
    found: Registry, clock: Clock
) -> None:
    found.connect("ada")
    ada = fill(found.open("ada"), "a", 1)
    clock.now_s += 600 * MINUTE_S
    assert found.expire() == 0, "it is connected"
    found.connect("ada")  # another tab
    found.disconnect("ada")
    clock.now_s += 31 * MINUTE_S
    assert found.expire() == 0, "the first tab is connected still"
    found.disconnect("ada")
    clock.now_s += 29 * MINUTE_S
    assert found.expire() == 0
    assert found.open("ada") is ada
    assert len(ada.recordings) == 1
    found.connect("ada")
    found.disconnect("ada")
    clock.now_s += 29 * MINUTE_S
    assert found.expire() == 0, "its time began anew"
    clock.now_s += 1 * MINUTE_S
    assert found.expire() == 1
    assert len(found) == total(found) == 0
    assert not ada.recordings.all
    assert found.open("ada") is not ada


def test_what_a_session_holds_goes_when_its_tab_was_closed_for_good(
    found: Registry, clock: Clock
) -> None:
    """Streamlit itself lets go of such a session no sooner than another one is left."""
    lost, back = found.open_in_session(), found.open_in_session()
    for workspace in (lost, back):
        fill(workspace, "a", 1)
        found.leave_session(workspace, 45.0)
    clock.now_s += 44.0
    assert found.expire() == 0
    found.stay_in_session(back)
    clock.now_s += 600 * MINUTE_S
    assert found.expire() == 1
    assert not lost.recordings.all
    assert len(back.recordings) == len(found) == 1
    found.leave_session(lost, 45.0)  # the session that holds it ends later
    clock.now_s += MINUTE_S
    assert found.expire() == 0


def test_a_workspace_that_never_had_a_connection_goes_too(found: Registry, clock: Clock) -> None:
    found.open("ada")
    clock.now_s += 29 * MINUTE_S
    assert found.expire() == 0
    clock.now_s += 2 * MINUTE_S
    assert found.expire() == 1
    assert not len(found)


def test_connections_are_counted_whenever_the_workspace_was_made(
    found: Registry, clock: Clock
) -> None:
    found.connect("ada")  # before the script has run for the first time
    found.open("ada")
    found.disconnect("ada")
    found.disconnect("ada")  # once too often
    found.connect("ada")
    clock.now_s += 31 * MINUTE_S
    assert found.expire() == 0
    found.disconnect("bo")  # of whom nothing is known
    found.connect("bo")
    found.disconnect("bo")
    assert len(found) == 1


def test_nothing_is_left_of_connections_without_a_workspace(found: Registry) -> None:
    for number in range(100):
        found.connect(f"{number}")
        found.disconnect(f"{number}")
    assert found._entries == {}


def test_what_is_forgotten_is_empty_at_once_and_the_next_is_new(found: Registry) -> None:
    found.connect("ada")
    ada, bo = fill(found.open("ada"), "a", 1), fill(found.open("bo"), "b", 1)
    found.forget(ada)
    assert not ada.recordings.all
    assert found.find(ada.key, "ada") is None
    again = found.open("ada")
    assert again is not ada
    assert again.key != ada.key
    assert not again.recordings.all
    assert found.open("bo") is bo
    assert len(bo.recordings) == 1


def test_who_is_connected_is_so_after_forgetting_too(found: Registry, clock: Clock) -> None:
    found.connect("ada")
    found.forget(found.open("ada"))
    again = found.open("ada")
    clock.now_s += 31 * MINUTE_S
    assert found.expire() == 0
    assert found.open("ada") is again


def test_an_address_is_for_the_workspaces_own_cookie_alone(found: Registry) -> None:
    ada, bo = found.open("ada"), found.open("bo")
    assert found.find(ada.key, "ada") is ada
    for cookie in ("bo", "eve", "", None):
        assert found.find(ada.key, cookie) is None
    assert found.find(bo.key, "ada") is None
    assert found.find("", "ada") is None


def test_where_cookies_are_refused_the_address_alone_is_enough(found: Registry) -> None:
    held = found.open_in_session()
    found.open("ada")
    assert found.find(held.key, None) is held
    assert found.find(held.key, "ada") is held
    assert found.find(held.key[:-1], None) is None
    found.forget(held)
    assert found.find(held.key, None) is None


def test_a_workspace_of_a_session_lives_as_long_as_that_holds_it(
    found: Registry, clock: Clock
) -> None:
    held = fill(found.open_in_session(), "a", 2)
    clock.now_s += 600 * MINUTE_S
    assert found.expire() == 0
    assert len(found) == 1
    assert total(found) == 2 * MB
    del held
    gc.collect()
    assert len(found) == total(found) == 0


def test_for_room_the_longest_gone_go_first_and_nobody_who_is_here(
    found: Registry, clock: Clock
) -> None:
    for name in ("here", "early", "late"):
        found.connect(name)
        fill(found.open(name), name, 30)
    in_session = fill(found.open_in_session(), "in session", 1)
    for name in ("early", "late"):
        clock.now_s += MINUTE_S
        found.disconnect(name)
    here = found.open("here")
    early, late = found.open("early"), found.open("late")
    fill(here, "more", 5)
    assert len(found) == 4, "all of it fits"
    fill(here, "still more", 10)
    assert not early.recordings.all
    assert len(late.recordings) == 1
    assert total(found) == 76 * MB
    with pytest.raises(SettingError, match="All is full"):
        fill(here, "too much", 60)
    assert [one.name for one in here.recordings.all] == ["here", "more", "still more"]
    assert len(in_session.recordings) == 1
    assert found.open("early") is not early


def test_all_are_closed_at_the_end(found: Registry) -> None:
    both = [fill(found.open("ada"), "a", 1), fill(found.open_in_session(), "b", 1)]
    found.close()
    assert [one.n_bytes for one in both] == [0, 0]
    assert len(found) == 0


def test_many_threads_come_and_go_at_once(found: Registry, clock: Clock) -> None:
    problems: list[object] = []

    def visit(number: int) -> None:
        cookie = f"{number % 4}"  # shared by several tabs
        try:
            for step in range(60):
                found.connect(cookie)
                workspace = found.open(cookie)
                if found.open(cookie) is not workspace:
                    problems.append(cookie)
                found.find(workspace.key, cookie)
                workspace.room.take(MB)
                workspace.room.give_back(MB)
                fill(workspace, f"{number} {step % 5}", 0.001)
                for oldest in workspace.recordings.all[:1]:
                    workspace.remove_recording(oldest.digest)
                clock.now_s += 1.0
                found.expire()
                found.disconnect(cookie)
        except Exception as error:  # noqa: BLE001  # told below
            problems.append(error)

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert all(entry.connections == 0 for entry in found._entries.values())
    clock.now_s += 31 * MINUTE_S
    assert found.expire() == 4
    assert len(found) == 0


def test_one_that_cannot_be_closed_keeps_no_other_from_it(
    found: Registry, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bo = fill(found.open("ada"), "a", 1), fill(found.open("bo"), "b", 1)

    def stumble() -> None:
        raise OSError("a folder that is in use")

    monkeypatch.setattr(ada.models, "clear", stumble)
    clock.now_s += 31 * MINUTE_S
    assert found.expire() == 2
    assert not len(ada.recordings), "what comes after the step that failed is freed"
    assert not len(bo.recordings)
    assert len(found) == 0
