"""Annotation on the player by pointer and by keyboard: drawn, edited, reviewed, kept, exported."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from models.events.truth import read_truth
from tests.e2e.conftest import LONG_WORK_MS, OpenPage, opening, staying
from tests.e2e.driving import Server, eventually, wait_until_drawn
from tests.e2e.test_accessibility import OPTIONS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LISTED = b"1.0\t2.0\tDoorbell\n4.0\t5.0\tDoorbell\n8.0\t9.0\tMy own\n"


@pytest.fixture
def opened(open_page: OpenPage, server: Server) -> Page:
    """The demonstration clip, with annotation on."""
    page = open_page(1_400, 1_500)
    open_clip(page, server)
    return page


def open_clip(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/?clip=demonstration&model=Built-in")
    page.locator(".player[data-state=ready]").wait_for(timeout=LONG_WORK_MS)
    page.get_by_role("heading", name="Export").wait_for()
    wait_until_drawn(page)
    page.get_by_role("button", name="Annotate").click()
    expect(toolbar(page)).to_be_visible()


def toolbar(page: Page) -> Locator:
    return page.get_by_role("region", name="Annotation")


def said(page: Page) -> Locator:
    return toolbar(page).get_by_role("status")


def act(page: Page, name: str) -> None:
    toolbar(page).get_by_role("button", name=name, exact=True).click()


def selected(page: Page) -> Locator:
    return toolbar(page).locator(".true-text")


def found(page: Page) -> Locator:
    return toolbar(page).locator(".found-text")


def summary(page: Page) -> Locator:
    return toolbar(page).locator(".summary")


def at(page: Page, share: float, y: float = 40) -> tuple[float, float]:
    """Return the position of a time, as a share of the clip, `y` pixels down the picture."""
    box = page.locator(".tracks").bounding_box()
    assert box is not None
    return box["x"] + share * box["width"], box["y"] + y


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


def draw(page: Page, label: str, share: float = 0.2, length: float = 0.1) -> None:
    """Draw a stretch with the pointer, and name it."""
    drag(page, at(page, share), at(page, share + length))
    field = toolbar(page).get_by_role("combobox")
    expect(field).to_be_focused()
    page.keyboard.type(label)
    page.keyboard.press("Enter")
    expect(said(page)).to_have_text(re.compile(f"^Added {label}, "))
    expect(selected(page)).to_contain_text(label)
    wait_until_drawn(page)


def seek(page: Page, share: float) -> None:
    """Move the playhead by a click on the waveform."""
    page.mouse.click(*at(page, share))
    audio = page.locator(".player audio")
    eventually(
        page, lambda: abs(audio.evaluate("(a) => a.currentTime / a.duration") - share) < 0.01
    )
    wait_until_drawn(page)


def times(line: Locator) -> tuple[float, float]:
    """Return start and end of the event that a line of the toolbar names, in seconds."""
    match = re.search(r"(\d+\.\d\d) s to (\d+\.\d\d) s", line.inner_text())
    assert match is not None
    return float(match[1]), float(match[2])


def selection(page: Page) -> tuple[float, float]:
    """Return start and end of the selected stretch, in seconds."""
    return times(page.locator(".selection-text"))


def edge(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=re.compile(f"^{name} of "))


def test_a_stretch_is_drawn_named_and_kept_over_a_reload(opened: Page, server: Server) -> None:
    page = opened
    draw(page, "My doorbell")
    expect(page.get_by_text("Annotated here: 1 true event.")).to_be_visible()
    expect(page.get_by_text("The model has no label for: My doorbell")).to_be_visible()
    drawn = times(selected(page))
    open_clip(page, server)
    page.locator(".stage").focus()
    page.keyboard.press(".")
    expect(selected(page)).to_contain_text("My doorbell")
    assert times(selected(page)) == drawn
    page.keyboard.press("n")
    expect(toolbar(page).get_by_role("option").first).to_have_accessible_name("My doorbell")
    toolbar(page).get_by_role("option").nth(1).click()  # of the clip's own classes
    expect(said(page)).to_contain_text("Renamed My doorbell to ")


def test_the_keyboard_alone_draws_names_moves_and_deletes(opened: Page) -> None:
    page = opened
    page.locator(".stage").focus()
    page.keyboard.press("]")  # from the beginning of the clip to the playhead: nothing
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("[")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("]")
    page.keyboard.press("n")
    field = toolbar(page).get_by_role("combobox")
    expect(field).to_be_focused()
    page.keyboard.type("xylophone mine")  # letters that are keys of the player elsewhere
    page.keyboard.press("Enter")
    expect(said(page)).to_contain_text("Added xylophone mine, 1.92 s to 3.84 s.")
    expect(page.locator(".stage")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("e")
    expect(said(page)).to_contain_text("Moved xylophone mine, 1.92 s to 4.32 s.")
    edge(page, "Beginning").focus()
    page.keyboard.press("ArrowLeft")
    expect(said(page)).to_contain_text("Moved xylophone mine, 1.91 s to 4.32 s.")
    page.keyboard.press("Shift+ArrowRight")
    expect(said(page)).to_contain_text("Moved xylophone mine, 2.01 s to 4.32 s.")
    expect(edge(page, "Beginning")).to_be_focused()
    expect(edge(page, "Beginning")).to_have_attribute("aria-valuetext", "2.010 s")
    page.keyboard.press("Delete")
    expect(said(page)).to_contain_text("Deleted xylophone mine")
    expect(selected(page)).to_have_text("No true event is selected.")


def test_an_edge_is_dragged(opened: Page) -> None:
    page = opened
    draw(page, "Dog")
    start, end = times(selected(page))
    box = edge(page, "End").bounding_box()
    assert box is not None
    grip = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    drag(page, grip, (at(page, 0.5)[0], grip[1] + 60))
    expect(said(page)).to_have_text(re.compile("^Moved Dog, "))
    expect(edge(page, "End")).not_to_have_attribute("aria-valuetext", f"{end:.3f} s")
    moved = times(selected(page))
    assert moved[0] == start
    assert moved[1] == pytest.approx(0.5 * 53.75, abs=0.5)
    wait_until_drawn(page)
    assert times(selected(page)) == moved


def test_an_event_is_split_merged_renamed_and_deleted_and_each_is_undone(opened: Page) -> None:
    page = opened
    draw(page, "Dog")
    start, end = times(selected(page))
    seek(page, 0.25)
    page.mouse.click(*at(page, 0.25, 228))  # the event in the first row below the spectrogram
    expect(said(page)).to_contain_text("Selected Dog")
    act(page, "Split here")
    expect(said(page)).to_have_text(re.compile("^Split Dog at "))
    expect(page.get_by_text("Annotated here: 2 true events.")).to_be_visible()
    assert times(selected(page))[0] == start
    act(page, "Merge with next")
    expect(said(page)).to_have_text(re.compile("^Merged to Dog, "))
    assert times(said(page)) == pytest.approx((start, end), abs=0.011)  # rounded otherwise
    toolbar(page).get_by_role("combobox").fill("cat")
    offered = toolbar(page).get_by_role("option")
    expect(offered.first).to_have_accessible_name("Cat")
    expect(offered.first).to_have_attribute("aria-selected", "true")
    assert all("cat" in name.lower() for name in offered.all_inner_texts()[:5])
    page.keyboard.press("Enter")
    expect(said(page)).to_have_text("Renamed Dog to Cat.")
    expect(offered).to_have_count(0)
    expect(selected(page)).to_contain_text("Cat")
    page.locator(".stage").focus()
    page.keyboard.press("Control+z")
    expect(said(page)).to_have_text("Undone: renamed Dog to Cat.")
    page.keyboard.press("Control+z")
    expect(said(page)).to_have_text(re.compile("^Undone: merged to Dog"))
    expect(page.get_by_text("Annotated here: 2 true events.")).to_be_visible()
    page.keyboard.press("Control+y")
    expect(said(page)).to_have_text(re.compile("^Redone: merged to Dog"))
    act(page, "Delete")
    expect(said(page)).to_have_text(re.compile("^Deleted Dog"))
    act(page, "Undo")
    expect(said(page)).to_have_text(re.compile("^Undone: deleted Dog"))
    page.keyboard.press("Control+Shift+z")
    expect(said(page)).to_have_text(re.compile("^Redone: deleted Dog"))


def test_found_events_are_reviewed_and_the_precision_is_told(opened: Page) -> None:
    page = opened
    expect(summary(page)).to_have_text(re.compile(r"^Reviewed 0 of \d+ found events\.$"))
    page.locator(".stage").focus()
    page.keyboard.press("u")
    expect(found(page)).to_contain_text("not reviewed")
    first = found(page).inner_text()
    page.keyboard.press("a")
    expect(found(page)).to_contain_text(", accepted")
    expect(summary(page)).to_contain_text("1 true, 0 false, precision 100%.")
    page.keyboard.press("u")
    expect(found(page)).to_contain_text("not reviewed")
    assert found(page).inner_text() != first
    act(page, "False")
    expect(found(page)).to_contain_text(", marked as false")
    expect(summary(page)).to_contain_text("1 true, 1 false, precision 50%.")
    panel = page.get_by_test_id("stMarkdown").filter(has_text="precision 50%")
    expect(panel).to_be_visible()
    act(page, "Undo")
    expect(summary(page)).to_contain_text("1 true, 0 false, precision 100%.")
    wait_until_drawn(page)
    # The row of that event is selected, and the buttons beside the table act on it.
    of_table = page.locator(".st-key-event-review").get_by_role("button")
    of_table.filter(has_text="Mark as false").click()
    expect(summary(page)).to_contain_text("1 true, 1 false, precision 50%.")
    expect(found(page)).to_contain_text(", marked as false")
    second = found(page).inner_text()
    of_table.filter(has_text="Next unreviewed").click()
    expect(found(page)).to_contain_text("not reviewed")
    assert found(page).inner_text() != second
    page.keyboard.press("x")  # the focus is on the button
    expect(summary(page)).to_contain_text("1 true, 2 false, precision 33%.")


def test_what_is_missing_is_told(opened: Page) -> None:
    told = {
        "Add": "Select a stretch first",
        "Delete": "Select a true event first",
        "Accept": "Choose a found event first",
        "Undo": "Nothing to undo.",
    }
    for name, words in told.items():
        button = toolbar(opened).get_by_role("button", name=name, exact=True)
        expect(button).to_have_attribute("aria-disabled", "true")
        button.focus()
        opened.keyboard.press("Enter")
        expect(said(opened)).to_contain_text(words)


def test_a_list_from_outside_is_edited_and_exported(opened: Page) -> None:
    page = opened
    page.get_by_test_id("stFileUploaderDropzoneInput").last.set_input_files(
        {"name": "labels.txt", "mimeType": "text/plain", "buffer": LISTED}
    )
    expect(page.get_by_text("From labels.txt")).to_be_visible()
    wait_until_drawn(page)
    page.locator(".stage").focus()
    page.keyboard.press(".")
    expect(selected(page)).to_contain_text("Doorbell, 1.00 s to 2.00 s")
    page.keyboard.press("m")
    expect(said(page)).to_contain_text("Merged to Doorbell, 1.00 s to 5.00 s.")
    expect(page.get_by_text("Annotated here: 2 true events.")).to_be_visible()
    wait_until_drawn(page)
    page.get_by_role("button", name="True events", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Praat TextGrid").click()
    written = read_truth(Path(waiting.value.path()).read_bytes())
    assert [(one.onset_s, one.offset_s, one.label) for one in written] == [
        (1.0, 5.0, "Doorbell"),
        (8.0, 9.0, "My own"),
    ]


def test_true_events_become_examples(opened: Page, server: Server) -> None:
    page = opened
    draw(page, "My doorbell")
    page.get_by_role("button", name="Teach the true events").click()
    page.get_by_role("button", name="My doorbell (1)").click()
    expect(page.get_by_text("Added 1 event to My doorbell.")).to_be_visible(timeout=LONG_WORK_MS)
    wait_until_drawn(page)
    page.goto(f"{server.url}/teach")
    expect(page.get_by_text("My doorbell").first).to_be_visible()


def test_two_tabs_edit_one_list(opened: Page, open_page: OpenPage, server: Server) -> None:
    draw(opened, "Dog")
    other = open_page(1_400, 1_500)
    open_clip(other, server)
    other.locator(".stage").focus()
    other.keyboard.press(".")
    expect(selected(other)).to_contain_text("Dog")
    other.keyboard.press("Delete")
    expect(said(other)).to_have_text(re.compile("^Deleted Dog"))
    act(opened, "Delete")  # this tab does not know yet
    expect(said(opened)).to_contain_text("no longer in the list")


def test_the_help_documents_the_keys(opened: Page) -> None:
    page = opened
    page.get_by_role("button", name="Keys").click()
    keys = page.locator(".annotation-keys")
    expect(keys).to_be_visible()
    named = {key.casefold() for key in keys.locator("kbd").all_inner_texts()}
    assert named >= set("tuaxn,.besmzy") | {"del", "ctrl"}


def swipe(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Move a finger across the screen."""
    client = page.context.new_cdp_session(page)

    def send(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in places]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", start)
    for step in range(1, 11):
        moved = [a + (b - a) * step / 10 for a, b in zip(start, end, strict=True)]
        send("touchMove", (moved[0], moved[1]))
    send("touchEnd")
    client.detach()


def scrolled(page: Page) -> float:
    top: float = page.locator(".tracks").evaluate("(e) => e.getBoundingClientRect().top")
    return top


def rests(page: Page) -> bool:
    """Whether the page has stopped scrolling: a finger that is put down before only stops it."""
    before = scrolled(page)
    page.wait_for_timeout(300)
    return scrolled(page) == before


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    with staying(browser, has_touch=True) as profile, opening(profile) as open_page:
        yield open_page(390, 844)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_it_is_accessible_fits_and_a_finger_draws(
    phone: Page, server: Server, scheme: str
) -> None:
    page = phone
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_clip(page, server)
    page.locator(".stage").focus()
    page.keyboard.press("u")
    page.keyboard.press("a")
    expect(found(page)).to_contain_text(", accepted")
    expect(edge(page, "Beginning")).to_be_visible()
    wait_until_drawn(page)
    overflow = page.locator(".player").evaluate("(root) => root.scrollWidth - root.clientWidth")
    assert overflow <= 0
    broken = Axe().run(page, options=OPTIONS).response["violations"]
    nodes = [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in broken
        for node in rule["nodes"]
        if isinstance(node["target"][0], list)  # within a component
    ]
    assert nodes == []
    page.locator(".tracks").scroll_into_view_if_needed()
    before = scrolled(page)
    swipe(page, at(page, 0.5, 150), at(page, 0.5, 20))
    eventually(page, lambda: scrolled(page) < before - 50)
    eventually(page, lambda: rests(page))
    expect(page.locator(".selection")).to_be_hidden()
    # The bar covers what was scrolled far enough.
    page.locator(".tracks").evaluate("(tracks) => tracks.scrollIntoView({ block: 'center' })")
    eventually(page, lambda: rests(page))
    swipe(page, at(page, 0.2, 150), at(page, 0.5, 150))
    expect(page.locator(".selection")).to_be_visible()
    expect(toolbar(page).get_by_role("combobox")).to_be_focused()
    expect(toolbar(page).get_by_role("listbox")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".player").evaluate("(root) => root.scrollWidth - root.clientWidth") <= 0
    assert selection(page) == pytest.approx((0.2 * 53.75, 0.5 * 53.75), abs=1.5)


def test_the_row_that_is_selected_is_reviewed_above_its_table(opened: Page) -> None:
    table = opened.locator(".stDataFrame").filter(has=opened.locator("canvas")).first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    opened.mouse.click(box["x"] + 20, box["y"] + 35 * 1.5)  # the checkbox of the first row
    bar = opened.locator(".st-key-event-review")
    bar.get_by_role("button", name="Mark as false").click()
    expect(summary(opened)).to_contain_text("0 true, 1 false")
    bar.get_by_role("button", name="Accept").click()
    expect(summary(opened)).to_contain_text("1 true, 0 false, precision 100%")
    expect(bar.get_by_role("button", name="Accept")).to_be_disabled()
    # The toast of a fragment takes the place of what Streamlit has put where toasts are.
    expect(opened.locator(".st-key-page-menu")).to_be_hidden()
