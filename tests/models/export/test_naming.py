"""Names of files: safe on every system, distinct, and from templates with checked fields."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ExportError
from models.export.naming import NameTemplate, distinct, file_part

FIELDS = ("clip", "onset")


@given(st.lists(st.sampled_from(["a", "A", "a (2)", "b", "B (2)"])))
def test_names_are_distinct_regardless_of_case_and_begin_as_they_were(names: list[str]) -> None:
    made = distinct(names)
    assert len({name.casefold() for name in made}) == len(names)
    assert all(new.startswith(old) for old, new in zip(names, made, strict=True))
    assert made[:1] == names[:1]


@given(st.text(), st.integers(1, 60))
def test_a_part_of_a_path_is_safe_whatever_it_is_made_of(text: str, limit: int) -> None:
    part = file_part(text, limit)
    assert re.fullmatch(r"[\w\-. ()]+", part)
    assert part not in (".", "..")
    assert part[0] not in ". "
    assert part[-1] not in ". "
    assert len(part.encode()) <= limit + 1


@pytest.mark.parametrize("name", ["CON", "nul.wav", "com1", "LPT9.x"])
def test_no_file_has_the_name_of_a_device(name: str) -> None:
    assert file_part(name, 80) == f"_{name}"


def test_a_template_is_filled_and_its_doubled_braces_are_braces() -> None:
    template = NameTemplate("{{x}} {clip}-{onset}-{clip}", FIELDS)
    assert template.fill({"clip": "{onset}", "onset": "1"}) == "{x} {onset}-1-{onset}"


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{digest}", "“{digest}”"),
        ("{clip.__class__}", "“{clip.__class__}”"),
        ("{clip[0]}", "“{clip[0]}”"),
        ("{onset:1000000000}", "“{onset:1000000000}”"),
        ("{clip!r}", "“{clip!r}”"),
        ("{}", "“{}”"),
        ("{clip", "without its partner"),
        ("clip}", "without its partner"),
        ("  ", "0 characters"),
        ("x" * 201, "201 characters"),
    ],
)
def test_other_templates_are_refused_with_the_fields_that_there_are(
    template: str, told: str
) -> None:
    with pytest.raises(ExportError) as error:
        NameTemplate(template, FIELDS)
    assert told in error.value.arrived
    assert "{clip}, {onset}" in error.value.allowed
