# The image of Earmark. docs/deployment.md describes how to run it.
FROM python:3.11.14-slim-bookworm

# No bytecode: the user that runs the app cannot write beside the code. Logs are not buffered.
# /cache holds downloaded models; /tmp/numba holds functions that Numba compiles.
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    XDG_CACHE_HOME=/cache \
    NUMBA_CACHE_DIR=/tmp/numba \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true

# A fixed user id, so that volumes keep their owner. The user has no shell and only runs the app.
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin earmark \
    && install --directory --owner=earmark --group=earmark /cache

WORKDIR /app
# Before the code, so that a change of the code reuses the layer of packages. The lock file has the
# versions that the tests pass with: docs/deployment.md describes how to renew them.
COPY requirements.txt .
COPY requirements.lock .
RUN pip install --requirement requirements.txt --constraint requirements.lock

COPY LICENSE .
COPY NOTICE .
COPY app.py .
COPY .streamlit/config.toml .streamlit/
COPY components components
COPY models models

USER 10001
VOLUME /cache
EXPOSE 8501

# The request ignores proxies of the environment: it goes to this container.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib import request; request.build_opener(request.ProxyHandler({})).open('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

CMD ["streamlit", "run", "app.py"]
