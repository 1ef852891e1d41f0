"""Widgets with values that persist across reloads, pages, Back, Forward and tabs.

The name of a setting is the key of its widget. `components.ui.address` stores its value as a text;
if the name is in `address.NAMES`, the page's address contains it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from typing import Any, Literal, TypeVar

import streamlit as st

from components.style import text
from components.ui import address, class_picker
from components.ui.address import Text

Value = TypeVar("Value")
Option = TypeVar("Option")
Number = TypeVar("Number", int, float)

MAX_NAMED = 6
"""Maximum number of options that a notice lists; beyond it the notice states their number."""


class RefusedValueError(ValueError):
    """Raised for a text that is not a valid value of a setting.

    Parameters
    ----------
    value : tuple of str
        The refused part of the text.
    allowed : str
        Description of the allowed values.
    remaining : any
        Value of the setting's type used instead; None for the default.
    """

    def __init__(self, value: Text, allowed: str, remaining: Any = None) -> None:  # noqa: ANN401
        super().__init__(allowed)
        self.value, self.allowed, self.remaining = value, allowed, remaining


def slider(
    label: str,
    low: Number,
    high: Number,
    default: Number,
    step: Number | None = None,
    *,
    name: str,
    help: str | None = None,  # noqa: A002  # Streamlit's name for it
    disabled: bool = False,
) -> Number:
    """Draw a slider; parameters as for `st.slider`, with `name` for its key."""
    return _draw(
        lambda: st.slider(label, low, high, default, step, key=name, help=help, disabled=disabled),
        name,
        label,
        default,
        lambda texts: _between(texts, low, high, default),
        lambda value: (f"{value:g}",),
    )


def level_slider(
    label: str,
    low_dbfs: int,
    high_dbfs: int,
    default_dbfs: int,
    *,
    name: str,
    disabled: bool = False,
) -> int:
    """Draw a slider of whole levels in dBFS, with true minus signs, which `st.slider` lacks."""
    return _draw(
        lambda: st.select_slider(
            label,
            range(low_dbfs, high_dbfs + 1),
            default_dbfs,
            format_func=lambda level: str(level).replace("-", "−"),
            key=name,
            disabled=disabled,
        ),
        name,
        label,
        default_dbfs,
        lambda texts: _between(texts, low_dbfs, high_dbfs, default_dbfs),
        lambda value: (f"{value:g}",),
    )


def selectbox(
    label: str,
    options: Sequence[Option],
    default: Option,
    *,
    name: str,
    format_func: Callable[[Option], str] = str,
    help: str | None = None,  # noqa: A002
) -> Option:
    """Draw a select box.

    Parameters as for `st.selectbox`, with `default`, one of the options, for its index, and `name`
    for its key.
    """
    titles = [format_func(option) for option in options]
    return _draw(
        lambda: st.selectbox(
            label,
            options,
            options.index(default),
            format_func=format_func,
            key=name,
            help=help,
        ),
        name,
        label,
        default,
        lambda texts: options[_place(texts, titles)],
        lambda value: (format_func(value),),
    )


def segmented_control(
    label: str,
    options: Sequence[str],
    default: str,
    *,
    name: str,
    help: str | None = None,  # noqa: A002
) -> str:
    """Draw a segmented control with exactly one selected segment.

    Parameters as for `st.segmented_control`, with `name` for its key.
    """
    return _draw(
        lambda: st.segmented_control(
            label, options, default=default, required=True, key=name, help=help
        ),
        name,
        label,
        default,
        lambda texts: options[_place(texts, options)],
        lambda value: (value,),
    )


def classes(
    label: str,
    labels: Sequence[str],
    *,
    name: str,
    placeholder: str,
    help: str | None = None,  # noqa: A002
    first: Mapping[str, Sequence[str]] | None = None,
) -> tuple[str, ...]:
    """Draw a choice of any number of classes, none by default.

    Parameters as for `components.ui.class_picker.draw`.
    """
    known = set(labels)

    def read(texts: Text) -> list[str]:
        taken = [one for one in dict.fromkeys(texts) if one in known]
        refused = tuple(one for one in texts if one not in known)
        if refused:
            raise RefusedValueError(refused, _one_of(labels), taken)
        return taken

    def draw() -> list[str]:
        return class_picker.draw(
            label, labels, name=name, placeholder=placeholder, help=help, first=first
        )

    return tuple(_draw(draw, name, label, [], read, tuple))


def toggle(
    label: str,
    default: bool = False,
    *,
    name: str,
    help: str | None = None,  # noqa: A002
    disabled: bool = False,
) -> bool:
    """Draw a toggle; parameters as for `st.toggle`, with `name` for its key."""
    words: dict[str, Literal[True, False]] = {"true": True, "false": False}

    def read(texts: Text) -> bool:
        if texts[-1].lower() not in words:
            raise RefusedValueError(texts, "true or false")
        return words[texts[-1].lower()]

    return _draw(
        lambda: st.toggle(label, default, key=name, help=help, disabled=disabled, wrap=True),
        name,
        label,
        default,
        read,
        lambda value: (str(value).lower(),),
    )


def text_input(label: str, *, name: str, placeholder: str, max_chars: int) -> str:
    """Draw a text field, empty by default.

    Parameters as for `st.text_input`, with `name` for its key.
    """
    return _draw(
        lambda: st.text_input(label, key=name, placeholder=placeholder, max_chars=max_chars),
        name,
        label,
        "",
        lambda texts: texts[-1][:max_chars],
        lambda value: (value,),
    )


def day(label: str, first: date, last: date, *, name: str) -> date | None:
    """Draw a choice of a day, none by default.

    Parameters
    ----------
    label, name : str
        Label and key of the widget.
    first, last : date
        The days that can be chosen.
    """

    def read(texts: Text) -> date:
        allowed = f"a day from {first} to {last}"
        try:
            found = date.fromisoformat(texts[-1])
        except ValueError as error:
            raise RefusedValueError(texts, allowed) from error
        if not first <= found <= last:
            raise RefusedValueError(texts, allowed)
        return found

    return _draw(
        lambda: st.date_input(label, None, min_value=first, max_value=last, key=name),
        name,
        label,
        None,
        read,
        lambda value: (str(value),),
    )


def time_of_day(label: str, *, name: str) -> time | None:
    """Draw a choice of a time of the day, none by default; parameters as for `day`."""

    def read(texts: Text) -> time:
        try:
            return time.fromisoformat(texts[-1])
        except ValueError as error:
            raise RefusedValueError(texts, "a time of the day such as 05:30") from error

    return _draw(
        lambda: st.time_input(label, None, key=name),
        name,
        label,
        None,
        read,
        lambda value: () if value is None else (value.isoformat("minutes"),),
    )


def _draw(
    draw: Callable[[], Value],
    name: str,
    label: str,
    default: Value,
    read: Callable[[Text], Value],
    write: Callable[[Value], Text],
) -> Value:
    """Draw a setting's widget, restoring its value if Streamlit does not have it."""

    def text_of() -> Text:
        value = st.session_state[name]
        return () if value == default or value is None else write(value)

    if address.is_new(name) or name not in st.session_state:
        value = _value(name, label, default, read)
        if value != default or not address.is_first():
            st.session_state[name] = value
    value = draw()
    address.note(name, text_of)
    return value


def _value(name: str, label: str, default: Value, read: Callable[[Text], Value]) -> Value:
    """Parse a setting's text; return the default if it is missing or refused."""
    found, is_told = address.take(name)
    if not found:
        return default
    try:
        return read(found)
    except RefusedValueError as refused:
        if is_told:
            address.refuse(name, refused.value, f"{label} is {refused.allowed}.")
        return default if refused.remaining is None else refused.remaining


def _between(texts: Text, low: Number, high: Number, default: Number) -> Number:
    """Parse a number within bounds, of the type of the default."""
    number = _number(texts[-1])
    kind = "a whole number" if isinstance(default, int) else "a number"
    if number is None or not low <= number <= high or type(default)(number) != number:
        raise RefusedValueError(texts, f"{kind} from {low:g} to {high:g}")
    return type(default)(number)


def _number(words: str) -> float | None:
    """Parse a finite number; None if it is not one."""
    try:
        number = float(words)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _place(texts: Text, titles: Sequence[str]) -> int:
    if texts[-1] not in titles:
        raise RefusedValueError(texts, _one_of(titles))
    return titles.index(texts[-1])


def _one_of(titles: Sequence[str]) -> str:
    if len(titles) > MAX_NAMED:
        return f"one of the {len(titles):,} in its list"
    return "one of " + ", ".join(text.escape_markdown(text.shorten(one, 40)) for one in titles)
