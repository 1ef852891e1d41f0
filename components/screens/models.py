"""Page "Models": available models, their descriptions, and upload of further ones."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from components.model_choice import card, upload
from components.workspace.current import current
from models.registry.catalog import CATALOG
from models.tflite.runtimes import available_runtimes


def page(inspector: StreamlitPage) -> None:
    """Draw a card for each model, then inspect those on this machine one after another.

    Parameters
    ----------
    inspector : StreamlitPage
        The page on which a model is used.
    """
    st.title("Models", anchor=False)
    st.markdown("The models of this server: their classes, their input, and how fast they are.")
    runtime = available_runtimes()[0]
    models = [*CATALOG, *(file.sha256 for file in current().models.all())]
    looks = [card.draw(model, runtime, inspector) for model in models]
    _invite()
    for look in looks:
        look()


def _invite() -> None:
    with st.container(border=True, key="bring-your-own"):
        st.header("Bring your own", anchor=False)
        st.markdown(
            "An audio classifier in a `.tflite` file that takes a waveform and gives a score for "
            "each class. Put it into a model folder of this server, its list of labels beside it "
            "if none is packed into it, or drop both here together; the same goes for an "
            "`.earmark` file, which the page Teach makes."
        )
        upload.upload_box("A model, and its list of labels", key="bring")
