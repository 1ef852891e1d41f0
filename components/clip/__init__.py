"""Parts of the page "Clip"."""
