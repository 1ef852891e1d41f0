"""Settings of one tab: read from the page's address, written to it, remembered in the workspace.

Every setting has a name, and its value a text, as they stand in an address; a default has none. All
pages share one address, so that a link carries everything that reproduces a view, and a change of
page adds one entry to the browser's history.

A visit begins with a new session, a change of page, and Back or Forward. If the address carries
any setting then, it is the whole truth: what it does not name has its default. If it carries none,
the settings that the workspace remembers hold. During a visit the tab's own widgets hold.
"""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage

from components.frontend import bundle
from components.protocol import serving
from components.style import text
from components.ui import widgets
from components.workspace.current import current, forget_everything

Text = tuple[str, ...]
"""Value of a setting as an address carries it: a text, or several of a setting that is a list."""

Texts = dict[str, Text]
"""Settings that differ from their defaults, by name."""

CLIP = "clip"
"""Name of the setting that has no widget: which clip of the server's own is looked at."""

NAMES = frozenset(
    {
        *(CLIP, "model", "runtime", "hop", "threshold", "hysteresis", "gap", "duration", "smooth"),
        "edges",
        *("gated-clip", "gate-clip", "classes", "by", "rollup", "only", "hide", "curves", "lanes"),
        *("model-left", "runtime-left", "model-right", "runtime-right"),
    }
)
"""Settings that the address carries. The others are remembered in the workspace alone."""

FOREIGN = ("embed", "utm_")
"""How names begin that belong to Streamlit and to those who count visits; they stay as they are."""

MAX_REFUSED = 5
"""Refused settings that are named in the notice."""

MAX_QUERIES = 100
"""Addresses of a visit that the browser may still report: far more than are under way."""

_VISIT, _FOLLOWING, _SESSION = "_visit", "_following", "_session"
_KEY = "address"


@dataclass
class Visit:
    """What one tab shows of one page, from its arrival there on.

    Parameters
    ----------
    page : str
        Path of the page.
    number : int
        Counted up in the session.
    texts : dict of str to tuple of str
        Settings that differ from their defaults.
    queries : list of dict
        What the browser may report as the address: a report may be late by several changes.
    unread : set of str
        Names of settings that came with an address, and are to be named where they are refused.
    text_of : dict of str to callable
        Each returns the text of a widget that was drawn during the visit.
    refused : list of str
        What the notice says, in markdown.
    place : DeltaGenerator, optional
        Where the notice stands in the present run.
    """

    page: str
    number: int
    texts: Texts
    queries: list[Texts]
    unread: set[str] = field(default_factory=set)
    text_of: dict[str, Callable[[], Text]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    place: DeltaGenerator | None = None

    @property
    def changed(self) -> Texts:
        """What the visitor changed since the arrival, of what the address carries."""
        arrived = self.queries[0]
        return {name: value for name, value in self.query.items() if value != arrived.get(name)}

    @property
    def query(self) -> Texts:
        """The part of the settings that the address carries."""
        return {name: self.texts[name] for name in sorted(self.texts) if name in NAMES}


def begin(page: str) -> None:
    """Begin a run: take in the address and the widgets, and write the address anew.

    Parameters
    ----------
    page : str
        Path of the page that is shown.
    """
    before: Visit | None = st.session_state.get(_VISIT)
    reported = widgets.reply(_KEY, "reported")
    incoming = _in_address()
    if reported is not None:
        incoming = _parse(reported) | ({} if before is None else before.changed)
    if before is None or before.page != page or incoming not in before.queries:
        found = _arrive(page, incoming, before)
    else:
        found = before
        _take_in_widgets(found)
    found.place = st.empty()
    _show_refused(found)
    _publish(found)


def visit() -> Visit:
    """Return the visit that `begin` began; a part of a page that is drawn alone begins one."""
    if _VISIT not in st.session_state:
        begin("")
    found: Visit = st.session_state[_VISIT]
    return found


def find(name: str) -> Text:
    """Return a setting's text in this tab; empty where it has its default."""
    return visit().texts.get(name, ())


def change(name: str, value: Text) -> None:
    """Change a setting of this tab, and remember it for the others."""
    _note(visit(), name, value)


def follow(name: str, value: Text) -> None:
    """Change a setting at the next change of page, whatever the address says then."""
    st.session_state.setdefault(_FOLLOWING, {})[name] = value


def switch_page(page: StreamlitPage) -> None:
    """Go to another page with all settings.

    Streamlit adds an entry to the browser's history for each address that it sets: so it is given
    the present one.
    """
    st.switch_page(page, query_params=visit().query)


def is_new(name: str) -> bool:
    """Whether a setting's widget is drawn for the first time in this visit."""
    return name not in visit().text_of


def is_first() -> bool:
    """Whether this is the first visit of the session.

    The browser may know more then: a tab that was cut off for long comes back with a new session,
    and sends the values of its widgets with the visitor's next action, not before.
    """
    return visit().number == 1


def take(name: str) -> tuple[Text, bool]:
    """Return a setting's text for its widget, and whether a refusal is to be told.

    It is told once in a visit, and only of what an address carried: what was remembered may be
    of another model.
    """
    found = visit()
    is_told = name in found.unread
    found.unread.discard(name)
    return find(name), is_told


def refuse(name: str, value: Collection[str], why: str) -> None:
    """Name a setting that the address carries and the app does not take, for a reason."""
    _refuse(visit(), name, value, why)


def forget() -> None:
    """Forget everything that the visitor has, the settings in the address included."""
    before, session = visit(), st.session_state.get(_SESSION)
    forget_everything()
    st.session_state[_VISIT] = Visit(before.page, before.number + 1, {}, before.queries)
    if session is not None:
        st.session_state[_SESSION] = session  # else the browser would report what it had


def _in_address() -> Texts:
    """Return the address as the browser reported it, without what is foreign."""
    found = {name: tuple(st.query_params.get_all(name)) for name in st.query_params}
    return {name: value for name, value in found.items() if not name.startswith(FOREIGN)}


def _parse(query: str) -> Texts:
    return {name: tuple(value) for name, value in parse_qs(query).items()}


def _arrive(page: str, incoming: Texts, before: Visit | None) -> Visit:
    """Begin a visit."""
    own = {name: value for name, value in incoming.items() if name in NAMES}
    remembered = dict(current().settings)  # another tab may change it meanwhile
    texts = {name: value for name, value in remembered.items() if not own or name not in NAMES}
    texts |= own
    following: Texts = st.session_state.pop(_FOLLOWING, {})
    texts |= following
    is_from_here = before is not None and incoming in before.queries
    found = Visit(
        page,
        1 if before is None else before.number + 1,
        {name: value for name, value in texts.items() if value},
        [incoming, _in_address()],
        set() if is_from_here else own.keys() - following.keys(),
    )
    st.session_state[_VISIT] = found
    for name in NAMES:
        _remember(name, texts.get(name, ()))
    for name in sorted(incoming.keys() - NAMES):
        _refuse(found, name, incoming[name], "Earmark has no setting of that name.")
    return found


def _take_in_widgets(visit: Visit) -> None:
    """Take in what the visitor changed since the last run."""
    before = dict(visit.texts)
    for name, text_of in visit.text_of.items():
        if name in st.session_state:
            _note(visit, name, text_of())
    if visit.texts != before:
        visit.refused.clear()


def note(name: str, text_of: Callable[[], Text]) -> None:
    """Take in the value of a setting whose widget was just drawn.

    Parameters
    ----------
    name : str
        Of the setting.
    text_of : callable
        Returns the text of its widget's present value.
    """
    found = visit()
    found.text_of[name] = text_of
    _note(found, name, text_of())


def _note(visit: Visit, name: str, value: Text) -> None:
    if value == visit.texts.get(name, ()):
        return  # what another tab remembered meanwhile stays
    if value:
        visit.texts[name] = value
    else:
        del visit.texts[name]
    _remember(name, value)


def _remember(name: str, value: Text) -> None:
    remembered = current().settings
    if value:
        remembered[name] = value
    else:
        remembered.pop(name, None)


def _refuse(visit: Visit, name: str, value: Collection[str], why: str) -> None:
    said = "&".join(f"{name}={one}" for one in value)
    visit.refused.append(f"**{text.escape_markdown(text.shorten(said, 80))}**: {why}")
    _show_refused(visit)


def _show_refused(visit: Visit) -> None:
    """Show what was refused, until a setting is changed."""
    if visit.place is None or not visit.refused:
        return
    shown = visit.refused[:MAX_REFUSED]
    if len(visit.refused) > MAX_REFUSED:
        shown.append(f"… and {len(visit.refused) - MAX_REFUSED:,} more.")
    lines = "\n".join(f"- {line}" for line in shown)
    visit.place.warning(
        f"The address has settings that cannot be used. The defaults hold instead.\n{lines}",
        icon=":material/link_off:",
    )


def _publish(visit: Visit) -> None:
    """Have the browser's address carry the settings."""
    if visit.query not in visit.queries:
        visit.queries.append(visit.query)
        del visit.queries[:-MAX_QUERIES]
    if not serving.is_serving():
        if visit.query != _in_address():  # Streamlit's own way adds an entry to the history
            st.query_params.from_dict(visit.query)
        return
    bundle.component("address", Path(__file__).parent)(
        key=_KEY,
        data={
            "query": urlencode(visit.query, doseq=True),
            "foreign": list(FOREIGN),
            "visit": visit.number,
            "session": st.session_state.setdefault(_SESSION, secrets.token_urlsafe(8)),
        },
        on_reported_change=lambda: None,
    )
