# Two commands are enough: `make run` and `make test`. Everything lives in .venv/ and var/.
.DEFAULT_GOAL := help
.PHONY: help setup run test check bench cluster clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Files of tests are shared out to as many processes as there are cores; more than four gain little.
# In the order of tests/conftest.py: reordered, the file with the fewest tests would come last, however long they take.
TESTS := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
DEV_STAMP := $(VENV)/.installed-dev

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## Install into .venv

run: $(STAMP) ## Install, build the index, serve on 127.0.0.1
	@$(BIN)/kb-assist index
	@exec $(BIN)/kb-assist serve --demo

test: $(DEV_STAMP) ## Install and run the tests
	$(TESTS)

check: $(DEV_STAMP) ## Tests, linters, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(TESTS)

bench: $(DEV_STAMP) ## Measure; results belong into docs/performance.md
	$(BIN)/python -m bench

cluster: $(DEV_STAMP) ## Three nodes on PostgreSQL, and a ticket's story through them
	$(BIN)/python -m bench.cluster

clean: ## Remove what was installed and built (articles stay)
	rm -rf $(VENV) var build dist

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "kb-assist needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# torch goes first: a bare range would take the build with several gigabytes of GPU libraries.
$(STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing; this takes a few minutes the first time …"
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -c constraints.txt torch
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -c constraints.txt -e .
	@touch $@

$(DEV_STAMP): $(STAMP)
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -c constraints.txt -e ".[dev]"
	@touch $@
