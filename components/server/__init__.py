"""The application's own part of the server: routes, middleware, start and end of the process.

The only place that knows Starlette. Streamlit's script is served beside it by `st.App`.
"""
