"""Settings of one tab, synchronized with the page's address and stored in the workspace.

Every setting has a name and a text value, as in an address; a default value is omitted. All pages
share one address, so that a link reproduces a view, and a change of page adds one entry to the
browser's history.

A visit begins with a new session, a change of page, and Back or Forward. If the address then has
any setting, it determines all settings in `NAMES`: those that it lacks have their defaults. If it
has none, the settings stored in the workspace apply. During a visit the tab's widgets apply.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
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
"""Value of a setting in an address: one text, or several for a list."""

Texts = dict[str, Text]
"""Settings that differ from their defaults, by name."""

CLIP = "clip"
"""Name of the setting without a widget: which clip is shown."""

NAMES = frozenset(
    {
        *(CLIP, "model", "runtime", "hop", "threshold", "hysteresis", "gap", "duration", "smooth"),
        *("edges", "contain", "contain-from"),
        *("gated-clip", "gate-clip", "classes", "by", "rollup", "only", "hide", "curves", "lanes"),
        *("model-left", "runtime-left", "model-right", "runtime-right"),
        *("axis", "top-hz", "range-db", "colours"),
        *("archive", "archive-by", "archive-classes", "archive-score", "archive-path"),
        *("archive-first", "archive-last", "archive-from", "archive-until"),
        "stage",
    }
)
"""Settings contained in the address. The others are stored in the workspace only."""

OF_ADDRESS_ONLY = frozenset({"stage"})
"""Settings that are not stored in the workspace: a new visit does not begin with them."""

FOREIGN = ("embed", "utm_")
"""Prefixes of query parameters of Streamlit and of web analytics; they are left unchanged."""

MAX_REFUSED = 5
"""Maximum number of refused settings listed in the notice."""

MAX_REMEMBERED = 300
"""Maximum number of settings that the workspace stores after those of a session file, whose names
may be any."""

MAX_QUERIES = 100
"""Maximum number of addresses of a visit that are recognized in a late report of the browser."""

_VISIT, _FOLLOWING, _SESSION = "_visit", "_following", "_session"
_KEY = "address"


@dataclass
class Visit:
    """State of one visit of a page in one tab.

    Parameters
    ----------
    page : str
        Path of the page.
    number : int
        Number of the visit in the session, from 1.
    texts : dict of str to tuple of str
        Settings that differ from their defaults.
    queries : list of dict
        Addresses that the browser may report: a report may be late by several changes.
    unread : set of str
        Names of settings from an address or a session file, which are listed in the notice if they
        are refused.
    text_of : dict of str to callable
        By name of a widget drawn during the visit: returns the text of its current value.
    refused : list of str
        Lines of the notice, in markdown.
    place : DeltaGenerator, optional
        Place of the notice in the current run.
    source : str
        What `unread` came from, for the notice.
    """

    page: str
    number: int
    texts: Texts
    queries: list[Texts]
    unread: set[str] = field(default_factory=set)
    text_of: dict[str, Callable[[], Text]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    place: DeltaGenerator | None = None
    source: str = "address"

    @property
    def changed(self) -> Texts:
        """Settings in the address that the visitor changed since the visit began."""
        arrived = self.queries[0]
        return {name: value for name, value in self.query.items() if value != arrived.get(name)}

    @property
    def query(self) -> Texts:
        """The settings contained in the address."""
        return {name: self.texts[name] for name in sorted(self.texts) if name in NAMES}


def begin(page: str) -> None:
    """Begin a run of the script: read the address and the widgets, and update the address.

    Parameters
    ----------
    page : str
        Path of the current page.
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
    """Return the current visit; begin one if `begin` was not called."""
    if _VISIT not in st.session_state:
        begin("")
    found: Visit = st.session_state[_VISIT]
    return found


def find(name: str) -> Text:
    """Return the text of a setting in this tab; empty for its default."""
    return visit().texts.get(name, ())


def change(name: str, value: Text) -> None:
    """Change a setting of this tab, and store it in the workspace."""
    _note(visit(), name, value)


def follow(name: str, value: Text) -> None:
    """Change a setting at the next change of page, with precedence over the address."""
    st.session_state.setdefault(_FOLLOWING, {})[name] = value


def switch_page(page: StreamlitPage) -> None:
    """Switch to another page with the current settings.

    Streamlit adds an entry to the browser's history for each address that it sets, so it gets the
    current one.
    """
    st.switch_page(page, query_params=visit().query)


def is_new(name: str) -> bool:
    """Whether a setting's widget is drawn for the first time in this visit."""
    return name not in visit().text_of


def is_first() -> bool:
    """Whether this is the first visit of the session.

    Then the browser may have values that the server lacks: a tab that reconnects after a long time
    has a new session, and sends its widgets' values only with the visitor's next action.
    """
    return visit().number == 1


def take(name: str) -> tuple[Text, bool]:
    """Return a setting's text for its widget, and whether to report a refusal.

    A refusal is reported once per visit, and only for settings from an address: a stored setting
    may belong to another model.
    """
    found = visit()
    is_told = name in found.unread
    found.unread.discard(name)
    return find(name), is_told


def refuse(name: str, value: Collection[str], why: str) -> None:
    """Add a refused setting of the address to the notice.

    Parameters
    ----------
    name : str
        Name of the setting.
    value : collection of str
        The refused texts.
    why : str
        Reason, in markdown.
    """
    _refuse(visit(), name, value, why)


def drawn() -> Callable[[], Texts]:
    """Return a function that returns the settings of this visit, those with a default included.

    They are complete once the page was drawn. The function may be called in any thread.
    """
    found = visit()
    return lambda: {name: found.texts.get(name, ()) for name in list(found.text_of) if name != CLIP}


def restore(texts: Mapping[str, Text], source: str) -> None:
    """Change settings of this tab, as a new visit does; the page has to be run anew.

    Parameters
    ----------
    texts : mapping of str to tuple of str
        Settings by name; an empty text is the default. Other settings stay.
    source : str
        What they came from, for the notice about those that cannot be used.
    """
    before, remembered = visit(), current().settings
    taken = {name: texts[name] for name in texts if name != CLIP and name not in OF_ADDRESS_ONLY}
    for name, value in taken.items():
        _remember(name, value)
    for oldest in list(remembered)[:-MAX_REMEMBERED]:
        remembered.pop(oldest, None)
    known = NAMES | remembered.keys()
    found = Visit(
        before.page,
        before.number + 1,
        {n: value for n, value in {**before.texts, **taken}.items() if value and n in known},
        before.queries,
        {name for name, value in taken.items() if value},
        source=source,
    )
    st.session_state[_VISIT] = found


def forget() -> None:
    """Delete all data of the visitor, including the settings in the address."""
    before, session = visit(), st.session_state.get(_SESSION)
    forget_everything()
    st.session_state[_VISIT] = Visit(before.page, before.number + 1, {}, before.queries)
    if session is not None:
        st.session_state[_SESSION] = session  # otherwise the browser would report its old settings


def _in_address() -> Texts:
    """Return the query parameters known to Streamlit, without foreign ones."""
    found = {name: tuple(st.query_params.get_all(name)) for name in st.query_params}
    return {name: value for name, value in found.items() if not name.startswith(FOREIGN)}


def _parse(query: str) -> Texts:
    return {name: tuple(value) for name, value in parse_qs(query).items()}


def _arrive(page: str, incoming: Texts, before: Visit | None) -> Visit:
    """Begin a visit, with the settings of the address or of the workspace."""
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
    """Read the widgets that the visitor changed since the last run."""
    before = dict(visit.texts)
    for name, text_of in visit.text_of.items():
        if name in st.session_state or name == CLIP:
            _note(visit, name, text_of())
    if visit.texts != before:
        visit.refused.clear()


def note(name: str, text_of: Callable[[], Text]) -> None:
    """Read the value of a setting whose widget was just drawn.

    Parameters
    ----------
    name : str
        Name of the setting.
    text_of : callable
        Returns the text of its widget's current value.
    """
    found = visit()
    found.text_of[name] = text_of
    _note(found, name, text_of())


def _note(visit: Visit, name: str, value: Text) -> None:
    if value == visit.texts.get(name, ()):
        return  # keeps what another tab stored meanwhile
    if value:
        visit.texts[name] = value
    else:
        del visit.texts[name]
    _remember(name, value)


def _remember(name: str, value: Text) -> None:
    if name in OF_ADDRESS_ONLY:
        return
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
    """Show the notice about refused settings, until a setting is changed."""
    if visit.place is None or not visit.refused:
        return
    shown = visit.refused[:MAX_REFUSED]
    if len(visit.refused) > MAX_REFUSED:
        shown.append(f"… and {len(visit.refused) - MAX_REFUSED:,} more.")
    lines = "\n".join(f"- {line}" for line in shown)
    visit.place.warning(
        f"The {visit.source} has settings that cannot be used. The defaults hold instead.\n{lines}",
        icon=":material/link_off:",
    )


def _publish(visit: Visit) -> None:
    """Update the browser's address with the settings."""
    if visit.query not in visit.queries:
        visit.queries.append(visit.query)
        del visit.queries[:-MAX_QUERIES]
    if not serving.is_serving():
        if visit.query != _in_address():  # adds an entry to the history
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
