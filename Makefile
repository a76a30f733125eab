# Plain commands stand beside these in the README.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
DATA_DIR ?= data
WORKERS ?= 2
TEST_JOBS ?= 2
PEERS := bench/.peers
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
.DEFAULT_GOAL := help

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  \1\t/' | expand -t 14

# -- to use it ---------------------------------------------------------------------------------

run: install ## Set up and serve, with demo accounts and a document (HOST=, PORT=)
	@$(MANAGE) setup_demo -v0
	@exec $(MANAGE) serve --host $(HOST) --port $(PORT)

run-cluster: .venv/.runtime ## Serve with WORKERS=2 processes on PostgreSQL and Redis
	@exec $(MANAGE) run_cluster --port $(PORT) --workers $(WORKERS)

install: .venv/.runtime $(DATA_DIR)/static/.stamp ## Install what serving needs; bring the database up to date
	@$(MANAGE) migrate -v0

# -- to change it ------------------------------------------------------------------------------

dev: install ## Serve with reload at every change of Python (daphne's runserver)
	@$(MANAGE) setup_demo -v0
	@$(MANAGE) runserver $(HOST):$(PORT)

# Each test belongs to one part; all parts run, whichever fails. Servers and browsers mostly wait, so one worker more.
TEST_PARTS := test-units test-servers test-alone test-editor
test: .venv/.tools ## Set up and pass all tests, in parts; what cannot run here is named (TEST_JOBS=2)
	@failed=""; for part in $(TEST_PARTS); do \
		$(MAKE) --no-print-directory $$part || failed="$$failed $$part"; \
	done; \
	test -z "$$failed" || { echo "Failed:$$failed"; exit 1; }

test-units: .venv/.tools ## The tests that need no server, browser or Node
	$(BIN)/python -m pytest -n $(TEST_JOBS) --dist worksteal -m "not system and not e2e and not alone"

test-servers: .venv/.tools ## Servers, databases and browsers; each file in one worker
	$(BIN)/python -m pytest -n $$(($(TEST_JOBS) + 1)) --dist loadfile -m "(system or e2e) and not alone"

test-alone: .venv/.tools ## Those that compare times, one after the other
	$(BIN)/python -m pytest -m alone

test-editor: ## The editor's own parts
	@if command -v npm >/dev/null; then \
		$(MAKE) --no-print-directory editor/node_modules/.stamp && cd editor && npm test; \
	else \
		echo "The tests of the editor's own parts were NOT RUN: they need npm (Node 20 or later)."; \
		test -z "$$CI"; \
	fi

test-fast: test-units ## Another name for test-units

e2e: .venv/.tools ## The tests in real browsers
	$(BIN)/python -m pytest tests/e2e

check: lint types arch bundle ## Style, types, layers, words; the bundle is what its source says

lint: .venv/.tools editor/node_modules/.stamp ## Style and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	cd editor && npm run --silent lint

types: .venv/.tools editor/node_modules/.stamp ## Types of Python and TypeScript
	$(BIN)/mypy
	cd editor && npm run --silent typecheck

arch: .venv/.tools ## Who may import whom
	$(BIN)/lint-imports

format: .venv/.tools editor/node_modules/.stamp ## Put everything in the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd editor && npm run --silent format

# -- what is made from something else, and committed -------------------------------------------

editor: editor/node_modules/.stamp ## Build the editor's bundle into static/editor
	cd editor && npm run --silent build

bundle: editor/node_modules/.stamp ## Build it beside and compare: the committed one must be equal
	cd editor && npm run --silent build -- --outDir ../.bundle --emptyOutDir
	diff -r .bundle static/editor
	@rm -rf .bundle

vectors: tests/system/node_modules/.stamp ## Write the test vectors with real Yjs and y-protocols
	cd tests/system && node vectors.mjs ../vectors

openapi: .venv/.tools ## Write the description of the REST interface
	$(MANAGE) spectacular --format openapi-json --file collab/api/openapi.json

# -- to measure it ------------------------------------------------------------------------------

bench: .venv/.runtime $(PEERS)/.stamp ## Measure against the peers: BENCH="--only a,c", …
	$(PEERS)/venv/bin/python -m bench $(BENCH)

bench-quick: .venv/.runtime $(PEERS)/.stamp ## The same, small, in a few minutes
	$(PEERS)/venv/bin/python -m bench --quick $(BENCH)

bench-scrub: .venv/.tools ## Measure looking back on the document of 260,000 edits: TRACES_DIR=…
	$(BIN)/python -m bench.scrub $(SCRUB)

bench-home: .venv/.runtime ## Home page and search with 10,000 documents, on SQLite and PostgreSQL
	$(BIN)/python -m bench.home $(BENCH)

soak: .venv/.runtime $(PEERS)/venv/.stamp ## An hour of writing while things break: SOAK_MINUTES=60
	$(PEERS)/venv/bin/python -m bench.soak $(SOAK)

clean: ## Remove what was installed and made; data stay
	rm -rf .venv .bundle staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf editor/node_modules tests/system/node_modules

# -- what the targets stand on -----------------------------------------------------------------

.venv/.runtime: requirements.txt
	@echo "Installing (once)…"
	$(PYTHON) -m venv .venv
	$(PIP) -r requirements.txt
	@touch $@

.venv/.tools: requirements.txt requirements-dev.txt | .venv/.runtime
	@echo "Installing the tools of tests and checks (once)…"
	$(PIP) -r requirements-dev.txt
	@touch $@

$(DATA_DIR)/static/.stamp: .venv/.runtime $(shell find static -type f)
	@$(MANAGE) collectstatic --noinput -v0
	@touch $@

$(PEERS)/venv/.stamp: bench/requirements-soak.txt
	@echo "Installing what makes load, into $(PEERS) (once)…"
	$(PYTHON) -m venv $(PEERS)/venv
	$(PEERS)/venv/bin/python -m pip install -q --disable-pip-version-check -r bench/requirements-soak.txt
	@touch $@

$(PEERS)/.stamp: bench/requirements.txt bench/peers/package.json $(PEERS)/venv/.stamp
	@echo "Installing what Scriptorium is measured against, into $(PEERS) (once)…"
	$(PEERS)/venv/bin/python -m pip install -q --disable-pip-version-check -r bench/requirements.txt
	mkdir -p $(PEERS)/node && cp bench/peers/package.json $(PEERS)/node/
	cd $(PEERS)/node && npm install --ignore-scripts --no-audit --no-fund --no-package-lock
	@touch $@

%/node_modules/.stamp: %/package.json %/package-lock.json
	@# Not `npm ci`: it refuses a lock file made where a registry lacks other systems' binaries.
	cd $* && npm install --no-save --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: help run run-cluster install dev test test-units test-servers test-alone test-editor test-fast e2e check lint types arch format editor bundle vectors openapi bench bench-quick bench-scrub bench-home soak clean
