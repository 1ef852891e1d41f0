# Earmark as an image: docs/deployment.md tells how to run it.
FROM python:3.11.14-slim-bookworm

# No bytecode: whoever runs the app cannot write it where the code lies. Logs leave at once.
# The cache has what is downloaded; Numba's compiled functions go where anything may be written.
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    XDG_CACHE_HOME=/cache \
    NUMBA_CACHE_DIR=/tmp/numba \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true

# A number of its own, for the owner of volumes, and no shell: this user only runs the app.
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin earmark \
    && install --directory --owner=earmark --group=earmark /cache

WORKDIR /app
# Apart from the code, so that a change of the code installs nothing anew. The versions are those
# that the tests passed with: docs/deployment.md tells how to renew them.
COPY requirements.txt .
COPY deployment/constraints.txt deployment/
RUN pip install --requirement requirements.txt --constraint deployment/constraints.txt

COPY LICENSE .
COPY NOTICE .
COPY app.py .
COPY .streamlit/config.toml .streamlit/
COPY components components
COPY models models

USER 10001
VOLUME /cache
EXPOSE 8501

# Without a proxy, whatever the environment says: it is this container that is asked.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib import request; request.build_opener(request.ProxyHandler({})).open('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

CMD ["streamlit", "run", "app.py"]
