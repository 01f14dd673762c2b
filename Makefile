# Everything a developer or a newcomer needs; each target makes .venv first when it is missing.
PYTHON ?= python3
BIN := .venv/bin
UV ?= $(shell command -v uv 2>/dev/null || echo $(BIN)/uv)
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE := $(UV) pip compile $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --quiet
SERVER := excel mysql postgres reports timestamp web

.DEFAULT_GOAL := help
.PHONY: help demo test chaos soak bench lint types lock catalogues schemas hooks wheel

help:
	@echo "make demo        set up, then show the whole thing on this machine"
	@echo "make test        set up, then run all tests"
	@echo "make chaos       kill the agent a hundred times under every fault; prints figures (CHAOS=--help for options)"
	@echo "make soak        weeks of the service in minutes, by a clock that is moved; prints figures (SOAK=--help for options)"
	@echo "make bench       how fast messages go up beside bare httpx, and what a large stock costs (BENCH=--help for options)"
	@echo "make lint        style and format        make types       static types"
	@echo "make catalogues  find new sentences, update and compile the Vietnamese catalogue"
	@echo "make schemas     write the JSON Schemas that are made from the code and the manual"
	@echo "make wheel       build the installable file into dist/"
	@echo "make hooks       check style, types and sentences before every commit"
	@echo "make lock        pin every dependency with its hash (needs uv; UPGRADE=--upgrade for newer versions)"

demo: .venv/.runtime
	$(BIN)/sync-agent demo --faults

test: .venv/.dev
	$(BIN)/python -m pytest --quiet -n auto --maxprocesses 8

chaos: .venv/.dev
	$(BIN)/python -m tests.chaos.chaos $(CHAOS)

soak: .venv/.dev
	$(BIN)/python -m tests.chaos.soak $(SOAK)

bench: .venv/.dev
	$(BIN)/python -m tests.benchmarks.bench $(BENCH)

schemas: .venv/.dev
	$(BIN)/python tools/schemas.py

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev
	$(BIN)/mypy

catalogues: .venv/.dev
	$(BIN)/python tools/catalogues.py

wheel: .venv/.runtime
	$(BIN)/hatchling build --target wheel --directory dist

hooks: .venv/.dev
	$(BIN)/pre-commit install

lock:
	$(COMPILE) pyproject.toml --output-file requirements/runtime.lock
	$(COMPILE) pyproject.toml --extra dev --constraints requirements/runtime.lock --output-file requirements/dev.lock
	$(COMPILE) pyproject.toml $(SERVER:%=--extra %) --constraints requirements/runtime.lock --output-file requirements/server.lock
	$(COMPILE) --group build --output-file requirements/build.lock

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3 ..."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements/runtime.lock requirements/build.lock pyproject.toml | .venv/bin/python
	$(PIP_INSTALL) --require-hashes --requirement requirements/runtime.lock --requirement requirements/build.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements/dev.lock .venv/.runtime
	$(PIP_INSTALL) --require-hashes --requirement requirements/dev.lock
	@touch $@
