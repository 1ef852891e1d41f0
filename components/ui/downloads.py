"""Download buttons whose files are written on request, in the background, with progress."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import streamlit as st

from components.frontend import bundle
from components.protocol import addresses, serving
from components.style import text
from components.ui import callbacks, notices, tab
from components.workspace.current import current, waiting
from components.workspace.exports import ExportFile, Progress, Write
from models.errors import Cancelled, EarmarkError

_ASKED = "_downloads"
"""Key of the jobs requested in this tab, whose files the browser saves automatically."""


@dataclass(frozen=True)
class Download:
    """A file that can be requested.

    Parameters
    ----------
    label : str
        Label of its button.
    file_name : str
        File name for the browser.
    mime_type : str
        Media type, such as ``text/csv``.
    write : callable
        Writes it to a binary file; see `components.workspace.exports.Write`.
    help : str, optional
        Tooltip of the button.
    """

    label: str
    file_name: str
    mime_type: str
    write: Write
    help: str | None = None


def writing(make: Callable[[], bytes | str]) -> Write:
    """Return a writer for contents that are created as a whole."""

    def write(file: BinaryIO, _progress: Progress) -> None:
        made = make()
        # Names may contain lone surrogates, which UTF-8 cannot encode.
        file.write(made.encode(errors="replace") if isinstance(made, str) else made)

    return write


def button(download: Download, *, place: str, key: str, primary: bool = False) -> None:
    """Draw the button of a download.

    Parameters
    ----------
    download : Download
        The file to write.
    place : str
        Place where `show_progress` shows its progress; each place has one job at a time.
    key : str
        Key of the button.
    primary : bool
        Whether the button is emphasized.
    """
    st.button(
        download.label,
        key=key,
        icon=":material/download:",
        help=download.help,
        type="primary" if primary else "secondary",
        disabled=not serving.is_serving(),
        on_click=callbacks.light(key, _start, download, place),
    )


def show_progress(place: str) -> None:
    """Show the progress of a download; the browser saves the file when it is finished.

    After a reload, and in other tabs, a link to the file is shown instead.
    """
    exports = current().exports
    job = exports.jobs.get(place)
    if job is None:
        return
    if not job.done:
        waiting().wait_beside(job)  # again, after a lost connection
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
    if exports.find(file.token) is None:
        st.caption("The file was removed to make room for others. Press its button again.")
        return
    _offer(file, place, saves=tab.kept(_ASKED, {}).get(place) is job)


def _offer(file: ExportFile, place: str, *, saves: bool) -> None:
    """Link to a file, and let the browser save it if it was requested in this tab."""
    address = addresses.address(current().key, f"exports/{file.token}")
    if saves:
        with st.container(key=f"starts-{place}"):
            bundle.component("downloads", Path(__file__).parent)(
                key=f"download-{file.token}",
                data={"token": file.token, "address": address, "name": file.name},
            )
    name = text.escape_markdown(text.shorten(file.name, 60))
    what = "It is saved by your browser." if saves else "It is ready: press its name to save it."
    st.caption(f"[{name}]({address}), {text.size(file.size_bytes)}. {what}")


def _start(download: Download, place: str) -> None:
    exports = current().exports
    before = exports.jobs.pop(place, None)
    if before is not None:  # otherwise each press would add a running job
        waiting().leave_job(before)
    job = exports.start(download.file_name, download.mime_type, download.write)
    exports.jobs[place] = job
    tab.keep(_ASKED, {**tab.kept(_ASKED, {}), place: job})
    waiting().wait_beside(job)


def _cancel(place: str) -> None:
    job = current().exports.jobs.pop(place, None)
    if job is not None:
        waiting().leave_job(job)
