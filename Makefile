# Two commands do all the set-up on a fresh machine with Python 3.11, make and git: `make try` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
TRY := $(VENV)/try

.DEFAULT_GOAL := help
.PHONY: help try test lint types unit bench docs golden schema clean

help: ## what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | column -t -s '|'

$(VENV)/try-ready: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip --quiet install --disable-pip-version-check --editable .
	@touch $@

$(READY): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip --quiet install --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/try-ready

try: $(VENV)/try-ready ## an app with http 5000 and metrics 6000 in a temporary folder: manifests and route
	@folder=$$(mktemp -d) && here=$$(pwd) && cd "$$folder" && \
	"$$here/$(BIN)/svcgen" new my-service --image ghcr.io/acme/my-service:1.4.2 -p http=5000 -p metrics=6000 --no-input > result.txt && \
	cat my-service/service.yaml && echo --- && cat my-service/deployment.yaml && echo && sed -n '/^my-service (/,$$p' result.txt && \
	echo "written to $$folder/my-service"

test: lint types unit ## everything CI runs

lint: $(READY) ## style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY) ## mypy, strict
	@$(BIN)/mypy

unit: $(READY) ## the tests, the import contracts and the installed wheel among them
	@$(BIN)/python -m pytest -n 2 --dist loadfile

bench: $(READY) ## start-up, bulk and tree measurements as ratios
	@$(BIN)/python benchmarks/run.py

docs: $(READY) ## writes the pages that are generated
	@$(BIN)/python -m scaffold.checks.docs

schema: $(READY) ## rewrites the fields and types of Kubernetes from a newer kubernetes-validate; read the diff
	@$(BIN)/python -m pip --quiet install --disable-pip-version-check --upgrade kubernetes-validate
	@$(BIN)/python tools/schema.py
	@$(BIN)/ruff format scaffold/checks

golden: $(READY) ## rewrites the golden files; read the diff
	@$(BIN)/python -m pytest tests/test_golden.py tests/test_golden_drawings.py tests/test_guides.py --update-golden

clean: ## takes away what the others made
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
