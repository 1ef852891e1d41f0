"""Recording of the README's animation: python -m tests.e2e.moving_picture.

Each frame is captured on demand, while the sound plays slowly, so the animation is smooth however
busy the machine is.
"""

import io
from dataclasses import dataclass, field

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

from models.registry.catalog import CATALOG, find_model
from tests.e2e.driving import PROJECT, launch, serving_app

FILE = PROJECT / "docs" / "screenshots" / "earmark.webp"
SIZE = (1_280, 820)  # of the window, in pixels
WIDTH_PX = 1_000  # of the animation: slightly wider than GitHub's display of a README
FRAME_MS = 125
SLOWNESS = 8  # factor by which playback is slowed while frames are captured
PLAYED_S = 3.5
PATIENCE_MS = 180_000  # generous, because other programs may load the machine
LAST_MS = 2_000  # duration of the last frame
QUALITY = 75  # of WebP: text stays sharp, and the file below 1.5 MB

# Marks the pointer, which screenshots do not include.
POINTER = """
() => {
  const mark = document.createElement("div");
  mark.style.cssText = `position: fixed; z-index: 1000000; width: 18px; height: 18px;
    border-radius: 50%; background: #d9480fcc; border: 2px solid white; pointer-events: none;
    transform: translate(-50%, -50%); left: 660px; top: 700px; box-shadow: 0 1px 4px #0006;`;
  document.body.append(mark);
  document.addEventListener("pointermove", (event) => {
    mark.style.left = `${event.clientX}px`;
    mark.style.top = `${event.clientY}px`;
  }, { capture: true });
}
"""


@dataclass
class Film:
    """Frames of a page, each with its duration in milliseconds."""

    page: Page
    frames: list[tuple[bytes, int]] = field(default_factory=list)
    pointer: tuple[float, float] = (660, 700)

    def show(self, ms: int = FRAME_MS) -> None:
        """Capture a frame."""
        self.frames.append((self.page.screenshot(), ms))

    def press(self, target: Locator) -> None:
        """Move the pointer to the centre of an element, as a hand would, and press it."""
        box = target.bounding_box()
        assert box is not None, "it is not on the page"
        self.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()
        self.page.mouse.up()

    def move(self, x: float, y: float, steps: int = 6) -> None:
        """Move the pointer, in `steps` frames."""
        (from_x, from_y), self.pointer = self.pointer, (x, y)
        for n in range(1, steps + 1):
            part = n / steps
            self.page.mouse.move(from_x + (x - from_x) * part, from_y + (y - from_y) * part)
            self.show()

    def play(self, lasting_s: float) -> None:
        """Capture frames during playback, with durations in the sound's own time."""
        began_s = last_s = self._time_s()
        while last_s < began_s + lasting_s:
            self.page.wait_for_timeout(FRAME_MS * SLOWNESS / 2)
            self.show()
            now_s = self._time_s()
            self.frames[-1] = self.frames[-1][0], max(20, round(1_000 * (now_s - last_s)))
            last_s = now_s

    def _time_s(self) -> float:
        time_s: float = self.page.locator(".player audio").evaluate("one => one.currentTime")
        return time_s

    def save(self) -> None:
        """Write an animated WebP."""
        self.frames[-1] = self.frames[-1][0], LAST_MS
        first, *rest = (_shrunk(data) for data, _ in self.frames)
        durations_ms = [ms for _, ms in self.frames]
        kept = {"duration": durations_ms, "loop": 0, "quality": QUALITY, "method": 5, "kmax": 100}
        first.save(FILE, save_all=True, append_images=rest, **kept)


def _shrunk(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    height = round(image.height * WIDTH_PX / image.width)
    return image.resize((WIDTH_PX, height), Image.Resampling.LANCZOS)


def main() -> None:
    """Film the demonstration clip: opened, played, zoomed, and one of its events explained."""
    path = find_model(CATALOG["yamnet"])
    if path is None:
        raise SystemExit("YAMNet's file is in none of the model folders; start the app once.")
    with serving_app(path.parent) as server, sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            raise SystemExit("There is no Chromium or Chrome on this machine.")
        viewport = {"width": SIZE[0], "height": SIZE[1]}
        film = Film(browser.new_page(viewport=viewport, color_scheme="light"))
        film.page.set_default_timeout(PATIENCE_MS)
        film.page.goto(f"{server.url}/?classes=10")
        film.page.get_by_role("button", name="demonstration").wait_for()
        film.page.evaluate(POINTER)
        film.page.wait_for_timeout(2_000)
        _perform(film)
        browser.close()
    film.save()


def _perform(film: Film) -> None:
    page = film.page
    film.show(1_000)
    film.press(page.get_by_role("button", name="demonstration"))
    page.locator(".player[data-state=ready]").wait_for()
    page.get_by_role("heading", name="Export").wait_for()
    page.wait_for_timeout(3_000)
    film.show(1_200)
    for _ in range(4):
        page.mouse.wheel(0, 60)
        page.wait_for_timeout(200)
        film.show()
    page.locator(".player audio").evaluate(f"one => {{ one.playbackRate = 1 / {SLOWNESS} }}")
    film.press(page.locator(".player .play"))
    film.play(PLAYED_S)
    tracks = page.locator(".tracks").bounding_box()
    assert tracks is not None
    film.move(tracks["x"] + tracks["width"] * 0.33, tracks["y"] + 60)
    for _ in range(5):
        page.mouse.wheel(0, -120)
        page.wait_for_timeout(200)
        film.show()
    film.play(PLAYED_S)
    # The explanation is shown as long as its instant is: the sound stops first.
    film.press(page.locator(".player .play"))
    film.move(tracks["x"] + tracks["width"] * 0.5, tracks["y"] + 60)
    page.mouse.down()
    page.mouse.up()
    page.locator(".why li").first.wait_for()
    page.wait_for_timeout(500)
    film.show()


if __name__ == "__main__":
    main()
