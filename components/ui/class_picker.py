"""Choice of classes: a field with search, and a tree of categories to browse.

Streamlit's `st.multiselect` has neither groups nor a tree, and one order of its options for every
text that is typed.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st

from components.frontend import bundle
from components.ui import tab, widgets
from components.workspace.current import current

MAX_TOKEN = 64
"""Maximum length that is kept of the browser's name of a choice."""

MAX_PRESENT = 8
"""Maximum number of classes of a clip that are offered before all others."""

_SESSION = "_class_picker_session"


def draw(
    label: str,
    labels: Sequence[str],
    *,
    name: str,
    placeholder: str,
    help: str | None = None,  # noqa: A002  # Streamlit's name for it
    first: Mapping[str, Sequence[str]] | None = None,
    take_each: Callable[[str], None] | None = None,
) -> list[str]:
    """Draw a picker of any number of classes.

    Parameters
    ----------
    label : str
        Label of the picker.
    labels : sequence of str
        Labels of the model.
    name : str
        Key of the chosen labels in the session state. The picker is in a container of this key.
    placeholder : str
        Text of the empty field.
    help : str, optional
        Explanation beside the label.
    first : mapping of str to sequence of str, optional
        Groups of classes that are offered before all others, by title.
    take_each : callable, optional
        Called with each label that is chosen, which the picker then does not keep.

    Returns
    -------
    list of str
        The chosen labels.
    """
    chosen: list[str] = st.session_state.setdefault(name, [])
    recent = current().recent_classes
    known = set(labels)
    key = f"{name}-picker"

    def take() -> None:
        told = widgets.reply(key, "chosen")
        if not isinstance(told, dict) or not isinstance(told.get("labels"), list):
            return  # it comes from the browser
        wanted = [one for one in told["labels"] if isinstance(one, str) and one in known]
        new = [one for one in dict.fromkeys(wanted) if one not in st.session_state[name]]
        recent.note(new)
        if take_each is None:
            st.session_state[name] = list(dict.fromkeys(wanted))
        else:
            for one in new:
                take_each(one)
        tab.keep(f"_{key}", str(told.get("token"))[:MAX_TOKEN])

    with st.container(key=name, gap="xxsmall"):
        st.markdown(f":small[{label}]", help=help)
        bundle.component("class_picker", Path(__file__).parent)(
            key=key,
            data={
                "label": label,
                "placeholder": placeholder,
                "chosen": chosen,
                "token": tab.kept(f"_{key}"),
                "session": _session(),
                **recent.offer(labels, first or {}),
            },
            on_chosen_change=take,
        )
    return chosen


def _session() -> str:
    """Return the random name of this session: another one does not know what the browser sent."""
    if tab.kept(_SESSION) is None:
        tab.keep(_SESSION, secrets.token_urlsafe(8))
    return str(tab.kept(_SESSION))
