# Plain commands stand beside these in the README.
PYTHON ?= python3
PORT ?= 8000
WORKERS ?= 2
PEERS := bench/.peers
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
.DEFAULT_GOAL := help

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 14

run: install ## Set up and serve, with a demo account and document
	@$(MANAGE) setup_demo -v0
	@exec $(MANAGE) serve --port $(PORT)

run-cluster: .venv/.runtime ## Serve with WORKERS=2 processes on PostgreSQL and Redis
	@exec $(MANAGE) run_cluster --port $(PORT) --workers $(WORKERS)

install: .venv/.runtime ## Install what serving needs; bring the database up to date
	@$(MANAGE) migrate -v0

test: .venv/.tools ## Set up and pass the tests
	$(BIN)/python -m pytest
	@if command -v npm >/dev/null; then \
		$(MAKE) --no-print-directory editor/node_modules/.stamp && cd editor && npm test; \
	else \
		echo "The tests of the editor's own parts were NOT RUN: they need npm (Node 20 or later)."; \
		test -z "$$CI"; \
	fi

check: .venv/.tools editor/node_modules/.stamp ## Style, types, layers, words; the bundle is what its source says
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	cd editor && npm run --silent lint && npm run --silent typecheck
	$(MAKE) --no-print-directory build
	git diff --exit-code --stat -- static/editor
	@test -z "$$(git status --porcelain -- static/editor)"

build: editor/node_modules/.stamp ## Build the editor's bundle into static/editor
	cd editor && npm run --silent build

format: .venv/.tools editor/node_modules/.stamp ## Put everything in the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd editor && npm run --silent format

bench: .venv/.runtime $(PEERS)/.stamp ## Measure against the peers: BENCH="--only a,c", …
	$(PEERS)/venv/bin/python -m bench $(BENCH)

bench-quick: .venv/.runtime $(PEERS)/.stamp ## The same, small, in a few minutes
	$(PEERS)/venv/bin/python -m bench --quick $(BENCH)

soak: .venv/.runtime $(PEERS)/.stamp ## An hour of writing while things break: SOAK_MINUTES=60
	$(PEERS)/venv/bin/python -m bench.soak $(SOAK)

clean: ## Remove what was installed and made; data stay
	rm -rf .venv staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf editor/node_modules tests/system/node_modules

.venv/.runtime: requirements.txt
	@echo "Installing (once)…"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/.tools: requirements.txt requirements-dev.txt | .venv/.runtime
	@echo "Installing the tools of tests and checks (once)…"
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(PEERS)/.stamp: bench/requirements.txt bench/peers/package.json
	@echo "Installing what Scriptorium is measured against, into $(PEERS) (once)…"
	$(PYTHON) -m venv $(PEERS)/venv
	$(PEERS)/venv/bin/python -m pip install -q --disable-pip-version-check -r bench/requirements.txt
	mkdir -p $(PEERS)/node && cp bench/peers/package.json $(PEERS)/node/
	cd $(PEERS)/node && npm install --ignore-scripts --no-audit --no-fund --no-package-lock
	@touch $@

%/node_modules/.stamp: %/package.json %/package-lock.json
	@# Not `npm ci`: it refuses a lock file made where a registry lacks other systems' binaries.
	cd $* && npm install --no-save --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: help run run-cluster install test check build format bench bench-quick soak clean
