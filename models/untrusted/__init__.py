"""Untrusted data: members of zip archives, fields of JSON, and text that is a formula elsewhere."""
