"""What the pages say beyond each limit, and that nothing is lost there."""

import io
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components.server.operator import variable
from models.analysis import Analysis
from models.catalog import CATALOG, STARTER

APP = str(Path(__file__).parents[2] / "app.py")


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def noise(duration_s: float, seed: int = 0) -> bytes:
    """A WAV file of 16 bits at 16 kHz, as an audio input or an upload gives it."""
    import random

    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(16_000)
        wav.writeframes(random.Random(seed).randbytes(round(32_000 * duration_s) // 2 * 2))  # noqa: S311
    return file.getvalue()


def files(count: int) -> list[tuple[str, bytes, str]]:
    return [(f"{number}.wav", noise(2, number), "audio/wav") for number in range(count)]


def open_page(**parameters: str) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=60)
    for name, value in {"model": CATALOG[STARTER].title, **parameters}.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def clips(page: AppTest) -> list[str]:
    return list(page.dataframe[0].value["Clip"])


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [("max_clips", "3", ["0.wav", "1.wav", "2.wav"]), ("max_clips_mb", "1", None)],
)
def test_files_beyond_what_a_page_may_hold_are_left_out(
    name: str, value: str, kept: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable(name), value)
    page = open_page()
    large = ("large.wav", noise(25), "audio/wav")  # 0.8 MB
    uploads = files(5) if kept else [large, ("more.wav", noise(25, 1), "audio/wav"), *files(1)]
    page.file_uploader[0].set_value(uploads)
    page.run()
    assert not page.exception
    assert clips(page) == (kept or ["large.wav", "0.wav"])
    assert ("2 of 5 files are" if kept else "One file is") in page.warning[0].value
    page.file_uploader[0].set_value(uploads[1:3])
    page.run()
    assert not page.warning
    assert len(clips(page)) == 2


def test_results_that_take_too_much_leave_the_rest_for_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable("max_results_mb"), "5")
    monkeypatch.setattr(Analysis, "n_bytes", 2_500_000)
    page = open_page()
    uploads = files(4)
    page.file_uploader[0].set_value(uploads)
    page.run()
    assert not page.exception
    assert "2 more clips are not analysed" in page.warning[0].value
    assert "5.0 MB" in page.warning[0].value
    known = [row != "…" for row in page.dataframe[0].value["Top predictions"]]
    assert known == [True, True, False, False]
    page.file_uploader[0].set_value(uploads[1:])
    page.run()
    assert "One more clip is" in page.warning[0].value


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("max_duration_s", "30", "At most 30 s are allowed"),
        ("max_scores", "1200", "At most 1,200 are computed of one clip here"),
    ],
)
def test_a_clip_beyond_a_limit_is_told_as_that(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable(name), value)
    page = open_page(clip="demonstration")
    (error,) = page.error
    assert told in error.value.replace("\\", "")
    if name == "max_scores":  # what is advised
        page.selectbox(key="hop").set_value(0.975).run()
        assert not page.error
        assert page.metric


@pytest.mark.skipif(
    not hasattr(AppTest, "audio_input"),
    reason="Streamlit 1.65, the last for Python 3.10, sets no audio input in tests",
)
def test_a_recording_that_is_too_long_keeps_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable("max_recorded_s"), "10")
    page = open_page()
    page.audio_input(key="microphone").set_value(("recording.wav", noise(14), "audio/wav"))
    page.run()
    assert not page.exception
    assert {metric.label: metric.value for metric in page.metric}["Duration"] == "10.0 s"
    assert "lasted 14.0 s; the first 10.0 s of it are kept" in page.info[0].value
