"""Every page in both themes by the rules of axe-core: contrast, names, headings, roles."""

import itertools
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.driving import Server, wait_until_drawn
from tests.marking import slow

pytestmark = pytest.mark.browser

PAGES = {  # address, and an element of the page that is drawn last
    "": "text=What is in a sound?",
    "?clip=demonstration": ".player[data-state=ready]",
    "live": ".st-key-live-panel",
    "teach": ".st-key-learnt",
    "compare?clip=demonstration": ".lanes canvas",
    "models": ".st-key-bring-your-own",
}

OPTIONS = {
    "resultTypes": ["violations"],
    "rules": {"label-content-name-mismatch": {"enabled": True}},  # experimental in axe-core 4.12
}

STREAMLITS_OWN = {
    "presentation-role-conflict": "stFileUploaderDropzone",  # a section that is a presentation
    "color-contrast": "stSlider",  # the label of a slider that is disabled, which WCAG exempts
}
"""Rules that elements of Streamlit 1.67 break, and a word in the markup of those elements."""


BOTH = list(itertools.product(PAGES, ("light", "dark")))
FAST = {(page, ("light", "dark")[number % 2]) for number, page in enumerate(PAGES)}
"""Each page in one theme, and both themes; all pages in both are slow tests."""


@pytest.mark.parametrize(
    ("address", "scheme"), [each if each in FAST else slow(*each) for each in BOTH]
)
def test_no_rule_is_broken(
    open_page: OpenPage, server: Server, address: str, scheme: Literal["light", "dark"]
) -> None:
    page = open_page()
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{server.url}/{address}")
    expect(page.locator(PAGES[address]).first).to_be_visible()
    wait_until_drawn(page)
    page.wait_for_timeout(1_000)  # pages fade in, and faded text has less contrast
    broken = Axe().run(page, options=OPTIONS).response["violations"]
    assert [told for rule in broken for told in told_of(page, rule)] == []


def told_of(page: Page, rule: dict[str, Any]) -> list[str]:
    """Describe the elements that break a rule, but for Streamlit's own."""
    own = STREAMLITS_OWN.get(rule["id"])
    return [
        f"{rule['id']}: {node['target']} {node['html'][:200]}"
        for node in rule["nodes"]
        if own is None or not _is_within(page, node["target"], own)
    ]


def _is_within(page: Page, target: list[Any], name: str) -> bool:
    """Whether an element of the page itself lies within one with a data-testid."""
    if len(target) != 1 or not isinstance(target[0], str):
        return False  # in a component's shadow root
    found: bool = page.locator(target[0]).first.evaluate(
        "(element, name) => element.closest(`[data-testid=${name}]`) !== null", name
    )
    return found
