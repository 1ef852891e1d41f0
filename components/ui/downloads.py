"""Downloads that are made when they are asked for: in the background, with progress."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO

import streamlit as st

from components.protocol import addresses, serving
from components.style import text
from components.ui import notices
from components.workspace.current import current, waiting
from components.workspace.exports import ExportFile, Progress, Write
from models.errors import Cancelled, EarmarkError
from models.jobs.job import Job

_SCRIPT = Path(__file__).parent / "downloads.js"
_KEY = "_downloads"


@dataclass(frozen=True)
class Download:
    """A file that can be asked for.

    Parameters
    ----------
    label : str
        Words on its button.
    file_name : str
        What the browser is to call it.
    mime_type : str
        Such as ``text/csv``.
    write : callable
        Writes it to a binary file, in pieces; see `components.workspace.exports.Write`.
    help : str, optional
        Words beside the button.
    """

    label: str
    file_name: str
    mime_type: str
    write: Write
    help: str | None = None


def writing(make: Callable[[], bytes | str]) -> Write:
    """Return what writes a file whose bytes, or text, are made at once."""

    def write(file: BinaryIO, _progress: Progress) -> None:
        made = make()
        # Names may hold halves of characters, which UTF-8 cannot.
        file.write(made.encode(errors="replace") if isinstance(made, str) else made)

    return write


def button(download: Download, *, place: str, key: str, primary: bool = False) -> None:
    """Draw the button of a download.

    Parameters
    ----------
    download : Download
        What it is for.
    place : str
        Where `show_progress` shows how far it is; one file at a time is written for a place.
    key : str
        The button's key.
    primary : bool
        Whether it stands out.
    """
    st.button(
        download.label,
        key=key,
        icon=":material/download:",
        help=download.help,
        type="primary" if primary else "secondary",
        disabled=not serving.is_serving(),
        on_click=_start,
        args=(download, place),
    )


def show_progress(place: str) -> None:
    """Show how far a download is; the browser saves it when it is there."""
    job: Job[ExportFile] | None = st.session_state.get(_KEY, {}).get(place)
    if job is None:
        return
    if not job.done:
        waiting().wait_beside(job)  # again, where the connection was lost meanwhile
        with notices.beside_cancel(partial(_cancel, place), key=f"cancel-{place}"):
            notices.watch(job, "Writing the file")
    try:
        file = job.result()
    except Cancelled:
        st.caption("The file was not finished. Press its button again.")
        return
    except EarmarkError as error:
        notices.show_error(error)
        return
    address = addresses.address(current().key, f"exports/{file.token}")
    component = st.components.v2.component("earmark_download", js=_source())
    with st.container(key=f"starts-{place}"):
        component(
            key=f"download-{file.token}",
            data={"token": file.token, "address": address, "name": file.name},
        )
    name = text.escape_markdown(text.shorten(file.name, 60))
    st.caption(f"[{name}]({address}), {text.size(file.size_bytes)}. It is saved by your browser.")


@cache
def _source() -> str:
    return _SCRIPT.read_text(encoding="utf-8")


def _start(download: Download, place: str) -> None:
    jobs: dict[str, Job[ExportFile]] = st.session_state.setdefault(_KEY, {})
    tab, workspace = waiting(), current()
    before = jobs.pop(place, None)
    if before is not None:  # else each press of the button would add one that runs
        tab.leave_job(before)
    job = workspace.exports.start(download.file_name, download.mime_type, download.write)
    jobs[place] = job
    tab.wait_beside(job)


def _cancel(place: str) -> None:
    jobs: dict[str, Job[ExportFile]] = st.session_state.setdefault(_KEY, {})
    tab, job = waiting(), jobs.pop(place, None)
    if job is not None:
        tab.leave_job(job)
