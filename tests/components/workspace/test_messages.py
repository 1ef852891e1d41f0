"""Messages are told once, and are not lost to a run that ends early."""

from components.workspace.messages import SUCCESS_S, Messages
from models.errors import RecordingError

ERROR = RecordingError("It is noise.", allowed="Sound.", remedy="Another one.")


def names(messages: Messages, place: str) -> list[str]:
    return [name for name, _error in messages.show_failures(place)]


def test_a_failure_is_shown_until_a_run_has_ended_that_showed_it() -> None:
    messages = Messages()
    messages.add_failure("here", "a", ERROR)
    messages.add_failure("here", "b", ERROR)
    messages.add_failure("there", "c", ERROR)
    messages.forget_shown()  # a run on another page
    assert names(messages, "here") == ["a", "b"]
    assert names(messages, "here") == ["a", "b"], "the run began another one"
    messages.forget_shown()
    assert names(messages, "here") == []
    assert names(messages, "there") == ["c"]


def test_a_new_failure_takes_the_place_of_what_was_shown() -> None:
    messages = Messages()
    messages.add_failure("here", "a", ERROR)
    assert names(messages, "here") == ["a"]
    messages.add_failure("here", "b", ERROR)
    messages.forget_shown()  # the run that showed the first ends a moment later
    messages.add_failure("here", "c", ERROR)
    assert names(messages, "here") == ["b", "c"]


def test_a_success_is_told_for_a_while_and_the_latest_counts() -> None:
    now_s = 100.0
    messages = Messages(lambda: now_s)
    assert messages.success("here") is None
    messages.set_success("here", "Added a.")
    messages.set_success("here", "Added b.")
    assert messages.success("there") is None
    assert messages.success("here") == "Added b."
    now_s += SUCCESS_S - 1
    assert messages.success("here") == "Added b.", "a run may have been cut short"
    now_s += 1
    assert messages.success("here") is None
