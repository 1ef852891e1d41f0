"""Appearance of the pages: formatting of numbers and names, palette, figures and theme."""
