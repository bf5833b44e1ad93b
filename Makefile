PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?=

.PHONY: demo test setup services neo4j lint format bench bench-fulfilment bench-http bench-preview bench-neo4j bench-comparison bench-placement bench-placement-growth bench-assortment campaign lock clean help

demo: setup  ## Build a network, route orders over it, report the last 60 days (DATA=dir: real Olist tables)
	$(BIN)/malha demo $(if $(DATA),--source "$(DATA)") --out demo

# Two processes, each file in one of them, all that needs Neo4j in one (tests/services/sharing.py).
# A Neo4j that is named has room for one process: each test starts by emptying it.
test: services  ## All tests, in two processes, each file in one of them
	$(BIN)/python -m pytest -q $(if $(MALHA_NEO4J_URI),,--numprocesses 2 --dist loadfile)

setup: $(VENV)/.ready  ## Virtual environment with locked dependencies

$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Malha needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies (some minutes the first time)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

services: setup  ## Install what the tests' servers need (Neo4j, PostgreSQL, Chromium), or say what to do
	$(BIN)/python -m deploy.local services

neo4j: setup  ## A local Neo4j with Browser and the demonstration's graph
	$(BIN)/python -m deploy.local neo4j

lint: setup  ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup  ## Put the code in house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup  ## Speed and memory against the peers, ratios in one run
	$(BIN)/python -m benchmarks.spine $(if $(DATA),--source "$(DATA)")
	$(BIN)/python -m benchmarks.lead_time $(if $(DATA),--source "$(DATA)")
	$(BIN)/python -m benchmarks.lead_time_truth
	$(BIN)/python -m benchmarks.kernel
	$(BIN)/python -m benchmarks.ledger

bench-fulfilment: setup  ## Orders with scarce stock: prices against exact greedy and the hindsight bound
	$(BIN)/python -m benchmarks.fulfilment

bench-http: setup  ## HTTP recommendations against the same app with a stored answer
	$(BIN)/python -m benchmarks.http $(if $(DATA),--source "$(DATA)")

bench-preview: setup  ## HTTP previews of orders against a stored answer, the database's own read beside them
	$(BIN)/python -m benchmarks.preview $(if $(DATA),--source "$(DATA)")

bench-neo4j: services  ## Loading the graph: empty, again, next month
	$(BIN)/python -m benchmarks.neo4j $(if $(DATA),--source "$(DATA)")

bench-comparison: setup  ## Claims of comparisons against the truth of synthetic worlds
	$(BIN)/python -m benchmarks.comparison_truth

bench-placement: setup  ## Placement instances with known values, against plain HiGHS (INSTANCES=dir OUT=file.json)
	$(BIN)/python -m benchmarks.placement --instances "$(INSTANCES)" $(if $(TIME),--time $(TIME)) \
		$(if $(ONLY),--only "$(ONLY)") --out "$(OUT)"

bench-placement-growth: setup  ## Growth of placement: 27, 300 and 849 sites (OUT=file.json; half an hour, much memory)
	$(BIN)/python -m benchmarks.placement_growth --out "$(OUT)"

bench-assortment: setup  ## Assortment at 27 sites x 849 regions x 2 000 offers (SNAPSHOT=dir OUT=file.json)
	$(BIN)/python -m benchmarks.assortment --snapshot "$(SNAPSHOT)" --out "$(OUT)"

campaign: services  ## The long seeded campaigns (thousands of cases)
	$(BIN)/python -m pytest -q -m campaign

lock:  ## Renew the lock files from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-annotate --extra dev --extra pandas pyproject.toml --output-file requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-annotate --extra build --constraint requirements.lock pyproject.toml --output-file requirements.run.lock

clean:
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache

help:  ## This list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'
