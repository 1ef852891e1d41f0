"""User interface parts shared by all pages."""
