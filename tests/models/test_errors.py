import pickle

from models.errors import Cancelled, RecordingError


def test_the_message_has_three_parts() -> None:
    error = RecordingError("It is empty.", allowed="Sound.", remedy="Choose another.")
    assert str(error) == "It is empty. Sound. Choose another."


def test_errors_survive_pickling() -> None:
    for error in (RecordingError("a.", allowed="b.", remedy="c."), Cancelled()):
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # made here
        assert type(copy) is type(error)
        assert (copy.arrived, copy.allowed, copy.remedy) == (
            error.arrived,
            error.allowed,
            error.remedy,
        )
