"""Whether this process serves the script through the application, with its routes."""

_serving = False


def begin() -> None:
    """Note that the application serves from now on."""
    global _serving
    _serving = True


def end() -> None:
    """Note that it serves no longer."""
    global _serving
    _serving = False


def is_serving() -> bool:
    """Whether the application's routes and cookies are there.

    They are not in an AppTest, nor where a host runs the script by itself.
    """
    return _serving
