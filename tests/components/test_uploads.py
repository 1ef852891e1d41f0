import copy

from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from components import uploads

DATA = bytes(1000)


def test_copies_share_the_bytes_and_nothing_else() -> None:
    uploads.share_bytes()
    file = UploadedFile(UploadedFileRec("id", "a.wav", "audio/wav", DATA), FileURLs(file_id="id"))
    (copied,) = copy.deepcopy([file])
    assert type(copied) is UploadedFile
    assert copied is not file
    assert copied.getvalue() is DATA
    assert (copied.file_id, copied.name, copied.type) == ("id", "a.wav", "audio/wav")
    assert copied.size == 1000
    assert copied == file
    copied.read(10)
    assert file.tell() == 0
    copied.write(b"changed")
    assert file.getvalue() == DATA
