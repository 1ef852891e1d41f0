"""Lookup of the visitor's workspace for a request.

The workspace modules are imported by the first request that needs them, not at the start of the
application: the server answers earlier, and browsers load the page meanwhile.
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
    """Return the registry of workspaces; None if the operator's limits cannot be read."""
    with LATE_IMPORTS:
        from components.workspace.shared import shared
        from models.errors import SettingError

    try:
        return shared().registry
    except SettingError:  # the page shows it
        return None


def find_limits() -> "Limits":
    """Return the operator's limits; the defaults if they cannot be read."""
    with LATE_IMPORTS:
        from components.workspace.limits import Limits
        from components.workspace.shared import shared
        from models.errors import SettingError

    try:
        return shared().limits
    except SettingError:  # the page shows it, and nothing else
        return Limits()


def find_room() -> "Room | None":
    """Return the memory budget of all visitors; None if the limits cannot be read."""
    with LATE_IMPORTS:
        from components.workspace.shared import shared
        from models.errors import SettingError

    try:
        return shared().room
    except SettingError:  # the page shows it
        return None


def find_workspace(connection: HTTPConnection) -> "Workspace | None":
    """Find the workspace with the path parameter ``key``, if the request is authorized for it."""
    registry = find_registry()
    if registry is None:
        return None
    return registry.find(connection.path_params["key"], token_of(connection.scope))
