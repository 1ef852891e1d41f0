"""Registry of models: the catalog, downloads, and files on this machine."""
