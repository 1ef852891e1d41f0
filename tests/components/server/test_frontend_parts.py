"""Parts of Streamlit's frontend are where they are looked for."""

from importlib.resources import files

from components.server import frontend_parts
from components.ui.preloading import PARTS


def test_the_installed_streamlit_has_all_parts() -> None:
    found = frontend_parts.addresses(PARTS)
    assert len(found) == len(PARTS)
    for address in found:
        name = address.removeprefix("/static/js/")
        assert files("streamlit").joinpath("static", "static", "js", name).is_file()


def test_a_part_that_is_not_there_is_left_out() -> None:
    assert frontend_parts.addresses(["Wombat"]) == []
