"""Sessions and links on the page without a browser."""

import io
from dataclasses import replace

from streamlit.testing.v1 import AppTest

from components.ui import address
from components.workspace import sessions
from components.workspace.choices import TruthList
from models.demonstration import demonstration_recording
from models.events.truth import TrueEvent
from tests.components.clip.test_clip_page import excerpt
from tests.components.pages import open_app, press, workspace_of

NAME = "field.earmark-session"


def saved(page: AppTest, settings: dict[str, tuple[str, ...]], *, with_sounds: bool) -> bytes:
    file = io.BytesIO()
    workspace = workspace_of(page)
    sessions.save(workspace, settings, file, lambda _fraction: None, with_sounds=with_sounds)
    return file.getvalue()


def drop(page: AppTest, name: str, content: bytes, place: int = 0) -> AppTest:
    page.file_uploader[place].set_value([(name, content, "application/octet-stream")])
    page.run()
    assert not page.exception
    return page


def clip_with_choices() -> tuple[AppTest, bytes]:
    """A page with one clip, a threshold, and true events."""
    name, content, _ = excerpt("bird.wav", 0.0)
    page = drop(open_app(), name, content)
    view = workspace_of(page).view
    (recording,) = workspace_of(page).recordings.all
    view.set_thresholds({"Bird": 0.75})
    view.truth[recording.digest] = TruthList("birds.txt", [TrueEvent(0.5, 1.5, "Bird")])
    return page, content


SETTINGS = {"threshold": ("0.55",), "rollup": (), "collar": ("0.5",), "model": ("Wombat",)}


def test_a_session_is_opened_where_recordings_are_dropped() -> None:
    page, _ = clip_with_choices()
    content = saved(page, SETTINGS, with_sounds=True)
    other = drop(open_app(rollup="All", hop="0.24"), NAME, content)
    assert other.title[0].value == "bird\\.wav"
    assert other.slider(key="threshold").value == 0.55
    assert other.slider(key="collar").value == 0.5
    assert other.segmented_control(key="rollup").value == "Most specific"
    assert other.selectbox(key="hop").value == 0.24, "the session says nothing of it"
    assert workspace_of(other).view.thresholds == {"Bird": 0.75}
    assert any("birds" in words.value for words in other.caption)
    assert any("Opened" in told.value and "1 recording " in told.value for told in other.success)
    (told,) = (warning.value for warning in other.warning if "cannot be used" in warning.value)
    assert told.startswith("The session has settings")
    assert "Wombat" in told
    assert other.query_params["threshold"] == "0.55"
    assert "rollup" not in other.query_params


def test_what_a_session_misses_is_named_and_taken_under_any_name() -> None:
    page, sound = clip_with_choices()
    content = saved(page, SETTINGS, with_sounds=False)
    other = open_app()
    opener = next(at for at, one in enumerate(other.file_uploader) if "session file" in one.label)
    drop(other, NAME, content, opener)
    (told,) = (warning.value for warning in other.warning if "not here" in warning.value)
    assert "**1 recording of the session is not here.**" in told
    assert "bird\\.wav, 128 kB" in told
    assert other.title[0].value == "What is in a sound?"
    drop(other, "renamed.wav", sound)
    assert other.title[0].value == "bird\\.wav"
    assert not any("not here" in warning.value for warning in other.warning)
    assert any("birds" in words.value for words in other.caption)


def test_one_goes_on_without_what_a_session_misses() -> None:
    page, _ = clip_with_choices()
    other = drop(open_app(), NAME, saved(page, {}, with_sounds=False))
    press(other, "Go on without it")
    assert not other.warning
    assert not workspace_of(other).recordings.awaited


def test_a_file_that_is_no_session_is_refused_with_the_reason() -> None:
    page = drop(open_app(), NAME, b"no session")
    assert "cannot be opened: it is damaged, or none" in page.error[0].value.replace("\\", "")
    assert not page.success


def test_a_link_to_an_uploaded_clip_names_it_and_says_what_its_receiver_misses() -> None:
    page, sound = clip_with_choices()
    page.run()
    named = page.query_params["clip"]
    (recording,) = workspace_of(page).recordings.all
    assert named == recording.digest[:16]
    other = open_app(clip=named, threshold="0.5")
    (told,) = (warning.value for warning in other.warning)
    assert "a recording that is not here" in told
    assert "true events" in told
    drop(other, "renamed.wav", sound)
    assert other.query_params["clip"] == named
    assert other.slider(key="threshold").value == 0.5
    assert not other.warning


def test_a_link_selects_its_clip_among_those_that_are_here() -> None:
    page, _ = clip_with_choices()
    press(page, "Try the demonstration clip")
    assert page.query_params["clip"] == "demonstration"
    bird = workspace_of(page).recordings.all[0]
    workspace_of(page).recordings.choose(bird.digest)
    page.run()
    assert page.title[0].value == "bird\\.wav"
    assert page.query_params["clip"] == bird.digest[:16]
    press(page, "Remove bird\\.wav")
    assert page.query_params["clip"] == "demonstration"


def test_the_demonstration_clip_is_no_upload() -> None:
    page = drop(open_app(), "any.wav", demonstration_recording())
    page.run()
    assert page.query_params["clip"] == "demonstration"


def test_what_a_foreign_session_says_is_only_text() -> None:
    sound = excerpt("bird.wav", 0.0)[1]
    bait = "![x](http://127.0.0.1:9/x.png)"
    page = drop(open_app(), bait, sound)
    workspace = workspace_of(page)
    (recording,) = workspace.recordings.all
    workspace.recordings.remove(recording.digest)
    workspace.recordings.add(replace(recording, remark=bait))
    workspace.view.truth[recording.digest] = TruthList(bait, [TrueEvent(0, 1, bait)], (bait,))
    content = saved(page, {"threshold": (bait,), "stage": ("true",)}, with_sounds=True)
    other = drop(open_app(), NAME, content)
    assert "stage" not in other.query_params
    shown = [*other.info, *other.caption, *other.warning, *other.title, *other.success]
    told = " ".join(one.value for one in shown)
    assert "127" in told
    assert bait not in told


def test_settings_of_sessions_do_not_pile_up() -> None:
    page, _ = clip_with_choices()
    other = open_app()
    for number in range(4):
        names = {f"x{number}-{n}": ("y",) for n in range(190)}
        drop(other, NAME, saved(page, names, with_sounds=False))
    assert len(workspace_of(other).settings) <= address.MAX_REMEMBERED
