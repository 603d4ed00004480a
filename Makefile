# Each target installs what it needs. `make help` lists the targets.

HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
EXAMPLE := examples/triage
EXAMPLE_PORT ?= 5173
PIP_INSTALL := $(BIN)/pip --quiet --disable-pip-version-check install
AUDIT := .venv-audit
MIN_COVERAGE ?= 90
OPENAPI_DIR := $(or $(DEXTER_OPENAPI_DIR),../shared/sentry)
OPENAPI_FILES := openapi.json openapi-alerts-legacy.json operations-2026-11.json
# Tests wait for processes, sockets and clocks a third of their time: three workers keep two cores busy.
PYTEST_ARGS ?= -n 3 --dist worksteal

# The first Python 3.11 or newer that runs; a name on the PATH may be a shim without an interpreter behind it.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help install dev tools console run example test test-long drills bench bench-live check schema lock audit parity clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# pip cannot check hashes of an editable install, so the locked requirements come first.
$(VENV)/installed: $(BIN)/python pyproject.toml constraints.txt
	$(PIP_INSTALL) --require-hashes --requirement constraints.txt
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev-installed: $(VENV)/installed constraints-dev.txt
	$(PIP_INSTALL) --require-hashes --requirement constraints.txt --requirement constraints-dev.txt
	@touch $@

install: $(VENV)/installed ## Create the virtual environment and install Dexter into it

dev: $(VENV)/dev-installed

# Without Node.js the page loads the same files from the network and shows a notice.
console: ## Build the GraphiQL page if Node.js is installed
	@if command -v npm >/dev/null 2>&1; then $(MAKE) --no-print-directory dexter_graphql/console/build/built; \
	else echo "Node.js is not there: GraphiQL will be loaded from the network"; fi

dexter_graphql/console/build/built: web/build.mjs dexter_graphql/console/assets.json
	node web/build.mjs
	@touch $@

run: install console ## Serve with the embedded sandbox on http://127.0.0.1:8000/graphql (PORT=, HOST=)
	$(BIN)/dexter serve --sandbox --host $(HOST) --port $(PORT)

$(EXAMPLE)/node_modules/.package-lock.json: $(EXAMPLE)/package-lock.json
	@command -v npm >/dev/null 2>&1 || { echo "Node.js 20.19 or newer is needed"; exit 1; }
	npm --prefix $(EXAMPLE) ci --silent

$(EXAMPLE)/dist/index.html: $(EXAMPLE)/node_modules/.package-lock.json schema.graphql \
		$(filter-out %/package-lock.json,$(wildcard $(EXAMPLE)/*.* $(EXAMPLE)/src/*.* examples/resume/*.mjs))
	npm --prefix $(EXAMPLE) run --silent build

example: install $(EXAMPLE)/dist/index.html ## Serve examples/triage with the embedded sandbox on http://127.0.0.1:5173
	@PORT=$(PORT) EXAMPLE_PORT=$(EXAMPLE_PORT) scripts/example $(BIN)/dexter

tools: ## Install the system packages that the tests need (root on a Debian-like system)
	@scripts/system-tools

tests/node/node_modules/.package-lock.json: tests/node/package-lock.json
	npm --prefix tests/node ci --silent

test: dev tools ## Run all tests
	$(MAKE) --no-print-directory console tests/node/node_modules/.package-lock.json $(EXAMPLE)/dist/index.html
	rm -f .coverage .coverage.*
	$(BIN)/python -m pytest $(PYTEST_ARGS) --cov --cov-report=term:skip-covered --cov-fail-under=$(MIN_COVERAGE)

test-long: dev tools ## Run the property tests with thousands of examples each
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -q tests/property tests/security/test_odd_input.py

drills: dev tools ## Run all fault drills at full size, about ten minutes
	@for name in stampede limit outage flaky dashboard cancellations drops live_queries takeover memory redis write_then_read; do \
		$(BIN)/dexter drill $$name || exit 1; done

bench: install ## Measure CPU time per request and compare it with other servers, about five minutes
	$(BIN)/python -m benchmarks

bench-live: install ## Measure live streams with thousands of subscribers and killed servers, about fifteen minutes
	$(BIN)/python -m benchmarks.live deliveries
	$(BIN)/python -m benchmarks.live subscribers

check: dev ## Lint code and schema, type-check, check the layers and that schema.graphql is up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/dexter schema --check
	$(BIN)/python -m pytest -q tests/contract/test_schema_lint.py

# The published API is Sentry's and no part of the project.
parity: dev ## Write docs/parity.md (DEXTER_OPENAPI_DIR names the folder of Sentry's OpenAPI documents)
	$(BIN)/python -m pytest -q -n 0 --junitxml=.parity.xml tests/parity/test_cases.py
	$(BIN)/dexter parity --results .parity.xml --markdown docs/parity.md \
		$(foreach name,$(OPENAPI_FILES),--openapi $(OPENAPI_DIR)/$(name))
	rm .parity.xml

schema: dev ## Regenerate schema.graphql
	$(BIN)/dexter schema --output schema.graphql

lock: ## Lock versions and hashes of all dependencies (LOCK_ARGS=--upgrade moves to newer ones)
	PYTHON="$(PYTHON)" scripts/lock $(LOCK_ARGS)

# pip-audit reads the advisories of the public Python package index; it fails for packages it cannot look up there.
audit: ## Look up the locked versions in the database of known vulnerabilities (optional, needs the network)
	@test -x $(AUDIT)/bin/pip-audit || { $(PYTHON) -m venv $(AUDIT) && \
		$(AUDIT)/bin/pip --quiet --disable-pip-version-check install 'pip-audit>=2.10,<3'; }
	$(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes \
		--requirement constraints.txt --requirement constraints-dev.txt

clean: ## Remove everything that the other targets created
	rm -rf $(VENV) $(AUDIT) tests/node/node_modules dexter_graphql/console/build .coverage .coverage.*
	rm -rf $(EXAMPLE)/node_modules $(EXAMPLE)/dist $(EXAMPLE)/src/gql
