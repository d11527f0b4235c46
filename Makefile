# Duban (督办). Every target sets up all that it needs, once: Python 3.11 or newer and make are enough.
#   make run     the service with the city's plan and a demonstration year (Ctrl-C stops it)
#   make test    the tests            make check   lint, format, types, schema drift
#   make bench   measurements         make lock    requirements.txt anew from pyproject.toml
# PORT, DUBAN_DATA and the other settings come from the environment or as arguments: make run PORT=9000

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup run test check format bench lock

BIN := .venv/bin
READY := .venv/.ready
PYTHON = $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; \
	done)
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet
# What make was given for one target, such as ARGS="-k ledger" for the tests.
ARGS :=

help:
	@sed -n '2,6s/^# \{0,1\}//p' Makefile

setup: $(READY)

$(READY): requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed (Debian: python3-venv)" >&2; exit 2; }
	@echo "Setting up .venv with $(PYTHON), once"
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@$(PIP) --require-hashes --only-binary :all: -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

run: $(READY)
	@exec $(BIN)/duban serve --demonstration $(ARGS)

# Files in the order of tests/conftest.py, the longest first. The tests start Python a hundred times: it keeps what
# it has compiled, whatever the environment says.
test: $(READY)
	@PYTHONDONTWRITEBYTECODE= exec $(BIN)/python -m pytest -n logical --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/duban schema --check

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	@exec $(BIN)/duban bench $(ARGS)

# The lock names versions and hashes only: where packages come from is the machine's business.
LOCK = $(CURDIR)/build/lock/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options pyproject.toml

lock:
	@test -x build/lock/bin/pip-compile || { $(PYTHON) -m venv build/lock && build/lock/bin/pip install --quiet pip-tools; }
	CUSTOM_COMPILE_COMMAND="make lock" $(LOCK) --all-extras --output-file requirements.txt $(ARGS)
	CUSTOM_COMPILE_COMMAND="make lock" $(LOCK) --constraint requirements.txt --output-file requirements-service.txt $(ARGS)
