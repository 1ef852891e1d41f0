"""Pages, one module each.

The folder is not called "pages", because Streamlit serves the modules of a folder with that name
beside its script as pages, without running the script.
"""
