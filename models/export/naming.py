"""Names of formats and files of exports: safe, distinct, and from templates with checked fields."""

import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.errors import ExportError
from models.export.values import utf8

MAX_TEMPLATE_CHARACTERS = 200
"""Longest template of a name."""

_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")
"""Names that Windows reserves for devices, with any suffix."""


@dataclass(frozen=True)
class NamedFormat:
    """A format as code and pages name it; `Format`, `ClipsFormat` and `TruthFormat` write files.

    Parameters
    ----------
    name : str
        Its identifier in code and widget keys, lower case.
    title : str
        Its name on a page.
    suffix : str
        End of its file names, such as ``audacity.txt``.
    mime_type : str
        Its media type.
    """

    name: str
    title: str
    suffix: str
    mime_type: str


def safe(text: str, limit_bytes: int) -> str:
    """Reduce text to a part of a file name that every system accepts.

    Parameters
    ----------
    text : str
        Any text.
    limit_bytes : int
        Longest result, in bytes of UTF-8.

    Returns
    -------
    str
        Letters, digits, spaces, hyphens and underscores only, perhaps none.

    Examples
    --------
    >>> safe("Bee, wasp, etc.", 40)
    'Bee_ wasp_ etc_'
    """
    kept = re.sub(r"[^\w\- ]+", "_", text).strip()
    return utf8(kept)[:limit_bytes].decode("utf-8", errors="ignore").strip()


def stem(name: str, limit_bytes: int) -> str:
    """Return the name of a recording without folders and suffix, reduced by `safe`."""
    return safe(name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0], limit_bytes)


def distinct(names: Iterable[str]) -> list[str]:
    """Make names distinct by numbers, regardless of case, which some systems ignore.

    Examples
    --------
    >>> distinct(["dog", "cat", "Dog"])
    ['dog', 'cat', 'Dog (2)']
    """
    taken = Names()
    return [taken.take(name) for name in names]


class Names:
    """Names that were given so far."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def take(self, name: str) -> str:
        """Return the name, with a number where it was given before."""
        given, number = name, self._next.get(name.casefold(), 1)
        while given.casefold() in self._taken:
            number += 1
            given = f"{name} ({number})"
        self._next[name.casefold()] = number
        self._taken.add(given.casefold())
        return given


class NameTemplate:
    """Template of a file name, such as ``{clip}-{onset}``.

    Fields are names in braces, without conversions or formats. A brace itself is doubled.

    Parameters
    ----------
    template : str
        The template.
    fields : iterable of str
        Names of the fields that it may have.

    Raises
    ------
    ExportError
        If it is empty, too long or unbalanced, or has a field that is none of `fields`.

    Examples
    --------
    >>> NameTemplate("{clip}-{onset}", ["clip", "onset"]).fill({"clip": "rain", "onset": "1.20"})
    'rain-1.20'
    """

    def __init__(self, template: str, fields: Iterable[str]) -> None:
        self._fields = tuple(fields)
        if not template.strip() or len(template) > MAX_TEMPLATE_CHARACTERS:
            raise self._refusal(f"The name has {len(template.strip()):,} characters.")
        try:
            self._parts = list(string.Formatter().parse(template))
        except ValueError as error:
            raise self._refusal(
                f"The name “{template}” has a brace without its partner."
            ) from error
        for _, field, form, conversion in self._parts:
            if field is not None and (form or conversion or field not in self._fields):
                written = field + (f"!{conversion}" if conversion else "")
                written += f":{form}" if form else ""
                raise self._refusal(f"The name has the field “{{{written}}}”.")

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the name with the values of its fields."""
        return "".join(
            literal + (values[field] if field is not None else "")
            for literal, field, _, _ in self._parts
        )

    def _refusal(self, arrived: str) -> ExportError:
        return ExportError(
            arrived,
            allowed=f"A name has 1 to {MAX_TEMPLATE_CHARACTERS} characters, and of the fields only "
            + ", ".join(f"{{{field}}}" for field in self._fields)
            + ".",
            remedy="Write each field in one pair of braces, or leave it out.",
        )


def file_part(text: str, limit_bytes: int) -> str:
    """Reduce a file's name without suffix, with its dots, to one that every system accepts."""
    kept = re.sub(r"[^\w\-. ()]+", "_", text)
    cut = utf8(kept)[:limit_bytes].decode("utf-8", errors="ignore").strip(" .")
    return f"_{cut}" if not cut or _DEVICES.fullmatch(cut.split(".")[0]) else cut
