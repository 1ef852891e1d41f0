"""Which models there are: the catalog, downloads, and files on this machine."""
