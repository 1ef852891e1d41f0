"""Server part of the application: ASGI routes, middleware, start and end of the process.

This is the only package that imports Starlette. `st.App` serves Streamlit's script beside it.
"""
