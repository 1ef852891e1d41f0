"""The page "Live" with the microphone replaced: packets of a real recording."""

import csv
import io
import time
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from components.live import webrtc
from components.live.webrtc import Connection
from components.protocol import serving
from components.ui.recorder import RECORDING_TYPE
from components.workspace import current as current_module
from components.workspace import shared
from components.workspace.operator import variable
from components.workspace.recordings import Recording
from models.audio import load_clip
from models.demonstration import demonstration_recording
from models.live import seats
from models.live import session as session_module
from models.live.log_file import log_csv
from models.live.session import LOST_AFTER_S
from models.registry.catalog import BUILTIN
from tests.components.live.fake_microphone import FakeMicrophone
from tests.components.pages import new_tab, workspace_of
from tests.models.live.parts import until


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeMicrophone:
    replacement = FakeMicrophone()
    monkeypatch.setattr(webrtc, "listen", replacement.listen)
    return replacement


def app() -> None:
    """Open on the page "Live": a test cannot choose a page that is a function."""
    import streamlit as st

    from components.screens import clip, live

    inspector = st.Page(clip.page, title="Clip", url_path="clip")
    listening = st.Page(lambda: live.page(inspector), title="Live", default=True)
    st.navigation([listening, inspector]).run()


def open_live() -> AppTest:
    page = new_tab(app, model=BUILTIN).run()
    assert not page.exception
    return page


def labelled(page: AppTest, label: str) -> Button:
    return next(button for button in page.button if label in button.label)


def clip_names(page: AppTest) -> list[str]:
    return [recording.name for recording in workspace_of(page).recordings.all]


def listen_for_a_while(page: AppTest, fake: FakeMicrophone) -> None:
    fake.connection = Connection.OPEN
    page.run()
    fake.play()
    page.run()
    assert not page.exception


def test_stop_turns_the_session_into_a_clip(fake: FakeMicrophone) -> None:
    page = open_live()
    assert clip_names(page) == []
    listen_for_a_while(page, fake)
    fake.connection = Connection.IDLE
    page.run()
    assert not page.exception
    (name,) = clip_names(page)
    assert name.startswith("Live session ")
    clip = load_clip(workspace_of(page).recordings.all[0].data)
    assert clip.duration_s == pytest.approx(12.0, abs=0.05)
    np.testing.assert_allclose(clip.samples[:16_000], fake.samples[:16_000], atol=2 / 32_768)


def test_a_lost_connection_is_known_until_listening_begins_anew(fake: FakeMicrophone) -> None:
    fake.ago_s = 2 * LOST_AFTER_S
    page = open_live()
    listen_for_a_while(page, fake)
    fake.connection = Connection.IDLE
    page.run()
    assert workspace_of(page).live.was_lost
    (name,) = clip_names(page)
    assert name.startswith("Live session ")
    page.run()
    assert workspace_of(page).live.was_lost
    fake.ago_s = 0.0
    listen_for_a_while(page, fake)
    assert not workspace_of(page).live.was_lost


def test_stop_is_no_lost_connection_however_late_the_server_comes_to_it(
    fake: FakeMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_live()
    listen_for_a_while(page, fake)
    session = workspace_of(page).live
    heard_at = session._heard_at
    monkeypatch.setattr(session, "_clock", lambda: heard_at)  # however slow this machine is
    fake.source.end()
    monkeypatch.setattr(session, "_clock", lambda: heard_at + 10 * LOST_AFTER_S)
    fake.connection = Connection.IDLE
    page.run()
    assert not workspace_of(page).live.was_lost
    assert len(clip_names(page)) == 1


def test_a_stream_that_ended_by_itself_offers_start_again(fake: FakeMicrophone) -> None:
    page = open_live()
    listen_for_a_while(page, fake)
    session = workspace_of(page).live
    session._stream.leave()
    until(lambda: not session.listening)
    page.run()  # the browser does not know of it, and its connection is closed
    assert not page.exception
    assert fake.connection is Connection.IDLE
    assert not session.listening
    assert len(clip_names(page)) == 1
    listen_for_a_while(page, fake)
    assert session.listening


def test_what_was_that_opens_the_inspector(fake: FakeMicrophone) -> None:
    page = open_live()
    listen_for_a_while(page, fake)
    labelled(page, "What was that?").click()
    page.run()
    assert not page.exception
    assert page.title[0].value.startswith("Heard live")
    names = clip_names(page)
    assert [name.split(" 2")[0] for name in names] == ["Heard live"]
    assert workspace_of(page).live.listening
    assert {metric.label: metric.value for metric in page.metric}["Duration"] == "10.0 s"


def test_lost_sound_is_told(fake: FakeMicrophone) -> None:
    fake.lost = range(200, 225)
    page = open_live()
    listen_for_a_while(page, fake)
    labelled(page, "What was that?").click()
    page.run()
    assert not page.exception
    workspace_of(page).live.stop()
    session = workspace_of(page).recordings.all[1]
    (gap,) = session.gaps
    assert (gap.onset_s, gap.offset_s) == pytest.approx((4.0, 4.5), abs=0.01)
    assert load_clip(session.data).duration_s == pytest.approx(12.0, abs=0.05)
    assert "0.50 s were lost" in page.warning[0].value


def test_only_what_was_heard_is_offered_for_inspection(
    fake: FakeMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[str] = []
    monkeypatch.setattr(st, "page_link", lambda _page, *, label, **_: offered.append(label))
    page = open_live()
    workspace_of(page).recordings.add(Recording.from_bytes("a.wav", demonstration_recording()))
    page.run()
    assert "Inspect what was heard" not in offered
    listen_for_a_while(page, fake)
    fake.connection = Connection.IDLE
    page.run()
    page.run()
    assert not page.exception
    assert "Inspect what was heard" in offered


def test_the_log_can_be_saved_and_says_what_its_edges_are(fake: FakeMicrophone) -> None:
    page = open_live()
    assert not [button for button in page.button if "log" in button.label]
    listen_for_a_while(page, fake)
    assert labelled(page, "Save the log")
    workspace_of(page).live.stop()
    events = workspace_of(page).live.snapshot().events
    rows = list(csv.DictReader(io.StringIO(log_csv(events, [events[0].label]))))
    assert {row["label"] for row in rows if row["watched"] == "true"} == {events[0].label}
    assert [row["label"] for row in rows] == [event.label for event in events]
    assert {row["edges"] for row in rows} >= {"sound"}
    for row, event in zip(rows, events, strict=True):
        assert row["edges"] == ("sound" if event.is_refined else "windows")
        assert datetime.fromisoformat(row["time"]).timestamp() == pytest.approx(
            event.heard_at, abs=1e-3
        )
        assert float(row["onset_s"]) == pytest.approx(event.onset_s, abs=1e-6)
        assert row["open"] == "false"


def test_settings_take_effect_while_listening(fake: FakeMicrophone) -> None:
    page = open_live()
    listen_for_a_while(page, fake)
    heard = workspace_of(page).live.snapshot().events
    label = heard[-1].label
    page.slider(key="interval").set_value(0.5)
    page.slider(key="live_threshold").set_value(0.45)
    page.session_state["watch"] = [label]
    page.toggle(key="edges").set_value(False)
    page.toggle(key="gated").set_value(True).run()
    page.select_slider(key="gate").set_value(-30)
    page.run()
    assert not page.exception
    stream = workspace_of(page).live.snapshot()
    assert stream.settings.interval_s == 0.5
    assert stream.settings.threshold == 0.45
    assert not stream.settings.refine
    assert stream.settings.watched == (label,)
    assert stream.settings.gate_dbfs == -30
    assert stream.counts == {label: sum(event.label == label for event in heard)}


def test_another_tab_does_not_change_how_this_one_listens(
    fake: FakeMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_live()
    listen_for_a_while(page, fake)
    session = workspace_of(page).live
    source, settings, classifier = session.source, session.snapshot().settings, session.classifier
    monkeypatch.setattr(session_module, "LOST_AFTER_S", 60.0)  # it is not silent meanwhile
    other = new_tab(app, workspace_of(page), BUILTIN)
    other.run()
    other.slider(key="interval").set_value(0.5)
    other.slider(key="live_threshold").set_value(0.85).run()
    assert not other.exception
    assert any("in another tab of yours" in caption.value for caption in other.caption)
    assert session.snapshot().settings == settings
    assert (session.source, session.classifier) == (source, classifier)


def test_another_tabs_silence_ends_nothing_and_listening_here_is_a_button(
    fake: FakeMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_live()
    listen_for_a_while(page, fake)
    session = workspace_of(page).live
    source, heard = session.source, session.snapshot().n_frames
    now = time.monotonic()
    monkeypatch.setattr(session, "_clock", lambda: now + 10 * LOST_AFTER_S)
    monkeypatch.setattr(serving, "is_serving", lambda: True)
    other = new_tab(app, workspace_of(page), BUILTIN)
    monkeypatch.setattr(current_module, "visitor_cookie", lambda: None)
    other.run()
    assert not other.exception
    assert session.listening
    assert session.source is source
    assert any("No sound comes from there" in caption.value for caption in other.caption)
    labelled(other, "Listen here").click().run()
    assert not other.exception
    assert session.listening
    assert session.source is not source
    assert session.source.way == "websocket"
    assert session.snapshot().n_frames >= heard, "the same stream goes on"
    assert clip_names(page) == []


def test_what_a_tab_that_is_gone_listened_to_has_ended(fake: FakeMicrophone) -> None:
    page = open_live()
    listen_for_a_while(page, fake)
    fake.source.end()
    other = new_tab(app, workspace_of(page), BUILTIN)
    fake.connection = Connection.IDLE
    other.run()
    assert not other.exception
    assert not workspace_of(page).live.listening
    assert len(clip_names(page)) == 1


def test_the_browser_cleans_the_sound_only_if_asked(fake: FakeMicrophone) -> None:
    page = open_live()
    page.toggle(key="clean").set_value(True).run()
    assert fake.clean[0] is False
    assert fake.clean[-1] is True


@pytest.mark.usefixtures("fake")
def test_recording_instead_opens_the_inspector() -> None:
    page = open_live()
    page.file_uploader(key="record-instead-0").set_value(
        [("recording.wav", demonstration_recording(), RECORDING_TYPE)]
    )
    page.run()
    assert not page.exception
    assert page.title[0].value.startswith("Microphone recording")


def test_who_finds_all_places_taken_is_told_and_gets_in_when_one_is_free(
    fake: FakeMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable("max_listeners"), "1")
    shared.shared().seats.take("another visitor")
    page = open_live()
    assert "Another visitor is listening right now" in page.info[0].value
    assert not fake.clean  # no component, no connection
    shared.shared().seats.give_back("another visitor")
    page.run()
    assert not page.info
    listen_for_a_while(page, fake)
    assert not shared.shared().seats.any_free
    fake.connection = Connection.IDLE
    page.run()
    assert shared.shared().seats.any_free


def test_who_presses_a_moment_too_late_gets_no_connection(
    fake: FakeMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable("max_listeners"), "2")
    page = open_live()
    for other in ("Ada", "Bo"):
        shared.shared().seats.take(other)
    fake.connection = Connection.OPEN
    page.run()
    assert "2 visitors are listening right now" in page.info[0].value
    assert not any("What was that?" in button.label for button in page.button)


def test_a_place_that_was_lost_in_silence_is_told_and_what_was_heard_is_kept(
    fake: FakeMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable("max_listeners"), "1")
    page = open_live()
    listen_for_a_while(page, fake)
    assert not shared.shared().seats.take("another visitor")
    monkeypatch.setattr(seats, "SILENT_S", 0.0)
    assert shared.shared().seats.take("another visitor")
    monkeypatch.setattr(seats, "SILENT_S", 60.0)
    session = workspace_of(page).live
    fake.source.push(replace(session._heard, arrived_at=time.monotonic()))
    until(lambda: not session.listening)
    until(lambda: len(workspace_of(page).recordings) == 1)  # kept by the stream's own thread
    fake.connection = Connection.IDLE
    page.run()
    assert not page.exception
    assert session.lost_seat
    assert "Another visitor is listening right now" in page.info[0].value
    assert clip_names(page)[0].startswith("Live session ")


def test_of_a_long_session_the_end_is_kept_and_that_is_told(
    fake: FakeMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable("max_recorded_s"), "10")
    page = open_live()
    listen_for_a_while(page, fake)
    fake.connection = Connection.IDLE
    page.run()
    (session,) = workspace_of(page).recordings.all
    assert session.remark == "The session lasted 12.0 s; the last 10.0 s of it are kept."
    clip = load_clip(session.data)
    assert clip.duration_s == pytest.approx(10.0, abs=0.05)
    np.testing.assert_allclose(clip.samples[-8_000:], fake.samples[-8_000:], atol=2 / 32_768)
