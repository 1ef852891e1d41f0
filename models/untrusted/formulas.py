"""Escaping of text that a spreadsheet would evaluate as a formula.

Conventions
-----------
Spreadsheets evaluate a cell that begins with ``=``, ``+``, ``-`` or ``@``, some also with a
full-width form of these, or with white space before them (OWASP, CSV Injection). A leading
apostrophe marks a cell as text. The separator of cells is chosen when a file is opened, so each
part of a text after a comma, a semicolon, a bar, a tab or a line end is escaped as if it were a
cell. The check is an allow list: a part that does not begin with a letter, a digit, a pictograph or
harmless ASCII punctuation is escaped.
"""

import re
import unicodedata

_SEPARATORS = re.compile("([,;|\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029])")
_HARMLESS_ASCII = frozenset("_([{<#&*.!?/\\~^$:`)]}>")
_HARMLESS_CATEGORIES = ("L", "N", "So", "Sc")  # of Unicode: letters, numbers, pictographs, currency

# Hangul's fillers are letters without a glyph; the heavy signs are pictographs.
_SUSPICIOUS = frozenset("\u115f\u1160\u3164\uffa0\N{HEAVY PLUS SIGN}\N{HEAVY MINUS SIGN}\U0001f7f0")


def escape_formulas(text: str) -> str:
    """Put an apostrophe before each part of a text that a spreadsheet might evaluate.

    Examples
    --------
    >>> escape_formulas("Bee, wasp, etc.")
    'Bee, wasp, etc.'
    >>> escape_formulas("=1+1")
    "'=1+1"
    >>> escape_formulas("x;=1+1;")
    "x;'=1+1;"
    """
    first, *others = _SEPARATORS.split(text)
    others[1::2] = [f"'{part}" if _is_suspicious(part) else part for part in others[1::2]]
    return "".join(("'" if _is_suspicious(text) else "", first, *others))


def unescape_formulas(text: str) -> str:
    """Remove the apostrophes of `escape_formulas`.

    Examples
    --------
    >>> unescape_formulas("x;'=1+1;")
    'x;=1+1;'
    """
    first, *others = _SEPARATORS.split(text)
    others[1::2] = [_without_apostrophe(part) for part in others[1::2]]
    return _without_apostrophe("".join((first, *others)))


def _without_apostrophe(part: str) -> str:
    return part[1:] if part.startswith("'") and _is_suspicious(part[1:]) else part


def _is_suspicious(part: str) -> bool:
    start = part.lstrip()[:2]
    # Compatibility forms, such as full-width ones and superscripts, are also checked in normal
    # form; two characters, because a combining mark may belong to the first one.
    normal = unicodedata.normalize("NFKC", start).lstrip()
    return not all(_is_harmless(character) for character in (*start[:1], *normal[:1]))


def _is_harmless(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in _HARMLESS_ASCII
    category = unicodedata.category(character)
    return category.startswith(_HARMLESS_CATEGORIES) and character not in _SUSPICIOUS
