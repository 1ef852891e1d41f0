"""How a request finds the visitor's workspace."""

from starlette.requests import HTTPConnection

from components.server.visitors import token_of
from components.workspace.registry import Registry
from components.workspace.shared import shared
from components.workspace.workspace import Workspace
from models.errors import SettingError


def find_registry() -> Registry | None:
    """Return the registry of workspaces; None where the operator's limits cannot be read."""
    try:
        return shared().registry
    except SettingError:  # the page shows it
        return None


def find_workspace(connection: HTTPConnection) -> Workspace | None:
    """Find the workspace that the path parameter ``key`` names, if the request may see it."""
    registry = find_registry()
    if registry is None:
        return None
    return registry.find(connection.path_params["key"], token_of(connection.scope))
