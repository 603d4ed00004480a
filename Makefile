# Every target does all of its own set-up. `make help` lists them.

HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
MIN_COVERAGE ?= 90
PYTEST_ARGS ?= -n 2 --dist worksteal

# The first Python that runs and is new enough; names on the PATH may be shims that do not.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help install dev tools console run test test-long drills bench check schema clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/dev-installed: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/installed

install: $(VENV)/installed ## Make the virtual environment and install Dexter into it

dev: $(VENV)/dev-installed

# Without Node.js the page loads the same files from the network and says so.
console: ## Build the GraphiQL page, when Node.js is there
	@if command -v npm >/dev/null 2>&1; then $(MAKE) --no-print-directory dexter_graphql/console/build/built; \
	else echo "Node.js is not there: GraphiQL will be loaded from the network"; fi

dexter_graphql/console/build/built: web/build.mjs dexter_graphql/console/assets.json
	node web/build.mjs
	@touch $@

run: install console ## Serve with the embedded sandbox on http://127.0.0.1:8000/graphql (PORT=, HOST=)
	$(BIN)/dexter serve --sandbox --host $(HOST) --port $(PORT)

tools: ## Install what the tests need of the system (root on a Debian-like system)
	@scripts/system-tools

tests/node/node_modules/.package-lock.json: tests/node/package-lock.json
	npm --prefix tests/node ci --silent

test: dev tools ## Run all tests
	$(MAKE) --no-print-directory console tests/node/node_modules/.package-lock.json
	rm -f .coverage .coverage.*
	$(BIN)/python -m pytest $(PYTEST_ARGS) --cov --cov-report=term:skip-covered --cov-fail-under=$(MIN_COVERAGE)

test-long: dev tools ## Look longer: thousands of examples each, and both engines on random documents
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -q tests/property

drills: dev tools ## Run all fault drills in their full forms, about ten minutes
	@for name in stampede limit outage flaky dashboard cancellations memory redis write_then_read; do \
		$(BIN)/dexter drill $$name || exit 1; done

bench: install ## Measure processor time per request beside other servers, about five minutes
	$(BIN)/python -m benchmarks

check: dev ## Lint, types, import contract, and whether schema.graphql is what the code says
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/dexter schema --check

schema: dev ## Write schema.graphql anew
	$(BIN)/dexter schema --output schema.graphql

clean: ## Remove what the other targets made
	rm -rf $(VENV) tests/node/node_modules dexter_graphql/console/build .coverage .coverage.*
