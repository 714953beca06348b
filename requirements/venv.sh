#!/bin/sh
# Makes .venv with a Python that the locks know: 3.11 to 3.13. PYTHON=/path/to/python chooses one.
set -eu

is_known() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

if [ -x .venv/bin/python ] && is_known .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; then
    exit 0
fi

chosen=""
for candidate in ${PYTHON:-python3 python3.12 python3.11 python3.13}; do
    if is_known "$candidate"; then
        chosen=$candidate
        break
    fi
done
if [ -z "$chosen" ]; then
    echo "DeepASMR needs Python 3.11, 3.12 or 3.13; here is $(python3 --version 2>/dev/null || echo 'no python3')." >&2
    echo "On Debian 12 or newer: apt-get install python3 python3-venv; or name one: make setup PYTHON=/path/to/python3.12" >&2
    exit 1
fi

if "$chosen" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    "$chosen" -m venv .venv
elif "$chosen" -m virtualenv --version >/dev/null 2>&1; then
    "$chosen" -m virtualenv --quiet .venv
elif "$chosen" -m pip --version >/dev/null 2>&1; then
    # Debian keeps venv in a package of its own; virtualenv brings the same without touching the system.
    borrowed=$(mktemp -d)
    trap 'rm -rf "$borrowed"' EXIT
    "$chosen" -m pip install --quiet --disable-pip-version-check --target "$borrowed" virtualenv
    PYTHONPATH="$borrowed" "$chosen" -m virtualenv --quiet .venv
else
    echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv, then run make again." >&2
    exit 1
fi
