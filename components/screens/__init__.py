"""The pages, one module each.

Not called "pages": a folder of that name beside its script Streamlit takes for the pages
themselves, and opens a link to one of them without the script.
"""
