"""The page with a model that cuts its windows itself."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from models.inference import classifier
from models.registry.catalog import CATALOG, FOLDERS_VARIABLE, sha256_of
from tests.components.pages import new_tab, open_app


def hop_page() -> None:
    import streamlit as st

    from components.clip.settings import read_hop
    from models.inference import Contract

    fixed = st.toggle("fixed")
    window_samples = int(st.number_input("window", value=15_600))
    contract = Contract(16_000, window_samples, 521, hop_samples=7_680 if fixed else None)
    st.text(f"{read_hop(contract):g}")


def test_the_hop_is_what_the_model_fixes() -> None:
    page = new_tab(hop_page).run()
    page.selectbox(key="hop").set_value(0.1).run()
    assert page.text[0].value == "0.1"
    page.toggle[0].set_value(True).run()
    assert not page.exception
    (hop,) = (box for box in page.selectbox if box.label == "Step between windows (hop, s)")
    assert hop.disabled
    assert hop.value == 0.48
    assert "model fixes it" in hop.help
    assert page.text[0].value == "0.48"
    page.toggle[0].set_value(False).run()
    assert not page.selectbox(key="hop").disabled


def test_no_hop_is_longer_than_the_window() -> None:
    page = new_tab(hop_page)
    page.query_params["hop"] = "0.975"
    page.run()
    assert page.text[0].value == "0.975"
    page.number_input[0].set_value(8_000).run()
    assert not page.exception
    assert page.selectbox(key="hop").options == ["0.1", "0.24", "0.48"]
    assert page.text[0].value == "0.48"
    page.number_input[0].set_value(800).run()
    assert not page.exception
    assert page.text[0].value == "0.05"


def test_a_link_cannot_ask_for_another() -> None:
    page = new_tab(hop_page)
    page.query_params["hop"] = "0.1"
    page.run()
    page.toggle[0].set_value(True).run()
    assert not page.exception
    assert page.text[0].value == "0.48"


@pytest.fixture
def stand_in(dynamic_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another model of that kind in the original's place."""
    path = dynamic_path
    entry = replace(
        CATALOG["yamnet-dynamic"],
        size_bytes=path.stat().st_size,
        sha256=sha256_of(path),
        addresses=(),
        archives=(),
    )
    catalog = MappingProxyType({**CATALOG, "yamnet-dynamic": entry})
    monkeypatch.setattr(classifier, "CATALOG", catalog)
    monkeypatch.setenv(FOLDERS_VARIABLE, str(path.parent))


@pytest.mark.usefixtures("stand_in")
def test_the_page_works_with_it() -> None:
    page = open_app("yamnet-dynamic", clip="demonstration")
    assert not page.error
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Windows"] == "111"
    assert page.selectbox(key="model").value == "yamnet-dynamic"
    heard = set(next(one.value for one in page.dataframe if "onset_s" in one.value)["label"])
    assert "Silence" in heard
