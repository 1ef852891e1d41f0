"""Reading of untrusted files: members of zip archives up to a limit, and fields of JSON by type."""
