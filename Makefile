# Each target wraps plain commands that can be typed as well.
PYTHON ?= python3
VENV := .venv/bin
# TRAIN=0 leaves out what trains: no torch, no workers for it.
ML_FILES := requirements/ml.txt
RUN_FILES := requirements.txt $(if $(filter 0,$(TRAIN)),,$(ML_FILES))
TEST_FILES := requirements.txt $(ML_FILES) requirements/test.txt
# The type checker reads Django's settings; nothing is opened at these addresses.
SETTINGS := SECRET_KEY=lint DATABASE_URL=postgresql://lint/lint REDIS_URL=redis://lint
TYPED := apps labelstudio_rlhf launcher workers

# Where this is set every process compiles again what it imports: collecting the tests took 54 s instead of 15.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test bench lint clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## set up .venv for the demo, the tests and the checks
	@$(PYTHON) launcher/bootstrap.py $(TEST_FILES)

demo: ## run the whole system with a demo project until Ctrl-C (PORT=8000, TRAIN=0 without training)
	@$(PYTHON) launcher/bootstrap.py $(RUN_FILES)
	@$(VENV)/python -m launcher.demo

test: ## run every test (ARGS="-k name"; BROWSER=0, CONSUMERS=0 leave the browser's, other programs' tests out)
	@$(PYTHON) launcher/bootstrap.py $(TEST_FILES)
	@$(VENV)/python -m launcher.browser
	$(if $(filter 0,$(CONSUMERS)),,@$(VENV)/python -m launcher.consumers)
	$(VENV)/python -m pytest -n auto --maxprocesses=4 --dist worksteal $(if $(filter 0,$(BROWSER)),--ignore=tests/browser) $(if $(filter 0,$(CONSUMERS)),--ignore=tests/consumers) $(ARGS)

bench: ## run the benchmarks, print tables, write bench/results/*.json
	@$(PYTHON) launcher/bootstrap.py $(TEST_FILES)
	@$(VENV)/python -m bench $(ARGS)

lint: ## style, types and import walls
	@$(PYTHON) launcher/bootstrap.py $(TEST_FILES)
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(SETTINGS) $(VENV)/mypy $(TYPED)
	cd client && ../$(VENV)/mypy labelstudio_rlhf_client
	$(VENV)/lint-imports

clean: ## delete .venv, caches and collected pages' files; the demo's data in var/ stays
	rm -rf .venv staticfiles .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
