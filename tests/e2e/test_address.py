"""Settings survive a reload, Back, Forward, another tab and a lost session; links carry them."""

import contextlib
import re
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, FilePayload, Locator, Page, expect

from models.registry.catalog import BUILTIN, CATALOG
from tests.e2e.conftest import (
    ANSWERED_BY_TEST,
    SESSION_TTL_S,
    LaunchBrowser,
    OpenPage,
    opening,
    refuse_cookies,
    staying,
)
from tests.e2e.driving import Server, wait_until_connected, wait_until_drawn
from tests.e2e.network import Network, network_to
from tests.e2e.test_clip import sound, upload, wav
from tests.e2e.test_models import LABELS, LOGITS, bring, card, file

pytestmark = pytest.mark.browser

THE_BUILTIN = CATALOG[BUILTIN].title


def setting(page: Page, name: str) -> Locator:
    return page.locator(f".st-key-{name}")


def move(page: Page, name: str, steps: int) -> None:
    """Move a slider to the right by a number of steps."""
    thumb = setting(page, name).locator("input[type=range], [role=slider]").first
    for _ in range(steps):
        thumb.press("ArrowRight")


def switch_on(page: Page, name: str) -> None:
    setting(page, name).locator("label").first.click()


def go_to(page: Page, title: str) -> None:
    """Follow a link of the navigation."""
    page.get_by_test_id("stTopNavLinkContainer").get_by_role("link", name=title).click()
    path = "" if title == "Clip" else title.lower()
    expect(page).to_have_url(re.compile(rf":\d+/{path}($|\?)"))


def chosen_model(page: Page) -> Locator:
    return setting(page, "model").locator("input").first


def demonstrate(page: Page) -> None:
    page.get_by_role("button", name="Try the demonstration clip").click()
    page.locator(".player[data-state=ready]").wait_for()


def entries(page: Page) -> int:
    """Return the number of entries in the tab's history."""
    count: int = page.evaluate("history.length")
    return count


def test_back_and_forward_restore_the_page_with_its_settings(page: Page) -> None:
    demonstrate(page)
    before = entries(page)
    move(page, "threshold", 20)
    expect(setting(page, "threshold")).to_contain_text("0.50")
    expect(page).to_have_url(re.compile(r"clip=demonstration&threshold=0\.5$"))
    address = page.url
    assert entries(page) == before

    go_to(page, "Models")
    expect(card(page, THE_BUILTIN)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/models\?.*threshold=0\.5"))
    assert entries(page) == before + 1
    page.go_back()
    expect(setting(page, "threshold")).to_contain_text("0.50")
    page.locator(".player[data-state=ready]").wait_for()
    assert page.url == address
    page.go_forward()
    expect(card(page, THE_BUILTIN)).to_be_visible()

    go_to(page, "Compare")
    move(page, "threshold", 10)
    expect(setting(page, "threshold")).to_contain_text("0.60")
    expect(page).to_have_url(re.compile(r"threshold=0\.6"))
    page.go_back()
    expect(card(page, THE_BUILTIN)).to_be_visible()
    page.go_back()
    expect(setting(page, "threshold")).to_contain_text("0.50")
    assert page.url == address


@pytest.mark.slow
def test_a_model_that_is_chosen_leaves_the_other_settings(page: Page) -> None:
    demonstrate(page)
    move(page, "threshold", 20)
    expect(page).to_have_url(re.compile(r"threshold=0\.5"))
    go_to(page, "Models")
    before = entries(page)
    card(page, THE_BUILTIN).get_by_role("button", name="Use").click()
    expect(chosen_model(page)).to_have_value(THE_BUILTIN)
    expect(setting(page, "threshold")).to_contain_text("0.50")
    expect(page).to_have_url(re.compile(r"model=Built-in&threshold=0\.5"))
    assert entries(page) == before + 1
    go_to(page, "Live")
    expect(chosen_model(page)).to_have_value(THE_BUILTIN)
    page.go_back()
    expect(chosen_model(page)).to_have_value(THE_BUILTIN)
    expect(setting(page, "threshold")).to_contain_text("0.50")


@pytest.mark.slow
def test_another_tab_begins_with_what_the_first_has(
    page: Page, open_page: OpenPage, server: Server
) -> None:
    upload(page, sound("first.wav", wav(2, level=40)))
    expect(page.get_by_role("heading", name="first.wav")).to_be_visible()
    move(page, "threshold", 20)
    expect(page).to_have_url(re.compile(r"threshold=0\.5"))
    other = open_page()
    other.goto(server.url)
    expect(other.get_by_role("heading", name="first.wav")).to_be_visible()
    expect(setting(other, "threshold")).to_contain_text("0.50")
    expect(other).to_have_url(re.compile(r"threshold=0\.5"))

    move(other, "threshold", 10)
    expect(other).to_have_url(re.compile(r"threshold=0\.6"))
    switch_on(page, "curves")  # in concurrent use, each tab keeps its own settings
    expect(page).to_have_url(re.compile(r"curves=true&threshold=0\.5"))
    go_to(other, "Live")
    expect(setting(other, "live_threshold")).to_be_visible()
    go_to(other, "Clip")
    expect(setting(other, "threshold")).to_contain_text("0.60")


@pytest.mark.slow
def test_a_link_reproduces_the_view_in_a_fresh_browser(page: Page, browser: Browser) -> None:
    demonstrate(page)
    move(page, "threshold", 20)
    move(page, "classes", 2)
    switch_on(page, "curves")
    setting(page, "by").get_by_text("Maximum").click()
    setting(page, "only").locator("input").first.fill("Siren")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"by=Maximum.*classes=18.*curves=true.*only=Siren"))
    settings = ["threshold", "classes", "by", "curves", "hysteresis"]
    wait_until_drawn(page)
    heading = page.get_by_role("heading", name="Events (").inner_text()
    with staying(browser) as profile, opening(profile) as open_page:
        fresh = open_page()
        fresh.goto(page.url)
        expect(fresh.get_by_role("heading", name=heading)).to_be_visible()
        for name in settings:
            expect(setting(fresh, name)).to_have_text(setting(page, name).text_content() or "")
        expect(setting(fresh, "only").get_by_role("button", name="Remove Siren")).to_be_visible()
        expect(fresh).to_have_url(page.url)


def test_what_the_address_carries_and_the_app_does_not_take_is_named(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    page.goto(
        f"{server.url}/?clip=demonstration&threshold=abc&model=Nope&hop=0.24&colour=red&only=Nope"
    )
    told = page.get_by_test_id("stAlert").filter(has_text="cannot be used")
    for refused in ("threshold=abc", "model=Nope", "colour=red", "only=Nope"):
        expect(told).to_contain_text(refused)
    expect(told).not_to_contain_text("hop")
    expect(setting(page, "threshold")).to_contain_text("0.30")
    page.locator(".player[data-state=ready]").wait_for()
    expect(told).to_be_visible()
    move(page, "threshold", 1)
    expect(told).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/\?clip=demonstration&hop=0\.24&threshold=0\.31$"))


@pytest.mark.slow  # brings a clip, and a list twice
def test_columns_of_a_list_are_asked_for_once(page: Page) -> None:
    upload(page, sound("first.wav", wav(2, level=40)))
    page.locator(".player[data-state=ready]").wait_for()
    expect(page.get_by_role("heading", name="Evaluation")).to_be_visible()
    table = b"Anfang;Dauer;Klasse\n0,5;1;Speech\n1;0,5;Dog\n"
    payload: FilePayload = {"name": "true.csv", "mimeType": "text/csv", "buffer": table}
    page.get_by_test_id("stFileUploaderDropzoneInput").last.set_input_files([payload])
    form = page.get_by_test_id("stForm")
    expect(form).to_contain_text("Which column of true.csv is which?")
    expect(form.get_by_test_id("stDataFrame")).to_be_visible()
    form.get_by_text("Length", exact=True).click()
    form.get_by_role("button", name="Read the list").click()
    expect(page.get_by_text("From true.csv")).to_be_visible()
    expect(form).to_have_count(0)
    page.reload()
    expect(page.get_by_text("From true.csv")).to_be_visible()
    page.get_by_role("button", name="Remove the list").click()
    expect(page.get_by_text("From true.csv")).to_have_count(0)
    page.get_by_test_id("stFileUploaderDropzoneInput").last.set_input_files([payload])
    expect(page.get_by_text("From true.csv")).to_be_visible()
    expect(form).to_have_count(0)


@pytest.mark.slow
def test_a_reload_keeps_what_the_page_clip_shows(page: Page) -> None:
    upload(page, sound("first.wav", wav(2, level=40)), sound("second.wav", wav(3, level=40)))
    expect(page.get_by_role("heading", name="first.wav")).to_be_visible()
    page.locator(".player[data-state=ready]").wait_for()
    page.get_by_test_id("stFileUploaderDropzoneInput").last.set_input_files(
        [{"name": "true.txt", "mimeType": "text/plain", "buffer": b"0.5\t1.5\tSpeech\n"}]
    )
    expect(page.get_by_text("From true.txt")).to_be_visible()
    move(page, "classes", 1)
    switch_on(page, "gated-clip")
    move(page, "gate-clip", 3)
    expect(page).to_have_url(re.compile(r"classes=17.*gate-clip=-47.*gated-clip=true"))
    page.reload()
    expect(page.get_by_role("heading", name="first.wav")).to_be_visible()
    expect(page.get_by_text("From true.txt")).to_be_visible()
    expect(page.get_by_text("2 clips")).to_be_visible()
    expect(setting(page, "classes")).to_contain_text("17")
    expect(setting(page, "gate-clip")).to_contain_text("−47")


@pytest.mark.slow
def test_a_reload_keeps_the_thresholds_of_single_classes(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/?clip=demonstration&threshold=0.9")  # others do better
    page.locator(".player[data-state=ready]").wait_for()
    switch_on(page, "demonstration-truth")
    page.get_by_role("button", name="Suggest thresholds").click()
    suggested = page.get_by_text("All labels: F1 per event")
    expect(suggested).to_be_visible()
    wait_until_drawn(page)
    heading = page.get_by_role("heading", name="Events (")
    count = heading.inner_text()
    page.reload()
    page.locator(".player[data-state=ready]").wait_for()
    expect(heading).to_have_text(count)
    expect(suggested).to_be_visible()
    switch_on(page, "demonstration-truth")
    expect(page.get_by_role("button", name="Suggest thresholds")).to_have_count(0)


@pytest.mark.slow  # back and forward restore settings, too
def test_a_reload_keeps_the_settings_of_the_page_live(page: Page) -> None:
    go_to(page, "Live")
    move(page, "live_threshold", 10)
    move(page, "results", 2)
    switch_on(page, "clean")
    for _ in range(2):
        expect(setting(page, "live_threshold")).to_contain_text("0.40")
        expect(setting(page, "results")).to_contain_text("10")
        expect(setting(page, "clean").locator("input")).to_be_checked()
        page.reload()
    go_to(page, "Clip")
    page.go_back()
    expect(setting(page, "live_threshold")).to_contain_text("0.40")


@pytest.mark.slow
def test_a_reload_keeps_what_is_compared(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    page.goto(f"{server.url}/compare?clip=demonstration&model-right=Built-in&runtime-right=LiteRT")
    right = setting(page, "model-right").locator("input").first
    expect(right).to_have_value(THE_BUILTIN)
    move(page, "lanes", 2)
    expect(page).to_have_url(re.compile("lanes=10"))
    address = page.url
    page.reload()
    expect(right).to_have_value(THE_BUILTIN)
    expect(setting(page, "lanes")).to_contain_text("10")
    expect(page).to_have_url(address)
    expect(page.locator(".lanes canvas")).to_be_visible()


@pytest.mark.slow
def test_a_reload_keeps_the_lesson(page: Page) -> None:
    go_to(page, "Teach")
    page.get_by_placeholder("Another class").fill("Doorbell")
    page.get_by_role("button", name="Add class").click()
    expect(page.get_by_role("heading", name="Doorbell")).to_be_visible()
    setting(page, "kind").get_by_text("Several at once").click()
    chosen = setting(page, "kind").locator("[aria-checked=true], [aria-pressed=true]")
    expect(chosen).to_have_text("Several at once")
    page.reload()
    expect(page.get_by_role("heading", name="Doorbell")).to_be_visible()
    expect(chosen).to_have_text("Several at once")


@pytest.mark.slow
def test_a_reload_keeps_a_model_that_was_brought(page: Page) -> None:
    go_to(page, "Models")
    bring(page, file("kitchen.tflite", LOGITS.content()), file("kitchen.txt", LABELS.encode()))
    kitchen = card(page, "kitchen")
    expect(kitchen).to_be_visible()
    page.reload()
    kitchen.get_by_role("button", name="Use").click()
    expect(chosen_model(page)).to_have_value("kitchen")
    rate = page.get_by_test_id("stSidebar").locator("[class*=st-key-sample-rate] input").first
    rate.fill("44.1")
    page.keyboard.press("Enter")
    expect(rate).to_have_value("44.1 kHz")
    expect(page).to_have_url(re.compile("model=kitchen"))
    go_to(page, "Live")  # which the server draws after it has taken the rate
    expect(page.get_by_role("heading", name="Live")).to_be_visible()
    page.reload()
    expect(chosen_model(page)).to_have_value("kitchen")
    expect(rate).to_have_value("44.1 kHz")


@pytest.mark.slow
def test_forgetting_everything_empties_the_address(page: Page) -> None:
    demonstrate(page)
    move(page, "threshold", 20)
    expect(page).to_have_url(re.compile(r"threshold=0\.5"))
    page.get_by_role("button", name="Forget everything").click()
    page.get_by_role("button", name="Forget everything now").click()
    expect(page.get_by_role("heading", name="What is in a sound?")).to_be_visible()
    expect(page).to_have_url(re.compile("/$"))


@pytest.fixture
def without_cookies(launched: LaunchBrowser) -> Iterator[Page]:
    """A page in a browser that refuses cookies."""
    browser = launched(ANSWERED_BY_TEST)
    with staying(browser) as profile, opening(profile) as open_page:
        page = open_page()
        refuse_cookies(page)
        yield page


@pytest.mark.slow
def test_where_cookies_are_refused_the_page_says_what_a_reload_loses(
    without_cookies: Page, server: Server
) -> None:
    page = without_cookies
    page.goto(server.url)
    expect(page.get_by_text("This browser refuses cookies")).to_be_visible()
    demonstrate(page)
    move(page, "threshold", 20)
    expect(page).to_have_url(re.compile(r"threshold=0\.5"))
    go_to(page, "Live")
    setting(page, "live_threshold").wait_for()
    wait_until_drawn(page)
    move(page, "live_threshold", 10)
    expect(setting(page, "live_threshold")).to_contain_text("0.40")
    go_to(page, "Clip")
    page.locator(".player[data-state=ready]").wait_for()
    expect(setting(page, "threshold")).to_contain_text("0.50")
    go_to(page, "Live")
    expect(setting(page, "live_threshold")).to_contain_text("0.40")
    page.reload()
    expect(setting(page, "live_threshold")).to_contain_text("0.30")  # as the page announced
    go_to(page, "Clip")
    expect(setting(page, "threshold")).to_contain_text("0.50")  # part of the address
    expect(page.get_by_text("This browser refuses cookies")).to_be_visible()


@pytest.fixture
def network(server: Server) -> Iterator[Network]:
    with network_to(server.url) as between:
        yield between


@pytest.mark.slow
def test_settings_outlive_a_session_that_the_server_has_ended(
    open_page: OpenPage, network: Network
) -> None:
    page = open_page()
    page.goto(f"{network.url}/?clip=demonstration&threshold=0.5")
    page.locator(".player[data-state=ready]").wait_for()
    move(page, "threshold", 10)
    expect(page).to_have_url(re.compile(r"threshold=0\.6"))
    network.cut()
    page.wait_for_timeout(1_000 * (SESSION_TTL_S + 3))
    network.restore()
    wait_until_connected(page)
    wait_until_drawn(page)
    switch_on(page, "curves")
    expect(page).to_have_url(re.compile(r"curves=true&threshold=0\.6"))
    expect(setting(page, "threshold")).to_contain_text("0.60")


def wait_until_freed(page: Page, server: Server, before: int) -> None:
    """Wait until Streamlit holds no more than before: on a busy machine its script takes a while.

    What it held before is of an earlier test, whose session the server has not ended yet.
    """
    for _ in range(100):
        if held_uploads(server) <= before:
            return
        page.wait_for_timeout(200)
    raise AssertionError((held_uploads(server), before))


def held_uploads(server: Server) -> int:
    """Return the size of the uploads that Streamlit holds, by its metrics, in bytes."""
    with urllib.request.urlopen(f"{server.url}/_stcore/metrics") as answer:  # noqa: S310
        lines = answer.read().decode().splitlines()
    return sum(int(line.split()[-1]) for line in lines if "UploadedFileManager" in line)


def open_sources(page: Page) -> Locator:
    """Open a collapsible section, which has the attribute `open` until it has collapsed."""
    sources = page.locator(".st-key-sources")
    for _ in range(2):
        if sources.locator("details").get_attribute("open") is None:
            sources.locator("summary").click()
        page.wait_for_timeout(800)  # longer than the section takes to collapse
    return sources


def test_files_are_taken_out_of_the_uploader(page: Page, server: Server) -> None:
    before = held_uploads(server)
    names = ["a.wav", "b.wav", "c.wav"]
    upload(page, *(sound(name, wav(2 + n, level=40)) for n, name in enumerate(names)))
    expect(page.get_by_text("3 clips")).to_be_visible()
    expect(page.get_by_role("heading", name="a.wav")).to_be_visible()
    sources = open_sources(page)
    removing = sources.get_by_role("button", name=re.compile("^Remove [^a]|^Remove a.wav"))
    expect(removing).to_have_text([re.compile(f"Remove {name}") for name in names])
    expect(sources.get_by_test_id("stFileUploaderFile")).to_have_count(0)
    wait_until_freed(page, server, before)


def press_in_sources(page: Page, button: Locator) -> None:
    """Press a button in a collapsible section, also while the section collapses."""
    for _ in range(10):
        open_sources(page)
        with contextlib.suppress(Error):
            button.click(timeout=4_000)
            return
    raise AssertionError("it could not be pressed")


@pytest.mark.slow
def test_one_recording_after_another_is_taken(page: Page, server: Server) -> None:
    before = held_uploads(server)
    for count in (1, 2):
        wait_until_drawn(page)  # a running script may replace the recorder under the pointer
        sources = page.locator(".st-key-sources")
        recorder = sources.locator(".recorder")
        press_in_sources(page, recorder.get_by_role("button", name="Record", exact=True))
        expect(recorder).to_have_attribute("data-state", "recording")
        page.wait_for_timeout(1_500)
        recorder.get_by_role("button", name="Stop").click()
        taken = sources.get_by_role(
            "button", name="Remove Microphone recording", include_hidden=True
        )
        expect(taken).to_have_count(count)
        page.locator(".player[data-state=ready]").wait_for()
    wait_until_freed(page, server, before)
