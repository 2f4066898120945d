# Candor. `make` lists the words.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SILENT:
MAKEFLAGS += --no-print-directory

UV_VERSION := 0.13.9
PY := .venv/bin/python
# The newest Python that is here, 3.11 or later.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BUF := PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/buf
SOURCES := services gateway mesh tests
LOCK := .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header
STAMP := .venv/.installed
NODE_STAMP := web/node_modules/.installed
WEB_STAMP := web/dist/index.html
WEB_SOURCES := $(shell find web/src web/public clients/typescript/src -type f 2>/dev/null) $(wildcard web/*.html web/*.ts web/*.json)

##@ People
.PHONY: help
help: ## this list
	awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: setup ## sets everything up and serves Candor with a sample database on http://localhost:8080
	exec $(PY) -m services

.PHONY: demo
demo: setup ## starts, asks the sample a few questions, shows steps, SQL, checks and rows, stops
	$(PY) -m services.cli.demo

.PHONY: test
test: setup browser ## sets everything up and passes every test
	npm --prefix web run --silent test
	$(PY) -m pytest -q -n 2 --dist loadgroup

.PHONY: setup
setup: $(STAMP) $(WEB_STAMP) ## only the set-up: .venv with candor in it, and the web build

##@ Engineers
.PHONY: check
check: setup format-check lint types architecture contracts unit check-generated ## the inner loop, under a minute

.PHONY: format
format: $(STAMP) ## lets the formatters decide
	$(PY) -m ruff check -q --fix-only $(SOURCES)
	$(PY) -m ruff format -q $(SOURCES)
	$(BUF) format -w protos

.PHONY: format-check
format-check:
	$(PY) -m ruff format --check -q $(SOURCES)
	$(BUF) format -d --exit-code protos

.PHONY: lint
lint: $(NODE_STAMP)
	$(PY) -m ruff check -q $(SOURCES)
	npm --prefix web run --silent lint

.PHONY: types
types: $(NODE_STAMP)
	$(PY) -m mypy services gateway mesh
	npm --prefix web run --silent typecheck

.PHONY: architecture
architecture:
	.venv/bin/lint-imports --no-timing-report 2>/dev/null || .venv/bin/lint-imports

.PHONY: contracts
contracts:
	$(BUF) lint
	if git rev-parse -q --verify main >/dev/null; then $(BUF) breaking --against '.git#branch=main'; fi

.PHONY: unit
unit:
	HYPOTHESIS_PROFILE=quick $(PY) -m pytest -q -n 2 -m "not slow" tests/unit tests/contract
	npm --prefix web run --silent test

.PHONY: generate
generate: $(STAMP) $(NODE_STAMP) ## makes the stubs, the edge's descriptors and the OpenAPI document again
	$(BUF) generate
	find clients/python -name '*_pb2_grpc.pyi' | while read -r stub; do [ -e "$${stub%i}" ] || rm "$$stub"; done
	$(BUF) generate --template buf.gen.typescript.yaml
	$(BUF) build -o mesh/edge/descriptors.binpb --as-file-descriptor-set
	$(PY) -m mesh.edge.openapi gateway/openapi.json

.PHONY: check-generated
check-generated: generate
	git diff --exit-code --stat -- clients mesh/edge/descriptors.binpb gateway/openapi.json || { echo "Generated code is stale: commit what \`make generate\` made."; exit 1; }

.PHONY: lock
lock: $(STAMP) ## chooses versions again, within pyproject.toml, and pins them with hashes
	$(LOCK) --extra dev pyproject.toml -o requirements.lock
	$(LOCK) --extra train -c requirements.lock pyproject.toml -o requirements.train.lock

.PHONY: bench
bench: setup ## the benchmarks, each a ratio measured in one run: make bench [ONLY=name]
	PYTHONPATH=tests $(PY) -m bench $(ONLY)

.PHONY: screens
screens: setup browser ## screenshots of every page into docs/screens/
	PYTHONPATH=tests $(PY) -m screens

.PHONY: clean
clean: ## removes what setup made
	rm -rf .venv web/node_modules web/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# What the words above need.

$(STAMP): requirements.lock pyproject.toml
	test -n "$(PYTHON)" || { echo "Candor needs Python 3.11 or later on PATH."; exit 1; }
	test -x $(PY) || $(PYTHON) -m venv .venv || { echo "Python's venv module is missing: install python3-venv."; exit 1; }
	.venv/bin/uv --version 2>/dev/null | grep -q " $(UV_VERSION)\b" || $(PY) -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	echo "Installing Python packages …"
	# Compiled now, every start is seconds sooner, also where Python is told to write no bytecode.
	.venv/bin/uv pip sync -q --compile-bytecode --python $(PY) requirements.lock
	$(PY) -m ensurepip -q >/dev/null 2>&1 || true
	.venv/bin/uv pip install -q --python $(PY) uv==$(UV_VERSION)
	.venv/bin/uv pip install -q --python $(PY) --no-deps --no-build-isolation -e .
	$(PY) -m compileall -q services gateway mesh clients/python
	touch $@

$(NODE_STAMP): web/package-lock.json
	command -v npm >/dev/null && node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' || { echo "Candor's web app needs Node 20 or later on PATH."; exit 1; }
	echo "Installing web packages …"
	npm --prefix web ci --silent --no-audit --no-fund
	touch $@

$(WEB_STAMP): $(NODE_STAMP) $(WEB_SOURCES)
	echo "Building the web app …"
	npm --prefix web run --silent build -- --logLevel warn
	touch $@

.PHONY: browser
browser: $(STAMP)
	command -v chromium chromium-browser google-chrome >/dev/null || .venv/bin/playwright install chromium || echo "No Chromium: the browser tests will be skipped."
