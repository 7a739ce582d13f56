# Every command that a person types here. `make` alone lists them.
#
# The law: a command brings what it needs, or says in one line what is missing. Nothing here names a
# registry or a folder of one machine: where packages come from is the machine's own setting.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
# Touched when the environment is whole: a lock that is newer makes it again.
MADE := .venv/.made

# Tests at the same time: one more than two cores, since a test waits for disks and browsers too.
TEST_WORKERS ?= 3
# What `make soak` allows one test, in seconds.
SOAK_TIMEOUT ?= 7200

.PHONY: help env demo test check format soak bench lock clean tools bench-tools

help: ## this list
	@grep -hE '^[a-z-]+:.* ## ' Makefile | sed -E 's/^([a-z-]+):.* ## /\1\t/' | expand -t 14

env: $(MADE) ## make .venv from the hash-locked requirements; instant when nothing changed

$(MADE): requirements/dev.txt requirements/run.txt requirements/run.in \
    requirements/terminal.in pyproject.toml \
    requirements/browser/package-lock.json requirements/browser/files.toml
	@if [ ! -x $(BIN)/pip ]; then \
	    command -v $(PYTHON) >/dev/null \
	        || { echo "make env: $(PYTHON) is not on PATH; name another: make env PYTHON=python3.12" >&2; exit 1; }; \
	    $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	        || { echo "make env: Python 3.11 or newer is needed, this is $$($(PYTHON) -V 2>&1); name another: make env PYTHON=python3.12" >&2; exit 1; }; \
	    $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	        || { echo "make env: this Python cannot make environments; install its venv package (python3-venv on Debian)" >&2; exit 1; }; \
	    echo "Making .venv with $$($(PYTHON) -V)"; \
	    $(PYTHON) -m venv --clear .venv; \
	fi
	@echo "Installing the locked requirements"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python requirements/browser/install.py
	@touch $(MADE)

demo: env ## load a demo county and serve it on port 8000
	@exec $(BIN)/cjeune demo --data-dir var/demo --port 8000

test: env tools ## the whole test suite, without the long versions
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) -m "not soak"

check: env ## format, lint, types, imports, tests (the tidy ones among them)
	@echo "format";  $(BIN)/ruff format --check --quiet . || { echo "make check: run make format" >&2; exit 1; }
	@echo "lint";    $(BIN)/ruff check --quiet .
	@echo "types";   $(BIN)/mypy
	@echo "imports"; $(BIN)/lint-imports
	@echo "tests";   $(MAKE) test

format: env ## lay the code out and sort its imports
	@$(BIN)/ruff check --quiet --select I --fix .
	@$(BIN)/ruff format .

soak: env tools ## the long versions of the tests (hours)
	@$(BIN)/python -m pytest -m soak --timeout $(SOAK_TIMEOUT)

bench: env bench-tools ## measure, each figure beside its yardstick
	@exec $(BIN)/cjeune bench

lock: env ## write the versions down with their hashes (newer ones: LOCK_OPTIONS=--upgrade)
	@for name in run terminal dev; do \
	    $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	        --no-emit-index-url --no-emit-find-links -q --custom-compile-command "make lock" \
	        $(LOCK_OPTIONS) requirements/$$name.in -o requirements/$$name.txt; \
	done

clean: ## remove the environment and every cache; data in var/ stays
	@rm -rf .venv *.egg-info build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

# Tests read our PDFs with poppler, as a person's viewer would, and pages in a real browser.
tools:
	@$(call bring,pdftotext,poppler-utils)
	@$(call bring,pdftoppm,poppler-utils)
	@$(call bring,chromium,chromium)
	@($(call bring,chromium-headless-shell,chromium-headless-shell)) 2>/dev/null \
	    || echo "make: chromium-headless-shell is missing; the tests take chromium, which is slower"
	@$(call bring,openssl,openssl)

# The load of `cjeune bench`.
bench-tools:
	@$(call bring,wrk,wrk)

# $(call bring,COMMAND,DEBIAN PACKAGE): nothing when the command is there.
define bring
command -v $(1) >/dev/null || { \
    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
        echo "Installing $(2)"; \
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null; \
    else \
        echo "make: $(1) is missing; install the package $(2)" >&2; exit 1; \
    fi; }
endef
