import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.events import taxonomy
from models.untrusted.formulas import escape_formulas, unescape_formulas


def test_labels_in_common_use_stay_as_they_are() -> None:
    others = [
        "_background_noise_",
        "(unknown)",
        "[noise]",
        "Häuser",
        "犬",
        "🐶 Dog",
        "♪",
        "€ 5",
        "٣",
    ]
    for label in (*taxonomy.labels(), *others):
        assert escape_formulas(label) == unescape_formulas(label) == label


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("=1", "'=1"),
        ("＝1", "'＝1"),  # noqa: RUF001  # full-width
        (" =1", "' =1"),
        ("\t=1", "'\t'=1"),
        ("x;=1", "x;'=1"),
        ("x;=cmd|' /C calc'!A0;", "x;'=cmd|'' /C calc'!A0;"),
        ("'=1", "''=1"),
        ("a-b", "a-b"),
        ("", ""),
        (" ", " "),
    ],
)
def test_what_might_be_calculated_gets_an_apostrophe(text: str, escaped: str) -> None:
    assert escape_formulas(text) == escaped


@given(st.text() | st.text(st.sampled_from("=+-@;,|\t' x\"")))
@example("'")
@example("''=")
def test_what_was_escaped_is_found_again(text: str) -> None:
    assert unescape_formulas(escape_formulas(text)) == text
