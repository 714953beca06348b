#!/bin/sh
# Writes every lock from pyproject.toml: hashed, for Python 3.11 to 3.13 on all platforms, without registry addresses.
# dev.lock is resolved first and binds the others, so that one version of a library serves everywhere.
set -eu

compile() {
    output=$1
    shift
    .venv/bin/python -m uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --fork-strategy fewest \
        --no-header --no-emit-index-url --no-emit-find-links --output-file "requirements/$output" "$@"
}

compile dev.lock --extra ingest --extra sound --extra train --extra embedded --extra dev "$@"
compile run.lock --extra ingest --extra sound --extra train --extra embedded --constraint requirements/dev.lock "$@"
compile web.lock --constraint requirements/dev.lock "$@"
compile ingest.lock --extra ingest --constraint requirements/dev.lock "$@"
compile sound.lock --extra sound --constraint requirements/dev.lock "$@"
compile gpu.lock --extra gpu --constraint requirements/dev.lock "$@"
