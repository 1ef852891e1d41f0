"""Untrusted names and labels on every page and in the report: displayed only as text."""

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.driving import Server, wait_until
from tests.e2e.test_clip import sound, wav
from tests.e2e.test_models import card, file
from tests.models.inference.building import HeadPlan, Plan

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1400, "height": 1000}
ELSEWHERE = "http://198.51.100.7"  # reserved for documentation (RFC 5737)

MARKUP = (
    "<img src=x onerror=window.pwned=1>",
    "<script>window.pwned=1</script>",
    f"![x]({ELSEWHERE}/image.png) [y](javascript:window.pwned=1)",
    f'"><svg onload=window.pwned=1><a href="{ELSEWHERE}/a">',
    "`a` **b** $x^2$ :red[c] :material/home: :smile: ~~d~~",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnorw\N{POP DIRECTIONAL FORMATTING} \N{DOG FACE}\u200d\N{ROCKET}",
    "=HYPERLINK(0) {{7*7}} ${7*7} %s %n &lt;b&gt;",
)
PATHS = ("../../etc/passwd", "C:\\..\\boot.ini", "a\0b", "a" * 4_000, "x " * 300)


class Watched:
    """A page that records requests and dialogs, which names must not cause."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.asked: list[str] = []
        self.dialogs: list[str] = []
        self._own = (server.url, server.url.replace("http", "ws"), "data:", "blob:", "file:")
        page.context.on("request", lambda request: self.asked.append(request.url))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

    def check(self) -> None:
        """Check that no script ran, no address was requested, and nothing overflows a phone."""
        assert not self.page.evaluate("window.pwned")
        assert not self.dialogs
        assert [url for url in self.asked if not url.startswith(self._own)] == []
        self.page.set_viewport_size(PHONE)
        wait_until(  # after the page is drawn again
            self.page,
            "[...document.querySelectorAll('[data-testid=stMain], html')]"
            ".every(each => each.scrollWidth <= each.clientWidth + 1)",
        )
        self.page.set_viewport_size(DESK)


@pytest.fixture
def watched(open_page: OpenPage, server: Server) -> Watched:
    return Watched(open_page(), server)


def recordings() -> list[FilePayload]:
    return [sound(f"{name}.wav", wav(1, level=40)) for name in (*MARKUP, *PATHS)]


def test_names_and_labels_are_only_text(
    watched: Watched, open_page: OpenPage, server: Server, tmp_path: Path
) -> None:
    page = watched.page
    page.goto(f"{server.url}/models")
    model = Plan((1, 4_000), (HeadPlan(len(MARKUP)),)).content()
    title = MARKUP[0]
    labels = file(f"{title}.txt", "\n".join(MARKUP).encode())
    chooser = page.get_by_test_id("stFileUploaderDropzoneInput")
    chooser.set_input_files([file(f"{title}.tflite", model), labels])
    expect(card(page, title)).to_contain_text("Uploaded in this session")
    watched.check()

    card(page, title).get_by_role("button", name="Use").click()
    page.get_by_role("button", name="Try the demonstration clip").wait_for()
    chooser.set_input_files(recordings())
    page.locator(".player[data-state=ready]").wait_for()
    assert MARKUP[0] in page.locator(".lane-names li").all_inner_texts()
    watched.check()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Report (HTML)", exact=True).click()
    assert not set(coming.value.suggested_filename) & set('<>:"/\\|?*\0\u202e`$')

    path = tmp_path / "report.html"
    coming.value.save_as(path)
    report = open_page()
    of_report = Watched(report, server)
    report.goto(path.as_uri())
    report.locator(".player[data-state=ready]").wait_for()
    assert MARKUP[0] in report.locator(".lane-names li").all_inner_texts()
    of_report.check()
    report.close()

    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="They agree on the best class")).to_be_visible()
    watched.check()

    page.get_by_role("link", name="Teach").click()
    name = page.get_by_label("Another class")
    name.fill(MARKUP[0])
    name.press("Enter")
    expect(page.get_by_role("heading", name=MARKUP[0])).to_be_visible()
    watched.check()
