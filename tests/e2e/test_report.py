"""The HTML report: one file that works from disk without the server."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from components.clip.html_report import report_file
from components.player.shown_clip import Mark, ShownClip, TruthMarks
from components.view.findings import Findings, ShownScores, find, shaped
from components.view.picture import picture_file, spectrogram_file
from components.view.settings import AnalysisSettings, SpectrogramSettings, ViewSettings
from components.workspace.recordings import Recording
from models.analysis import Analysis, analyse
from models.audio import load_clip
from models.audio.detailed_spectrogram import SpectrogramChoice, detailed_spectrogram
from models.demonstration import demonstration_recording
from models.export import Provenance
from models.inference import Classifier
from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.test_player import watch_for
from tests.models.audio.recording_files import Recipe, make

pytestmark = pytest.mark.browser

NAME = '</script><img src=x onerror="window.stolen=1">\'&amp;.wav'
DIGEST = "ab" * 32


VIEW = ViewSettings()


def analysed(recording: bytes, classifier: Classifier) -> Analysis:
    return analyse(
        recording, classifier, hop_s=0.48, max_duration_s=600, progress=lambda _fraction: None
    )


@pytest.fixture(scope="module")
def analysis(builtin: Classifier) -> Analysis:
    return analysed(demonstration_recording(), builtin)


@pytest.fixture(scope="module")
def findings(analysis: Analysis) -> Findings:
    return find(shaped(analysis.timeline, VIEW), analysis, VIEW, {})


@pytest.fixture(scope="module")
def report(
    analysis: Analysis, findings: Findings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The demonstration clip's report, with markup in the clip's name."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_bytes(report_of(demonstration_recording(), analysis, findings))
    return file


def report_of(recording: bytes, analysis: Analysis, findings: Findings) -> bytes:
    timeline = findings.timeline
    drawn = spectrogram_file(
        detailed_spectrogram(
            recording,
            SpectrogramChoice("linear", 22_050.0),
            sample_rate=44_100,
            max_duration_s=600,
        )
    )
    picture = picture_file(analysis.envelope, analysis.spectrogram, timeline, timeline.labels)
    shown = ShownClip(
        Recording(NAME, recording, "cd" * 32),
        analysis,
        ShownScores(timeline, picture, "ef" * 32),
        findings,
        VIEW,
        AnalysisSettings(),
        TruthMarks((Mark(0.5, 3.0, "<b>Bird", "correct"),), ("correct",) * len(findings.events)),
        SpectrogramSettings("linear", None, 100, "Magma"),
        drawn,
    )
    provenance = Provenance(NAME, "cd" * 32, 53.75, "Built-in", DIGEST, {"threshold": 0.3})
    return report_file(shown, provenance)


@pytest.fixture
def offline(browser: Browser, report: Path) -> Iterator[Page]:
    """The report in a browser without a network; any request fails the test."""
    context = browser.new_context(offline=True, viewport={"width": 1300, "height": 1400})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(report.as_uri())
    page.locator(".player[data-state=ready]").wait_for()
    yield page
    assert not page.evaluate("window.stolen")
    context.close()
    assert errors == []
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []


def test_it_shows_clip_events_settings_and_model(offline: Page, findings: Findings) -> None:
    expect(offline.get_by_role("heading", level=1)).to_have_text(NAME)
    expect(offline.locator("tbody tr")).to_have_count(len(findings.events))
    expect(offline.locator(".facts")).to_contain_text(DIGEST)
    expect(offline.locator(".facts")).to_contain_text("Score threshold")
    n_lanes = 1 + min(VIEW.n_classes, len(findings.labels))  # the first is the truth
    expect(offline.locator(".lane-names li")).to_have_count(n_lanes)
    expect(offline.locator(".spectrogram-name span").first).to_have_text("22.05 kHz")
    colours = offline.locator(".tracks canvas").evaluate(
        """(canvas) => new Set(new Uint32Array(canvas.getContext("2d")
             .getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"""
    )
    assert colours > 200, "waveform, spectrogram and lanes are drawn"


def test_it_plays_and_a_row_plays_just_that(offline: Page, findings: Findings) -> None:
    audio = offline.locator("audio")
    offline.locator(".play").click()
    offline.wait_for_function("(a) => a.currentTime > 0.5", arg=audio.element_handle())
    offline.locator(".play").click()
    event = next(event for event in findings.events if event.onset_s > 5)
    row = offline.locator("tbody tr").nth(findings.events.index(event))
    watch_for(offline, "!audio.paused && audio.currentTime > 5")
    row.get_by_role("button").click()
    offline.wait_for_function("(a) => a.seen", arg=audio.element_handle())
    offline.wait_for_function("(a) => a.paused", arg=audio.element_handle())
    assert audio.evaluate("(a) => a.currentTime") == pytest.approx(event.offset_s, abs=0.01)


@pytest.mark.slow  # the fast suite reads a report, and plays it
def test_it_follows_the_readers_theme(offline: Page) -> None:
    player = offline.locator(".player")
    expect(player).to_have_attribute("style", re.compile(r"--page: ?#ffffff"))
    offline.emulate_media(color_scheme="dark")
    expect(player).to_have_attribute("style", re.compile(r"--page: ?#0f1719"))
    expect(offline.locator("body")).to_have_css("background-color", "rgb(15, 23, 25)")


@pytest.mark.slow  # as above
def test_on_paper_it_has_colours_and_nothing_to_press(offline: Page) -> None:
    offline.emulate_media(color_scheme="dark", media="print")
    expect(offline.locator(".player")).to_have_attribute("style", re.compile(r"--page: ?#ffffff"))
    expect(offline.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    for part in [".bars .fill", ".legend b"]:
        expect(offline.locator(part).first).to_have_css("print-color-adjust", "exact")
    for part in [".controls", ".playhead", ".overview-head"]:
        expect(offline.locator(part)).to_be_hidden()
    expect(offline.locator(".player button:visible")).to_have_count(0)
    expect(offline.locator("tbody button").first).to_have_css("border-top-style", "none")
    expect(offline.locator("footer")).to_have_text(
        re.compile(r"Made with Earmark on \d{1,2} [A-Z][a-z]+ \d{4} \(UTC\)\.")
    )


@pytest.mark.slow  # as above
def test_its_sound_plays_in_every_browser(builtin: Classifier) -> None:
    ogg = Recipe("ogg", "libopus", 48_000)
    data = make(ogg, 2.0)
    analysis = analysed(data, builtin)
    assert analysis.playable.mime_type == "audio/ogg", "Safari plays it from 18.4 on"
    findings = find(shaped(analysis.timeline, VIEW), analysis, VIEW, {})
    page = report_of(data, analysis, findings).decode()
    content = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    assert content["mime_type"] == "audio/flac"
    sound = load_clip(base64.b64decode(content["sound"]))
    assert (sound.source.codec, sound.source.container) == ("flac", "flac")
    assert sound.duration_s == pytest.approx(2.0, abs=0.03)


@pytest.mark.slow  # as above
def test_it_says_so_where_the_browser_is_too_old(
    browser: Browser, report: Path, tmp_path: Path
) -> None:
    def notice(file: Path) -> str:
        page.goto(file.as_uri())
        return str(page.evaluate("getComputedStyle(document.body, '::before').content"))

    old = tmp_path / "old.html"
    old.write_text(report.read_text().replace("light-dark(", "an-unknown-function("))
    page = browser.new_page()
    try:
        assert "too old" in notice(old)
        assert notice(report) == "none"
    finally:
        page.close()
