"""User interface: pages, their parts, workspaces of visitors, and the server."""
