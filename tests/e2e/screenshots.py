"""Capture of the screenshots in docs/screenshots: python -m tests.e2e.screenshots.

With names, such as ``clip live``, only those pages are captured.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from models.archive import command_line
from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.demonstration import demonstration_recording
from models.registry.catalog import CATALOG, find_model
from tests.e2e.driving import (
    MICROPHONE_RATE_HZ,
    PROJECT,
    Server,
    fake_microphone,
    launch,
    serving_app,
    start_listening,
)
from tests.models.teaching.sounds import MAKERS, wav

FOLDER = PROJECT / "docs" / "screenshots"
DESKTOP, PHONE = (1400, 1000), (390, 844)
LOOKS = (("light", "light", DESKTOP), ("dark", "dark", DESKTOP), ("phone", "dark", PHONE))
PICTURE_PX = {"light": 1_120, "dark": 1_120, "phone": 1_560}  # includes the player
COMPARE_PX, TEACH_PX = 1_950, 1_250  # include the lanes, and the classes
ASKED_AT = 0.33  # of the clip: within the siren
DRAWN_AT = (0.57, 0.65)  # of the clip: its rain
STAGES = (("stage-1920", "light", (1_920, 1_080)), ("stage-3840", "dark", (3_840, 2_160)))
MANY = tuple(f"{place} {hour}" for place in ("garden", "street") for hour in range(6, 16))
MANY_S, MANY_PX = 6, 1_150
PLAYED_S = 41  # of the demonstration clip: within its barking
LISTENED_S = 40  # most of the demonstration clip
PATIENCE_MS = 180_000  # generous, because other programs may load the machine


def main() -> None:
    """Capture all screenshots, or those named on the command line."""
    expect.set_options(timeout=PATIENCE_MS)
    path = find_model(CATALOG["yamnet"])
    if path is None:
        raise SystemExit("YAMNet's file is in none of the model folders; start the app once.")
    clip = load_clip(demonstration_recording(), sample_rate=MICROPHONE_RATE_HZ)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving_app(path.parent) as server,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright, *fake_microphone(clip, Path(folder) / "sound.wav"))
        if browser is None:
            raise SystemExit("There is no Chromium or Chrome on this machine.")
        wanted = sys.argv[1:] or [*EVERYWHERE, *ONCE, "stage", "many", "archive"]
        for page, take in EVERYWHERE.items():
            for name, theme, size in LOOKS if page in wanted else ():
                take(_open(browser, theme, size), server, name)
        for page, take_one in ONCE.items():
            if page in wanted:
                take_one(_open(browser, "light", DESKTOP), server)
        if "stage" in wanted:
            _stage(browser, server)
        if "many" in wanted:
            _many(browser, server)
        if "archive" in wanted:
            _archive(browser, Path(folder) / "archive")
        browser.close()


def _open(browser: Browser, theme: str, size: tuple[int, int]) -> Page:
    viewport = {"width": size[0], "height": size[1]}
    page = browser.new_page(viewport=viewport, color_scheme=theme)
    page.set_default_timeout(PATIENCE_MS)
    return page


def _empty(page: Page, server: Server, name: str) -> None:
    page.goto(server.url)
    page.get_by_test_id("stFileUploader").wait_for()
    _shoot(page, f"empty-{name}")


def _clip(page: Page, server: Server, name: str) -> None:
    page.goto(f"{server.url}/?clip=demonstration")
    page.locator(".player[data-state=ready]").wait_for()
    page.get_by_role("heading", name="Export").wait_for()
    box = page.locator(".tracks").bounding_box()
    page.mouse.click(box["x"] + ASKED_AT * box["width"], box["y"] + 40)
    page.locator(".why li").first.wait_for()
    _shoot(page, f"clip-{name}", height=PICTURE_PX[name])


def _archive(browser: Browser, archive: Path) -> None:
    """Review some sirens of the demonstration archive, on a server that has it."""
    command_line.main(["demonstrate", str(archive)])
    with serving_app(None, EARMARK_ARCHIVES=f"Demonstration={archive}") as server:
        _archive_page(_open(browser, "light", DESKTOP), server)


def _archive_page(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/archive?archive-classes=Siren")
    row = page.locator(".hits li")
    row.first.wait_for()
    page.locator(".st-key-archive-activity .js-plotly-plot").wait_for()
    for number, key in enumerate("aaxa"):
        page.keyboard.press(key)
        expect(row.nth(number + 1)).to_have_class("current")
    expect(page.get_by_text("3 accepted, 1 rejected")).to_be_visible()
    _shoot(page, "archive-light")


def _annotate(page: Page, server: Server) -> None:
    """Review some found events of the demonstration clip, and draw a true one."""
    page.goto(f"{server.url}/?clip=demonstration")
    page.locator(".player[data-state=ready]").wait_for()
    page.get_by_role("heading", name="Export").wait_for()
    page.get_by_role("button", name="Annotate").click()
    toolbar = page.get_by_role("region", name="Annotation")
    for number, name in enumerate(("Accept", "False", "Accept", "Accept"), start=1):
        toolbar.get_by_role("button", name="Next unreviewed").click()
        toolbar.get_by_role("button", name=name, exact=True).click()
        expect(toolbar).to_contain_text(f"Reviewed {number} of")
    page.locator(".play").click()
    box = page.locator(".tracks").bounding_box()
    page.mouse.move(box["x"] + DRAWN_AT[0] * box["width"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + DRAWN_AT[1] * box["width"], box["y"] + 80, steps=5)
    page.mouse.up()
    page.keyboard.type("Rain")
    page.keyboard.press("Enter")
    expect(toolbar).to_contain_text("Added Rain")
    _shoot(page, "annotate-light", height=PICTURE_PX["light"])


def _live(page: Page, server: Server, name: str) -> None:
    start_listening(page, server.url)
    page.wait_for_timeout(1_000 * LISTENED_S)
    _shoot(page, f"live-{name}")


def _stage(browser: Browser, server: Server) -> None:
    """Capture Stage while the demonstration clip is played into it, on two screens."""
    for name, theme, size in STAGES:
        page = _open(browser, theme, size)
        page.goto(f"{server.url}/live?stage=true")
        page.locator(".stage[open]").wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Play a recording into it").click()
        page.get_by_role("button", name="Play", exact=True).click()
        page.locator(".panel[data-state=listening]").wait_for()
        page.get_by_role("heading", name="Listen live").click()
        page.keyboard.press("f")
        page.wait_for_timeout(1_000 * PLAYED_S)
        page.screenshot(path=FOLDER / f"{name}.png")
        page.close()


def _compare(page: Page, server: Server) -> None:
    """Compare YAMNet with the built-in model."""
    builtin = "model-right=Built-in&runtime-right=LiteRT"
    page.goto(f"{server.url}/compare?clip=demonstration&{builtin}")
    page.locator(".lanes canvas").wait_for()
    page.locator(".player[data-state=ready]").wait_for()
    page.get_by_role("button", name="Largest difference").click()
    page.get_by_role("heading", name="Heard at").wait_for()
    page.get_by_role("heading", level=1).scroll_into_view_if_needed()
    _shoot(page, "compare-light", height=COMPARE_PX)


def _teach(page: Page, server: Server) -> None:
    """Train a classifier on synthesised sounds."""
    page.goto(f"{server.url}/teach")
    for number, (label, make) in enumerate(MAKERS.items()):
        card = page.locator(f".st-key-class-{number}")
        card.get_by_role("button", name="Upload").click()
        files: list[FilePayload] = [
            {"name": f"{label} {n + 1}.wav", "mimeType": "audio/wav", "buffer": wav(make(3.0, n))}
            for n in range(3)
        ]
        page.get_by_test_id("stFileUploaderDropzoneInput").last.set_input_files(files)
        expect(card).to_contain_text("from 3 recordings", timeout=PATIENCE_MS)
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("heading", name="examples correct").wait_for()
    _shoot(page, "teach-light", height=TEACH_PX)


def _many(browser: Browser, server: Server) -> None:
    """Capture the table and the heat map of stretches of the demonstration clip."""
    samples = load_clip(demonstration_recording()).samples
    files: list[FilePayload] = []
    for number, name in enumerate(MANY):
        begin = round(number * (len(samples) - 16_000 * MANY_S) / (len(MANY) - 1))
        clip = Clip.from_samples(samples[begin : begin + 16_000 * MANY_S], 16_000)
        files.append({"name": f"{name}.wav", "mimeType": "audio/wav", "buffer": wav_file(clip)})
    for name, theme, label in (("many-table", "light", "Siren"), ("many-heat-map", "dark", "")):
        page = _open(browser, theme, DESKTOP)
        page.goto(f"{server.url}/?contain={label}" if label else server.url)
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)
        page.locator(".player[data-state=ready]").wait_for()
        if label:
            page.get_by_text(f" of {len(files)} clips:").wait_for()
            expect(page.get_by_text("not analysed yet")).to_have_count(0, timeout=PATIENCE_MS)
        else:
            page.get_by_text("Heat map", exact=True).click()
            ticks = page.locator(".st-key-heat-map .ytick text")
            expect(ticks).to_have_count(len(files), timeout=PATIENCE_MS)
        _shoot(page, name, height=MANY_PX)


def _edges(page: Page, server: Server) -> None:
    """Capture the demonstration clip with edges on the windows' grid, and with refined ones."""
    for name, settings in {"before": "&edges=false&rollup=All", "after": ""}.items():
        page.goto(f"{server.url}/?clip=demonstration{settings}")
        page.locator(".player[data-state=ready]").wait_for()
        page.get_by_role("heading", name="Export").wait_for()
        page.wait_for_timeout(1_500)
        page.locator(".st-key-stage").screenshot(path=FOLDER / f"edges-{name}.png")
    page.close()


def _shoot(page: Page, name: str, *, height: int | None = None) -> None:
    """Resize the window to the page's or the given height, wait, and save the screenshot."""
    page.wait_for_timeout(1_000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=PATIENCE_MS)
    if height is None:
        height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})
    page.wait_for_timeout(1_500)
    page.screenshot(path=FOLDER / f"{name}.png")
    page.close()


EVERYWHERE = {"empty": _empty, "clip": _clip, "live": _live}
ONCE = {"annotate": _annotate, "compare": _compare, "edges": _edges, "teach": _teach}

if __name__ == "__main__":
    main()
