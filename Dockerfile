# Three images of one platform, each with what it needs and no more:
#   docker build --target web    .    pages and API, and the migrations: no TensorFlow, no librosa, no yt-dlp
#   docker build --target ingest .    the worker that fetches videos: yt-dlp and the JavaScript runtime Deno for it
#   docker build --target sound  .    the worker that hears, varies and mixes, on the CPU (GPU: Dockerfile.gpu)

FROM node:22-bookworm-slim AS frontend
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

FROM python:3.12-slim-bookworm AS python
ENV PATH=/opt/venv/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1
WORKDIR /app
RUN python -m venv /opt/venv

FROM python AS running
ENV DEEPASMR_DATA_DIR=/data
# The folder belongs to the account, and so does a volume that is first mounted on it.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin deepasmr \
    && install --directory --owner=deepasmr --group=deepasmr /data
ENTRYPOINT ["python", "-m", "deepasmr"]

FROM python AS web-packages
COPY requirements/web.lock requirements/web.lock
RUN pip install --require-hashes -r requirements/web.lock

FROM python AS ingest-packages
COPY requirements/ingest.lock requirements/ingest.lock
RUN pip install --require-hashes -r requirements/ingest.lock

FROM python AS sound-packages
COPY requirements/sound.lock requirements/sound.lock
RUN pip install --require-hashes -r requirements/sound.lock

FROM running AS web
COPY --from=web-packages /opt/venv /opt/venv
COPY alembic alembic
COPY backend backend
COPY deepasmr deepasmr
COPY frontend/messages frontend/messages
COPY frontend/templates frontend/templates
COPY --from=frontend /src/frontend/dist frontend/dist
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["web", "--host", "0.0.0.0", "--port", "8000"]

FROM running AS ingest
COPY --from=ingest-packages /opt/venv /opt/venv
COPY backend backend
COPY deepasmr deepasmr
COPY models/__init__.py models/errors.py models/
COPY models/audio models/audio
COPY worker worker
USER 10001:10001
CMD ["worker", "--queues", "ingest"]

FROM running AS sound
ENV NUMBA_CACHE_DIR=/tmp/numba \
    TF_CPP_MIN_LOG_LEVEL=2
COPY --from=sound-packages /opt/venv /opt/venv
COPY backend backend
COPY deepasmr deepasmr
COPY models models
COPY worker worker
USER 10001:10001
CMD ["worker", "--queues", "sound"]
