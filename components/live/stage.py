"""Stage, the live panel for a projector: whether the address opens it."""

from components.ui import address, widgets

NAME = "stage"
"""Name of the setting, which has no widget: the panel opens and leaves Stage."""

_PANEL = "live-panel"
_OPEN = ("true",)


def is_open() -> bool:
    """Whether the address opens Stage; reports another value of the setting as refused."""
    value = address.find(NAME)
    if not address.is_new(NAME):
        return value == _OPEN
    value, is_told = address.take(NAME)
    address.note(NAME, lambda: address.find(NAME))
    if value not in ((), _OPEN):
        address.change(NAME, ())
        if is_told and value != ("false",):
            address.refuse(NAME, value, "Stage is true or false.")
    return value == _OPEN


def take_reply() -> None:
    """Note in the address that the visitor opened or left Stage."""
    is_opened = widgets.reply(_PANEL, NAME)
    if is_opened is not None:
        address.change(NAME, _OPEN if is_opened else ())
