"""How a request finds the visitor's workspace.

What workspaces are made of is imported by the first request that asks for one, not when the
application is: the server answers earlier, and browsers load the page meanwhile.
"""

from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from components.server.cookie import token_of
from components.server.late_imports import LATE_IMPORTS

if TYPE_CHECKING:
    from components.workspace.limits import Limits
    from components.workspace.registry import Registry
    from components.workspace.room import Room
    from components.workspace.workspace import Workspace


def find_registry() -> "Registry | None":
    """Return the registry of workspaces; None where the operator's limits cannot be read."""
    with LATE_IMPORTS:
        from components.workspace.shared import shared
        from models.errors import SettingError

    try:
        return shared().registry
    except SettingError:  # the page shows it
        return None


def find_limits() -> "Limits":
    """Return the operator's limits; the defaults where they cannot be read."""
    with LATE_IMPORTS:
        from components.workspace.limits import Limits
        from components.workspace.shared import shared
        from models.errors import SettingError

    try:
        return shared().limits
    except SettingError:  # the page shows it, and nothing else
        return Limits()


def find_room() -> "Room | None":
    """Return what bounds all that visitors have; None where the limits cannot be read."""
    with LATE_IMPORTS:
        from components.workspace.shared import shared
        from models.errors import SettingError

    try:
        return shared().room
    except SettingError:  # the page shows it
        return None


def find_workspace(connection: HTTPConnection) -> "Workspace | None":
    """Find the workspace that the path parameter ``key`` names, if the request may see it."""
    registry = find_registry()
    if registry is None:
        return None
    return registry.find(connection.path_params["key"], token_of(connection.scope))
