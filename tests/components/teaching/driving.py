"""The page "Teach" and what is beside it, driven without a browser."""

from components.teaching.lessons import History
from streamlit.testing.v1 import AppTest


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    page.run()
    assert not page.exception
    return page


def history(page: AppTest) -> History:
    found: History = page.session_state["_desk"].history
    return found
