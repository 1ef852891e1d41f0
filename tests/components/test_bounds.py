"""What the pages say beyond each limit, and that nothing is lost there."""

import io
import wave

import pytest
from streamlit.testing.v1 import AppTest

from components.style.text import escape_markdown
from components.ui.recorder import RECORDING_TYPE
from components.workspace.operator import variable
from models.analysis import Analysis
from tests.components.pages import open_app, press


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


def clips(page: AppTest) -> list[str]:
    return list(page.dataframe[0].value["Clip"])


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("max_clips", "3", ["0.wav", "1.wav", "2.wav"]),
        ("max_clips_mb", "1", ["large 0.wav", "0.wav"]),
    ],
)
def test_each_file_beyond_what_a_page_may_hold_is_told_and_left_out(
    name: str, value: str, kept: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable(name), value)
    page = open_app()
    large = [(f"large {n}.wav", noise(25, n), "audio/wav") for n in range(2)]  # 0.8 MB each
    uploads = files(5) if name == "max_clips" else [*large, *files(1)]
    page.file_uploader[0].set_value(uploads)
    page.run()
    assert not page.exception
    assert clips(page) == kept, "the first of them, in their order"
    assert page.dataframe[0].value["Content"][0] != "…"
    left_out = {upload[0] for upload in uploads} - set(clips(page))
    told = [error.value.replace("\\", "") for error in page.error]
    assert len(told) == len(left_out)
    assert all(any(f"**{name}**" in words for words in told) for name in left_out)
    assert all("no room for another recording" in words for words in told)
    press(page, f"Remove {escape_markdown(clips(page)[0])}")
    assert not page.error  # told once
    page.file_uploader[0].set_value([upload for upload in uploads if upload[0] in left_out][:1])
    page.run()
    assert not page.error


def test_results_that_take_too_much_leave_the_rest_for_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable("max_results_mb"), "5")
    monkeypatch.setattr(Analysis, "n_bytes", 2_500_000)
    page = open_app()
    uploads = files(4)
    page.file_uploader[0].set_value(uploads)
    page.run()
    assert not page.exception
    assert "2 more clips are not analysed" in page.warning[0].value
    assert "5.0 MB" in page.warning[0].value
    known = [row != "…" for row in page.dataframe[0].value["Content"]]
    assert known == [True, True, False, False]
    press(page, f"Remove {escape_markdown(clips(page)[0])}")
    assert "One more clip is" in page.warning[0].value


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("max_duration_s", "30", "At most 30 s are allowed"),
        ("max_scores", "48000", "At most 48,000 are computed of one clip here"),
    ],
)
def test_a_clip_beyond_a_limit_is_told_as_that(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable(name), value)
    page = open_app(clip="demonstration")
    (error,) = page.error
    assert told in error.value.replace("\\", "")
    if name == "max_scores":  # what is advised
        page.selectbox(key="hop").set_value(0.975).run()
        assert not page.error
        assert page.metric


def test_a_recording_that_is_too_long_keeps_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable("max_recorded_s"), "10")
    page = open_app()
    page.file_uploader[0].set_value([("recording.wav", noise(14), RECORDING_TYPE)])
    page.run()
    assert not page.exception
    assert {metric.label: metric.value for metric in page.metric}["Duration"] == "10.0 s"
    assert "lasted 14.0 s; the first 10.0 s of it are kept" in page.info[0].value.replace("\\", "")
