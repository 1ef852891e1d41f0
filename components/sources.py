"""Where recordings come from: dropped files, the microphone, the demonstration clip."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components import state, text
from components.state import Recording

UPLOADS_KEY, MICROPHONE_KEY = "uploads", "microphone"


def read_recordings() -> list[Recording]:
    """Draw the ways in, and return what came through them, in the order of arrival."""
    demonstrating = st.query_params.get("clip") == "demonstration"
    shelf = state.shelf()
    state.note_demonstration(demonstrating)
    has_any = demonstrating or bool(shelf) or state.holds_files(UPLOADS_KEY, MICROPHONE_KEY)
    welcome = st.empty()  # emptied at once, not greyed while the first analysis runs
    if not has_any:
        with welcome.container(key="welcome"):
            _welcome()
    with (
        st.container(key="sources"),
        st.expander("Add or remove sounds", expanded=not has_any, icon=":material/add:"),
    ):
        uploads, microphone = st.columns([3, 2], gap="large")
        with uploads:
            # Whether a file is sound shows when it is opened; a list of endings would only turn
            # away what the decoder knows.
            files = st.file_uploader(
                "Drop audio or video files here, several at once",
                accept_multiple_files=True,
                key=UPLOADS_KEY,
            )
        with microphone:
            recorded = st.audio_input(
                "Record with the microphone", sample_rate=48_000, key=MICROPHONE_KEY
            )
            _demonstration_button(demonstrating, prominent=not has_any)
        _shelf_buttons()
    return _recordings(files, recorded, demonstrating)


def _welcome() -> None:
    st.title("What is in a sound?", anchor=False)
    st.markdown(
        "Drop a recording, and see what is in it and when: "
        "speech, music, a siren, a robin, and hundreds of other sounds."
    )


def _demonstration_button(demonstrating: bool, *, prominent: bool) -> None:
    if demonstrating:
        st.button(
            "Remove the demonstration clip",
            icon=":material/close:",
            width="stretch",
            on_click=_demonstrate,
            args=(False,),
        )
    else:
        st.button(
            "Try the demonstration clip",
            icon=":material/play_circle:",
            type="primary" if prominent else "secondary",
            width="stretch",
            on_click=_demonstrate,
            args=(True,),
        )


def _shelf_buttons() -> None:
    """Offer to remove each sound that no widget above holds."""
    with st.container(horizontal=True):
        for recording in state.shelf():
            st.button(
                f"Remove {text.escape_markdown(text.shorten(recording.name, 40))}",
                icon=":material/close:",
                key=f"remove-{recording.digest}",
                on_click=state.unshelve,
                args=(recording.digest,),
            )


def _demonstrate(wanted: bool) -> None:
    if wanted:
        st.query_params["clip"] = "demonstration"
    else:
        del st.query_params["clip"]


def _recordings(
    files: list[UploadedFile], recorded: UploadedFile | None, demonstrating: bool
) -> list[Recording]:
    present = [*files, *([recorded] if recorded is not None else [])]
    state.keep_recordings(present)
    recordings = [state.uploaded_recording(file) for file in files]
    if recorded is not None:
        recordings.append(state.uploaded_recording(recorded, name="Microphone recording"))
    recordings += state.shelf()
    if demonstrating:
        recordings.append(state.demonstration())
    # The same file twice is the same clip.
    return list({recording.digest: recording for recording in recordings}.values())
