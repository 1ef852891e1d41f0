"""Where recordings come from: dropped files, the microphone, the demonstration clip."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components import state, text, uploads
from components.state import Recording

UPLOADS_KEY, MICROPHONE_KEY = "uploads", "microphone"

uploads.share_bytes()


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
        dropped, microphone = st.columns([3, 2], gap="large")
        with dropped:
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
    kept = [] if recorded is None else [_recorded(recorded)]
    kept += state.shelf()
    if demonstrating:
        kept.append(state.demonstration())
    fitting = _fitting(files, kept)
    state.keep_recordings([*fitting, *([recorded] if recorded is not None else [])])
    recordings = [*(state.uploaded_recording(file) for file in fitting), *kept]
    # The same file twice is the same clip.
    return list({recording.digest: recording for recording in recordings}.values())


def _recorded(file: UploadedFile) -> Recording:
    return state.recorded_recording(file, "Microphone recording")


def _fitting(files: list[UploadedFile], kept: list[Recording]) -> list[UploadedFile]:
    """Leave out the uploads that are too many or too much beside what is kept, and say so."""
    allowed = state.limits()
    n_left = allowed.max_clips - len(kept)
    bytes_left = allowed.max_clips_bytes - sum(len(one.data) for one in kept)
    fitting: list[UploadedFile] = []
    for file in files:
        if len(fitting) < n_left and file.size <= bytes_left:
            fitting.append(file)
            bytes_left -= file.size
    n_left_out = len(files) - len(fitting)
    if n_left_out:
        what = "One file is" if n_left_out == 1 else f"{n_left_out} of {len(files)} files are"
        st.warning(
            f"**{what} left out.** At most {allowed.max_clips:,} clips, and "
            f"{allowed.max_clips_mb:,} MB of them in all, can be on the page at a time. Remove "
            "some under *Add or remove sounds*, and others take their place.",
            icon=":material/stacks:",
        )
    return fitting
