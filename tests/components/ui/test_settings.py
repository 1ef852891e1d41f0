"""Settings of a page: read from the address, written to it, remembered for the next visit."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components.ui import address
from components.workspace.shared import shared
from components.workspace.workspace import Workspace
from tests.components.pages import new_tab

COMPONENTS = Path(address.__file__).parents[1]


def draw() -> None:
    import streamlit as st

    from components.ui import address, settings

    address.begin(st.session_state.get("page", "clip"))
    st.json(
        {
            "threshold": settings.slider("Score threshold", 0.0, 1.0, 0.3, 0.01, name="threshold"),
            "classes": settings.slider("Classes shown", 1, 30, 16, name="classes"),
            "hop": settings.selectbox(
                "Hop (s)",
                (0.1, 0.24, 0.48),
                0.48,
                name="hop",
                format_func=lambda hop_s: f"{hop_s:g}",
            ),
            "by": settings.segmented_control("Clip score", ("Mean", "Maximum"), "Mean", name="by"),
            "only": settings.classes(
                "Show only",
                [f"Class {number}" for number in range(20)],
                name="only",
                placeholder="All",
            ),
            "curves": settings.toggle("Curves", name="curves"),
            "interval": settings.slider("Interval (s)", 0.1, 1.0, 0.25, 0.05, name="interval"),
            "title": settings.text_input(
                "Its name", name="title", placeholder="My sounds", max_chars=10
            ),
        }
    )


DEFAULTS = {
    "threshold": 0.3,
    "classes": 16,
    "hop": 0.48,
    "by": "Mean",
    "only": [],
    "curves": False,
    "interval": 0.25,
    "title": "",
}


def open_page(workspace: Workspace | None = None, **query: str | list[str]) -> AppTest:
    page = new_tab(draw, workspace or shared().registry.open_in_session())
    page.query_params.update(query)
    return run(page)


def run(page: AppTest) -> AppTest:
    page.run()
    assert not page.exception
    return page


def values(page: AppTest) -> dict[str, object]:
    import json

    read: dict[str, object] = json.loads(page.json[0].value)
    return read


def in_address(page: AppTest) -> dict[str, object]:
    """The address, as `open_page` takes it: a list only where there are several values."""
    return {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value
        for name, value in page.query_params.items()
    }


EVERYTHING = {
    "threshold": "0.55",
    "classes": "3",
    "hop": "0.1",
    "by": "Maximum",
    "only": ["Class 4", "Class 2"],
    "curves": "true",
}


def test_the_address_sets_every_setting_and_keeps_it() -> None:
    page = open_page(**EVERYTHING)
    expected = {
        **DEFAULTS,
        "threshold": 0.55,
        "classes": 3,
        "hop": 0.1,
        "by": "Maximum",
        "curves": True,
        "only": ["Class 4", "Class 2"],
    }
    for _ in range(3):
        assert values(page) == expected
        assert in_address(page) == EVERYTHING
        assert not page.warning
        run(page)


def test_what_is_changed_goes_into_the_address_and_a_default_out_of_it() -> None:
    page = open_page()
    page.slider(key="threshold").set_value(0.5)
    page.slider(key="interval").set_value(0.5)
    page.session_state["only"] = ["Class 1", "Class 7"]
    page.toggle(key="curves").set_value(True)
    run(page)
    assert in_address(page) == {
        "threshold": "0.5",
        "only": ["Class 1", "Class 7"],
        "curves": "true",
    }
    page.slider(key="threshold").set_value(0.3)
    page.toggle(key="curves").set_value(False)
    run(page)
    assert in_address(page) == {"only": ["Class 1", "Class 7"]}


@pytest.mark.parametrize(
    ("query", "named", "allowed"),
    [
        ({"threshold": "abc"}, "threshold=abc", "a number from 0 to 1"),
        ({"threshold": "1.5"}, "threshold=1.5", "a number from 0 to 1"),
        ({"threshold": "nan"}, "threshold=nan", "a number from 0 to 1"),
        ({"threshold": ""}, "threshold=", "a number from 0 to 1"),
        ({"classes": "2.5"}, "classes=2.5", "a whole number from 1 to 30"),
        ({"classes": "9" * 400}, "classes=99", "a whole number from 1 to 30"),
        ({"hop": "0.2"}, "hop=0.2", "one of 0.1, 0.24, 0.48"),
        ({"by": "Median"}, "by=Median", "one of Mean, Maximum"),
        ({"only": ["Class 3", "Nope"]}, "only=Nope", "one of the 20 in its list"),
        ({"curves": "maybe"}, "curves=maybe", "true or false"),
        ({"colour": "red"}, "colour=red", "no setting of that name"),
        ({"interval": "0.5"}, "interval=0.5", "no setting of that name"),
    ],
)
def test_what_cannot_be_taken_is_named_until_the_next_change(
    query: dict[str, str | list[str]], named: str, allowed: str
) -> None:
    page = open_page(**query)
    kept = {"only": ["Class 3"]} if "only" in query else {}
    for _ in range(2):
        assert values(page) == {**DEFAULTS, **kept}
        told = page.warning[0].value.replace("\\", "")
        assert named in told
        assert allowed in told
        run(page)
    page.toggle(key="curves").set_value(True)
    run(page)
    assert not page.warning
    assert values(page) == {**DEFAULTS, **kept, "curves": True}
    assert in_address(page) == {"curves": "true", **({"only": "Class 3"} if kept else {})}


def test_what_others_put_into_the_address_is_no_setting() -> None:
    page = open_page(utm_source="newsletter", embed="true")
    assert not page.warning


def test_a_bare_address_has_what_is_remembered_and_any_other_is_the_whole_truth() -> None:
    workspace = shared().registry.open_in_session()
    first = open_page(workspace)
    first.slider(key="threshold").set_value(0.5)
    first.slider(key="classes").set_value(4)
    first.slider(key="interval").set_value(0.75)
    first.text_input(key="title").set_value("Kitchen")
    run(first)
    remembered = {"threshold": 0.5, "classes": 4, "interval": 0.75, "title": "Kitchen"}

    bare = open_page(workspace)
    assert values(bare) == {**DEFAULTS, **remembered}
    assert in_address(bare) == {"threshold": "0.5", "classes": "4"}

    link = open_page(workspace, threshold="0.6")
    assert values(link) == {**DEFAULTS, **remembered, "threshold": 0.6, "classes": 16}
    assert values(open_page(workspace)) == values(link)


def test_two_tabs_that_are_used_keep_their_own() -> None:
    workspace = shared().registry.open_in_session()
    first, second = open_page(workspace), open_page(workspace)
    first.slider(key="threshold").set_value(0.5)
    run(first)
    second.slider(key="classes").set_value(4)
    run(second)
    assert values(run(first)) == {**DEFAULTS, "threshold": 0.5}
    assert values(run(second)) == {**DEFAULTS, "classes": 4}
    assert values(open_page(workspace)) == {**DEFAULTS, "threshold": 0.5, "classes": 4}
    second.session_state["page"] = "compare"  # the next visit of the second one
    second.query_params.clear()
    assert values(run(second)) == {**DEFAULTS, "threshold": 0.5, "classes": 4}


def test_an_address_that_the_browser_reports_late_undoes_nothing() -> None:
    page = open_page(threshold="0.5")
    page.slider(key="threshold").set_value(0.6)
    run(page)
    page.query_params["threshold"] = "0.5"
    page.slider(key="threshold").set_value(0.7)
    assert values(run(page))["threshold"] == 0.7
    page.query_params["threshold"] = "0.9"  # never written by this tab: Back, or typed in
    assert values(run(page))["threshold"] == 0.9


def test_what_is_to_follow_is_there_on_the_next_page() -> None:
    def go() -> None:
        import streamlit as st

        from components.ui import address, settings

        address.begin(st.session_state.get("page", "models"))
        settings.slider("Score threshold", 0.0, 1.0, 0.3, 0.01, name="threshold")
        settings.selectbox("Model", ("YAMNet", "Built-in"), "YAMNet", name="model")
        if st.button("Use"):
            address.follow("model", ("Built-in",))

    page = run(new_tab(go))
    page.slider(key="threshold").set_value(0.5)
    page.button[0].click()
    run(page)
    assert page.selectbox(key="model").value == "YAMNet"
    page.session_state["page"] = "clip"
    run(page)
    assert page.selectbox(key="model").value == "Built-in"
    assert in_address(page) == {"threshold": "0.5", "model": "Built-in"}


def test_all_widgets_with_a_lasting_value_are_settings() -> None:
    """A widget of Streamlit's own is forgotten on a reload; a few of them hold nothing to keep."""
    widget = re.compile(
        r"st\.(slider|select_slider|toggle|checkbox|radio|selectbox|multiselect|pills|"
        r"segmented_control|text_input|text_area|number_input|date_input|time_input)\("
    )
    found = {
        f"{path.relative_to(COMPONENTS).as_posix()}: {match[1]}"
        for path in COMPONENTS.rglob("*.py")
        if path != COMPONENTS / "ui" / "settings.py"
        for match in widget.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == {
        "archive/examples.py: selectbox",  # one of the visitor's sounds, for the next search
        "archive/teaching_loop.py: text_input",  # name of a class, which the lesson keeps
        "clip/track_choice.py: selectbox",  # the workspace keeps it for each recording
        "clip/settings.py: selectbox",  # the hop that a model fixes
        "screens/compare.py: selectbox",  # the workspace keeps the chosen clip
        "teach/class_list.py: text_input",  # names of classes, which the lesson keeps
        "clip/explanation_panel.py: selectbox",  # belongs to an instant that was pointed at
        "clip/truth_columns.py: selectbox",  # a question about one list, answered once
        "clip/truth_columns.py: radio",
        "clip/truth_columns.py: checkbox",
        "live/playing.py: selectbox",  # what to play now, asked each time
        "live/playing.py: toggle",
    }
