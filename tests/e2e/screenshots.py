"""Take the pictures in docs/screenshots anew: python -m tests.e2e.screenshots."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from models.audio import load_clip
from models.catalog import CATALOG, find_model
from models.demonstration import demonstration_recording
from tests.e2e.driving import (
    MICROPHONE_RATE_HZ,
    PROJECT,
    Server,
    fake_microphone,
    launch,
    serving_app,
    start_listening,
)

FOLDER = PROJECT / "docs" / "screenshots"
DESKTOP, PHONE = (1400, 1000), (390, 844)
PICTURE_PX = {"light": 1_120, "dark": 1_120, "phone": 1_560}  # down to below the player
ASKED_AT = 0.33  # of the clip: amid the siren
LISTENED_S = 40  # a good part of the demonstration clip


def main() -> None:
    """Take all of them."""
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
        for name, theme, size in (
            ("light", "light", DESKTOP),
            ("dark", "dark", DESKTOP),
            ("phone", "dark", PHONE),
        ):
            _empty(_open(browser, theme, size), server, name)
            _clip(_open(browser, theme, size), server, name)
            _live(_open(browser, theme, size), server, name)
        browser.close()


def _open(browser: Browser, theme: str, size: tuple[int, int]) -> Page:
    viewport = {"width": size[0], "height": size[1]}
    return browser.new_page(viewport=viewport, color_scheme=theme)


def _empty(page: Page, server: Server, name: str) -> None:
    page.goto(server.url)
    page.get_by_test_id("stFileUploader").wait_for()
    _shoot(page, f"empty-{name}")


def _clip(page: Page, server: Server, name: str) -> None:
    page.goto(f"{server.url}/?clip=demonstration")
    page.locator(".player[data-state=ready]").wait_for()
    page.get_by_role("heading", name="Take it along").wait_for()
    box = page.locator(".tracks").bounding_box()
    page.mouse.click(box["x"] + ASKED_AT * box["width"], box["y"] + 40)
    page.locator(".why li").first.wait_for()
    _shoot(page, f"clip-{name}", height=PICTURE_PX[name])


def _live(page: Page, server: Server, name: str) -> None:
    start_listening(page, server.url)
    page.wait_for_timeout(1_000 * LISTENED_S)
    _shoot(page, f"live-{name}")


def _shoot(page: Page, name: str, *, height: int | None = None) -> None:
    """Make the window as tall as the page or as asked, let it settle, and take the picture."""
    page.wait_for_timeout(1_000)
    if height is None:
        height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})
    page.wait_for_timeout(1_500)
    page.screenshot(path=FOLDER / f"{name}.png")
    page.close()


if __name__ == "__main__":
    main()
