"""The app's pages without a browser."""

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from components.workspace.current import IN_SESSION
from components.workspace.shared import shared
from components.workspace.workspace import Workspace
from models.registry.catalog import BUILTIN, CATALOG

SCRIPT = str(Path(__file__).parents[2] / "components" / "script.py")

PATIENCE_S = 60.0  # a machine that is busy with other work is no failure


def new_tab(
    script: str | Callable[..., None],
    workspace: Workspace | None = None,
    model: str | None = None,
    **arguments: object,
) -> AppTest:
    """Return a tab that has not run its script yet.

    Parameters
    ----------
    script : str or callable
        Path of a script, or a function with the whole script inside.
    workspace : Workspace, optional
        The visitor's; without one, the first run opens another.
    model : str, optional
        Catalog name of the model in the address, or a title.
    **arguments : object
        Of the function.
    """
    if callable(script):
        page = AppTest.from_function(script, kwargs=arguments, default_timeout=PATIENCE_S)
    else:
        page = AppTest.from_file(script, default_timeout=PATIENCE_S)
    if workspace is not None:
        page.session_state[IN_SESSION] = workspace
    if model is not None:
        page.query_params["model"] = CATALOG[model].title if model in CATALOG else model
    return page


def open_app(model: str = BUILTIN, **parameters: str | list[str]) -> AppTest:
    """Open the app as a visitor does: on the page Clip.

    Parameters
    ----------
    model : str
        Catalog name of the chosen model, or the title of one in a model folder.
    **parameters : str or list of str
        Of the address.
    """
    return _opened(new_tab(SCRIPT, model=model), parameters)


def open_page(name: str, **parameters: str | list[str]) -> AppTest:
    """Open a page by its module's name: a test of the app cannot choose a page that is a function.

    Underscores in the names of `parameters` stand for hyphens.
    """
    return _opened(new_tab(_alone, name=name), parameters)


def _alone(name: str) -> None:
    import streamlit as st

    from components.screens import archive, clip, compare, live, models, teach
    from components.ui import address
    from components.workspace.current import current

    inspector = st.Page(clip.page, title="Clip", url_path="clip", default=name == "clip")
    others = {
        "archive": archive.page,
        "live": lambda: live.page(inspector),
        "compare": lambda: compare.page(inspector),
        "models": lambda: models.page(inspector),
    }
    pages = {
        other: st.Page(draw, title=other, url_path=other, default=other == name)
        for other, draw in others.items()
    }
    pages["teach"] = st.Page(
        lambda: teach.page(pages["live"], inspector),
        title="Teach",
        url_path="teach",
        default=name == "teach",
    )
    shown = st.navigation([inspector, *pages.values()])
    address.begin(shown.url_path)
    shown.run()
    current().messages.forget_shown()  # as the app's own script does


def _opened(page: AppTest, parameters: dict[str, str | list[str]]) -> AppTest:
    for parameter, value in parameters.items():
        page.query_params[parameter.replace("_", "-")] = value
    page.run()
    assert not page.exception
    return page


def workspace_of(page: AppTest) -> Workspace:
    """Return the workspace that a page shows; made now where the page has not run yet."""
    if IN_SESSION not in page.session_state:
        page.session_state[IN_SESSION] = shared().registry.open_in_session()
    workspace: Workspace = page.session_state[IN_SESSION]
    return workspace


def press(page: AppTest, label: str) -> AppTest:
    """Press the first button with this label."""
    next(button for button in page.button if button.label == label).click()
    page.run()
    assert not page.exception
    return page
