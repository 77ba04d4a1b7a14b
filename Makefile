# Two commands: `make demo` to see it, `make test` to check it. Everything lands in .venv.
#   make demo PORT=8010 INSTANCE=./elsewhere
#   make test ARGS="tests/plugins -k zoom"

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test lint conformance screenshots clean prerequisites

PYTHON ?= python3
PORT ?= 8000
INSTANCE ?= ./instance
ARGS ?=
SUITE ?=
DATABASE_URL ?=
CHROMIUM := /usr/bin/chromium

BIN := .venv/bin
INSTALLED := .venv/installed
FOR_TESTS := .venv/installed-for-tests

help:
	@echo "make demo         an instance with samples, served on 127.0.0.1 (PORT=8000 INSTANCE=./instance)"
	@echo "make test         every test (ARGS= goes to pytest)"
	@echo "make lint         format, style, types, layers"
	@echo "make conformance  the public xAPI suite, checked out elsewhere (SUITE=path DATABASE_URL=)"
	@echo "make screenshots  the pictures in docs/images, from a demo instance of their own"
	@echo "make clean        remove .venv and what tools leave behind; instances stay"

demo: $(INSTALLED)
	@BYWAY_INSTANCE="$(INSTANCE)" BYWAY_PUBLIC_URL="http://127.0.0.1:$(PORT)" \
		exec $(BIN)/byway demo --port "$(PORT)"

test: $(FOR_TESTS)
	@test -x $(CHROMIUM) || echo "There is no $(CHROMIUM): browser tests are skipped. (Debian: apt install chromium)"
	@$(BIN)/python -m pytest $(ARGS)

lint: $(FOR_TESTS)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# ARGS="--versions 1.0.3 --grep XAPI-00333 --json report.json" goes to the script.
conformance: $(FOR_TESTS)
	@test -n "$(SUITE)" || { \
		echo "Say where github.com/adlnet/lrs-conformance-test-suite is checked out:" >&2; \
		echo "make conformance SUITE=../lrs-conformance-test-suite" >&2; exit 1; }
	@$(BIN)/python bench/conformance.py --suite "$(SUITE)" \
		$(if $(DATABASE_URL),--database-url "$(DATABASE_URL)") $(ARGS)

screenshots: $(FOR_TESTS)
	@$(BIN)/python docs/screenshots.py

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment: made once, brought up to date when pyproject.toml changes -----------------

prerequisites:
	@command -v $(PYTHON) >/dev/null || { \
		echo "$(PYTHON) is missing. Byway needs Python 3.11 or newer." >&2; \
		echo "Debian: apt install python3 python3-venv make" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$$($(PYTHON) --version) is too old. Byway needs Python 3.11 or newer." >&2; \
		echo "Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "Python's venv module is missing." >&2; \
		echo "Debian: apt install python3-venv" >&2; exit 1; }

# A .venv that was moved, or whose Python is gone, is made again.
.venv/pyvenv.cfg: | prerequisites
	@echo "Making .venv"
	@$(PYTHON) -m venv --clear .venv

$(INSTALLED): .venv/pyvenv.cfg pyproject.toml
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@echo -n "Installing Byway; each dot is a package "
	@$(call install,.)
	@touch $@

$(FOR_TESTS): .venv/pyvenv.cfg pyproject.toml
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@echo -n "Installing Byway and the tools of its tests; each dot is a package "
	@$(call install,.[test])
	@touch $@ $(INSTALLED)

# pip's own words are kept back; its errors are not.
define install
$(BIN)/python -m pip install --disable-pip-version-check --editable '$(1)' | { \
	while IFS= read -r line; do \
		case "$$line" in Collecting*) echo -n . ;; Installing*) echo -n " putting them in place" ;; esac; \
	done; echo; }
endef
