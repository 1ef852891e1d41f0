"""Files for the player stay while the script runs anew and others' runs end."""

from types import SimpleNamespace

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from components.player import media


class Page:
    """A session's page, of which only the files matter."""

    def __init__(self) -> None:
        self.storage = MemoryMediaFileStorage("/media")
        self.manager = MediaFileManager(self.storage)
        self.session_id = "first"

    def serve(self, data: bytes, slot: str = "sound") -> str:
        return media.serve(data, "audio/wav", slot=slot, digest=f"digest of {data!r}")

    def run_anew(self) -> None:
        """Begin a run, as Streamlit does; meanwhile somebody else's ends."""
        self.manager.clear_session_refs()
        self.manager.remove_orphaned_files()

    def has(self, address: str) -> bool:
        try:
            self.storage.get_file(address.rpartition("/")[2])
        except MediaFileStorageError:
            return False
        return True


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    page = Page()
    runtime = SimpleNamespace(media_file_mgr=page.manager)
    monkeypatch.setattr(media, "get_instance", lambda: runtime)
    monkeypatch.setattr(media, "get_script_run_ctx", lambda: page)
    return page


def test_files_stay_while_the_script_has_not_come_to_them_again(page: Page) -> None:
    sound, picture = page.serve(b"sound"), page.serve(b"picture", "picture")
    page.run_anew()
    assert page.has(sound)
    assert page.has(picture)


def test_a_new_file_takes_the_place_of_the_old_one(page: Page) -> None:
    old = page.serve(b"old")
    page.run_anew()
    new = page.serve(b"new")
    page.run_anew()
    assert page.has(new)
    assert not page.has(old)


def test_what_is_on_the_page_no_longer_goes_with_the_next_page(page: Page) -> None:
    """An interrupted run, whose page was not drawn, takes nothing away."""
    first = page.serve(b"first", "example-1")
    media.end_page()
    page.run_anew()
    second = page.serve(b"second", "example-2")
    page.run_anew()
    assert page.has(first)
    media.end_page()
    page.run_anew()
    assert page.has(second)
    assert not page.has(first)


def test_files_go_with_their_session(page: Page) -> None:
    first = page.serve(b"first")
    page.session_id = "second"
    second = page.serve(b"second")
    page.run_anew()
    media.let_go({"first", "second"})
    assert page.has(first)
    media.let_go({"second"})
    assert not page.has(first)
    assert page.has(second)
