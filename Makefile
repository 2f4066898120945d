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
SOURCES := services gateway mesh docker monitoring terraform tests
LOCK := .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header
STAMP := .venv/.installed
SPARK_STAMP := .venv/.spark
NODE_STAMP := web/node_modules/.installed
CLIENT_STAMP := clients/typescript/node_modules/.installed
WEB_STAMP := web/dist/index.html
WEB_SOURCES := $(shell find web/src web/public clients/typescript/src -type f 2>/dev/null) $(wildcard web/*.html web/*.ts web/*.json)

##@ People
.PHONY: help
help: ## this list
	awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: setup ## sets everything up and serves Candor with a sample database on http://localhost:8080
	exec $(PY) -m services

.PHONY: mesh
mesh: setup ## the same as a mesh: an Envoy beside every service, mutual TLS between them
	exec $(PY) -m services --mesh

.PHONY: demo
demo: setup ## starts, asks the sample a few questions, shows steps, SQL, checks and rows, stops
	$(PY) -m services.cli.demo

.PHONY: test
test: setup browser spark programs $(CLIENT_STAMP) ## sets everything up and passes every test
	npm --prefix web run --silent test
	npm --prefix clients/typescript run --silent test
	$(PY) -m pytest -q -n 2 --dist loadgroup

.PHONY: mesh-test
mesh-test: setup browser ## the mesh's own tests, and the system tests through the mesh
	CANDOR_MESH=1 $(PY) -m pytest -q -n 2 --dist loadgroup tests/mesh tests/system

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
	web/node_modules/.bin/prettier --config web/.prettierrc.json --check --log-level warn "clients/typescript/{,conformance/,test/}*.mjs" "clients/typescript/src/*.js"

.PHONY: types
types: $(NODE_STAMP) $(CLIENT_STAMP)
	$(PY) -m mypy services gateway mesh docker monitoring terraform
	npm --prefix web run --silent typecheck
	npm --prefix clients/typescript run --silent types

.PHONY: architecture
architecture:
	.venv/bin/lint-imports --no-timing-report 2>/dev/null || .venv/bin/lint-imports

.PHONY: contracts
contracts:
	$(BUF) lint
	if git rev-parse -q --verify main >/dev/null; then $(BUF) breaking --against '.git#branch=main'; fi

.PHONY: unit
unit: $(CLIENT_STAMP)
	HYPOTHESIS_PROFILE=quick $(PY) -m pytest -q -n 2 -m "not slow" tests/unit tests/contract
	npm --prefix web run --silent test
	npm --prefix clients/typescript run --silent test

.PHONY: fuzz
fuzz: setup ## ten minutes of hostile texts against the SQL guard
	HYPOTHESIS_PROFILE=nightly $(PY) -m pytest -q tests/unit/validation/test_guard_fuzz.py

.PHONY: generate
generate: $(STAMP) $(NODE_STAMP) $(CLIENT_STAMP) ## makes the stubs, the edge's descriptors and the OpenAPI document again
	$(BUF) generate
	find clients/python -name '*_pb2_grpc.pyi' | while read -r stub; do [ -e "$${stub%i}" ] || rm "$$stub"; done
	$(BUF) generate --template buf.gen.typescript.yaml
	npm --prefix clients/typescript run --silent types
	if command -v go >/dev/null; then find clients/go -name '*.pb.go' -delete && $(BUF) generate --template buf.gen.go.yaml; else echo "No Go: clients/go stays as it is."; fi
	$(BUF) build -o mesh/descriptors.binpb --as-file-descriptor-set
	$(PY) -m mesh.edge.openapi gateway/openapi.json
	$(PY) -m mesh.kubernetes --write k8s/components
	$(PY) -m mesh.linkerd --write k8s/components/linkerd
	$(PY) -m monitoring --write .
	$(PY) -m terraform.costs.table
	$(PY) -m terraform.costs.scaling

.PHONY: check-generated
check-generated: generate
	git diff --exit-code --stat -- clients mesh/descriptors.binpb gateway/openapi.json k8s/components monitoring/generated docs/observability.md docs/costs.md docs/scaling.md || { echo "Generated code is stale: commit what \`make generate\` made."; exit 1; }

.PHONY: lock
lock: $(STAMP) ## chooses versions again, within pyproject.toml, and pins them with hashes
	$(LOCK) --extra dev pyproject.toml -o requirements.lock
	$(LOCK) -c requirements.lock docker/tools.in -o docker/tools.lock
	$(LOCK) tests/programs/checkov/requirements.in -o tests/programs/checkov/requirements.lock
	$(LOCK) --extra train -c requirements.lock pyproject.toml -o requirements.train.lock
	$(LOCK) --extra spark -c requirements.lock pyproject.toml -o requirements.spark.lock

.PHONY: bench
bench: setup spark ## the benchmarks, each a ratio measured in one run: make bench [ONLY=name]
	PYTHONPATH=tests $(PY) -m bench $(ONLY)

.PHONY: chaos
chaos: setup ## each fault of docs/chaos.md, then workers that crash, by seed: make chaos [RUNS=20]
	CANDOR_CHAOS_LONG=1 $(PY) -m pytest -q tests/chaos
	PYTHONPATH=tests $(PY) -m chaos $(or $(RUNS),20)

.PHONY: images
images: $(STAMP) ## the container images, built without a daemon where buildah and mmdebstrap are: make images [ONLY=name]
	$(PY) docker/build.py $(ONLY)

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
	$(PY) -m compileall -q services gateway mesh monitoring clients/python
	touch $@

$(NODE_STAMP): web/package-lock.json
	command -v npm >/dev/null && node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' || { echo "Candor's web app needs Node 20 or later on PATH."; exit 1; }
	echo "Installing web packages …"
	npm --prefix web ci --silent --no-audit --no-fund
	touch $@

$(CLIENT_STAMP): clients/typescript/package-lock.json
	echo "Installing the TypeScript client's packages …"
	npm --prefix clients/typescript ci --silent --no-audit --no-fund
	touch $@

$(WEB_STAMP): $(NODE_STAMP) $(WEB_SOURCES)
	echo "Building the web app …"
	npm --prefix web run --silent build -- --logLevel warn
	touch $@

.PHONY: spark
spark: $(SPARK_STAMP) ## Spark for scale trials, which only they need: several hundred MiB

$(SPARK_STAMP): $(STAMP) requirements.spark.lock
	echo "Installing Spark …"
	.venv/bin/uv pip install -q --python $(PY) -r requirements.spark.lock
	command -v java >/dev/null || echo "No Java: the Spark tests will be skipped. Spark needs Java 17 or later."
	touch $@

.PHONY: programs
programs: $(STAMP) ## programs of other languages that tests run for real, built where Go is installed
	$(PY) tests/go_programs.py
	$(PY) tests/checkov_program.py

.PHONY: browser
browser: $(STAMP)
	command -v chromium chromium-browser google-chrome >/dev/null || .venv/bin/playwright install chromium || echo "No Chromium: the browser tests will be skipped."
