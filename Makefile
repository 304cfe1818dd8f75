# Every target sets up its own environment first; python3, git and make are all it takes.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help environment demo test spark browser frontend conformance fuzz lab labcheck check format documentation golden benchmarks lock clean

help: ## Show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

environment: ## Make .venv from the lock (a second call does nothing)
	@$(PYTHON) bootstrap.py

demo: environment ## Build 36 months of history, grade it, and serve it on http://127.0.0.1:8000/graphql
	@$(BIN)/fenji demo

test: environment ## Contracts, documentation and every test, on SQLite and PostgreSQL
	@$(BIN)/python -m pytest -q -n auto --dist loadfile

spark: ## Every engine against Spark in local mode; adds half a gigabyte to .venv once, and needs Java 17
	@$(PYTHON) bootstrap.py spark
	@$(BIN)/python -m pytest -q tests/spark

lab: ## JupyterLab with the notebooks on 127.0.0.1; makes .venv-lab once, apart from .venv
	@$(PYTHON) bootstrap.py lab
	@.venv-lab/bin/jupyter lab --ip=127.0.0.1 --notebook-dir=. --LabApp.default_url=/lab/tree/notebooks \
	  --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate $(if $(filter 0,$(shell id -u)),--allow-root)

labcheck: ## Every notebook opened and run headless in the lab's environment
	@$(PYTHON) bootstrap.py lab
	@.venv-lab/bin/python tests/lab/headless.py

browser: ## The pages, and the report without a network, in a real browser; skips where no Chromium is installed
	@$(PYTHON) bootstrap.py browser
	@$(BIN)/python -m pytest -q -rs tests/browser

frontend: environment ## A typed client in TypeScript: types from the contract, compiled, run against a live server; needs npm
	@$(BIN)/python -m pytest -q -rs tests/frontend

conformance: environment ## The audits of npm graphql-http against a server of our own; needs Node 20 and npm, installs them once
	@npm ci --silent --prefix tests/conformance
	@$(BIN)/python -m pytest -q -rs tests/conformance

fuzz: ## Random operations of every field by schemathesis, FENJI_FUZZ_SECONDS (300) on each database
	@$(PYTHON) bootstrap.py fuzz
	@$(BIN)/python -m pytest -q -s tests/fuzz

check: environment ## Format, lint, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: environment ## Format the code and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

documentation: environment ## Write the generated parts of the documentation, the schema and the notebooks anew
	@$(BIN)/python tests/cookbook.py
	@$(BIN)/python tests/architecture/reference.py --write
	@$(BIN)/fenji schema > schema/schema.graphql
	@$(BIN)/fenji policy schema > policies/documents/policy.schema.json
	@$(BIN)/python -m api.notebook.source

golden: environment ## Write the hashes of the shipped policies' statements anew (after a meant change of the SQL)
	@$(BIN)/python tests/policies/statements.py

benchmarks: environment ## The measured ratios; takes some minutes
	@$(PYTHON) bootstrap.py benchmark
	@npm ci --silent --prefix tests/benchmarks/postgraphile
	@for file in tests/benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

lock: environment ## Write the locks anew from pyproject.toml
	@$(BIN)/python bootstrap.py lock

clean: ## Remove the environment, the caches and the demo's data; a database of your own in .fenji stays
	rm -rf .venv .venv-lab .fenji/demo .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
