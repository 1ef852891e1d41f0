"""Arbitrary addresses: the page is drawn for any query."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.registry.catalog import BUILTIN, CATALOG
from tests.components.pages import SCRIPT, new_tab

# All widgets that are bound to the address of the pages Clip and Compare, and `clip` itself.
KNOWN = (
    *("clip", "model", "runtime", "hop", "threshold", "hysteresis", "gap", "duration", "smooth"),
    *("gated-clip", "gate-clip", "classes", "by", "rollup", "only", "hide", "curves", "lanes"),
    *("model-left", "runtime-left", "model-right", "runtime-right", "sample-rate", "head"),
)
MARKUP = "<img src=x onerror=alert(1)>"
TEMPTING = st.sampled_from(
    [
        *("", " ", "demonstration", "0", "-1", "1e309", "nan", "inf", "-0.0", "0.3", "9" * 400),
        *("true", "null", "[]", "{}", "0.1,0.2", "All", "Mean", "Median of 3 windows", "Siren"),
        *(CATALOG[BUILTIN].title, "../../etc/passwd", MARKUP, "\0", "٣", "\u202e", "a" * 4_000),
    ]
)
# Addresses contain no lone surrogates: browsers and servers decode them as UTF-8.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
QUERIES = st.dictionaries(
    st.sampled_from(KNOWN) | ANY_TEXT.filter(bool),
    TEMPTING | ANY_TEXT | st.lists(TEMPTING | ANY_TEXT, max_size=4),
    min_size=3,
)


@pytest.mark.parametrize("clip", ["demonstration", None])
@settings(max_examples=6, derandomize=True, suppress_health_check=list(HealthCheck))
@given(query=QUERIES)
def test_any_address_draws_the_page(clip: str | None, query: dict[str, str | list[str]]) -> None:
    page = new_tab(SCRIPT, model=BUILTIN)
    for name, value in query.items():
        page.query_params[name] = value
    if clip is not None:
        page.query_params["clip"] = clip
    page.run()
    assert not page.exception
    if clip is not None and page.query_params["clip"] == [clip] and not page.error:
        assert page.title[0].value == "Demonstration\\.wav"
