# make reproduce   every notebook executed, reports and headline numbers written to reports/
# make test        lint, types, unit tests, doctests and every notebook checked against its stored outputs
# Both prepare .venv themselves; all they need is Python 3.11 or newer, pip and make.
# Another Python beside it: make test PYTHON=python3.13 VENV=.venv-3.13

PYTHON ?= python3
VENV ?= .venv
TESTS ?= tests sexresearch notebooks
BIN := $(VENV)/bin
PYTEST = $(BIN)/pytest -q -n 2 --dist loadfile --nbval --nbval-current-env $(TESTS)
SHARED_DATA := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))../shared/data-home)

# One thread and the inline backend, so that numbers and figures are the same on every machine.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
unexport MPLBACKEND
# Data sets that are fetched once are looked for beside the checkout, where such a folder exists.
ifneq ($(wildcard $(SHARED_DATA)),)
export SEXRESEARCH_DATA_HOME ?= $(SHARED_DATA)
endif

.DEFAULT_GOAL := help
.PHONY: help reproduce cases notebooks test pytest lint lab docs bench fuzz lock clean

help:
	@echo "make reproduce | test | cases | lint | lab | docs | notebooks | bench | fuzz | lock | clean"

.venv: $(VENV)/.installed

# uv, pinned in the lock like everything else, installs in seconds; where it cannot be had, pip does the same.
$(VENV)/.installed: pyproject.toml constraints.lock
	$(PYTHON) -m venv --clear $(VENV)
	sed -n '/^uv==/,/[^\\]$$/p' constraints.lock > $(VENV)/uv.lock
	$(BIN)/pip install --quiet --require-hashes -r $(VENV)/uv.lock \
	  && VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r constraints.lock \
	  || $(BIN)/pip install --quiet --require-hashes -r constraints.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q sexresearch
	touch $@

reproduce: $(VENV)/.installed
	$(BIN)/sexresearch reproduce

# Execute the notebooks and store what they show (for authors; the result is what `make test` compares with).
notebooks: $(VENV)/.installed
	$(BIN)/sexresearch reproduce --store

lint: $(VENV)/.installed
	$(BIN)/ruff check
	$(BIN)/mypy

test: lint
	$(PYTEST)

# Without lint and types, for a further Python.
pytest: $(VENV)/.installed
	$(PYTEST)

# The published chains in data/cases computed again; writes reports/cases.html.
cases: $(VENV)/.installed
	$(BIN)/sexresearch cases run --all

lab: $(VENV)/.installed
	$(BIN)/jupyter lab --notebook-dir=notebooks

# The site: its examples are run, its pages written to build/pages, rendered to site/ and opened in a browser, where there
# is one. Open site/index.html. Without a site_url a page for addresses that are not there would find no style: it goes.
docs: $(VENV)/.installed
	$(BIN)/python docs/building/pages.py build/pages
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet -f docs/mkdocs.yml
	rm -f site/404.html
	$(BIN)/pytest -q tests/docs/test_site_in_browser.py

bench: $(VENV)/.installed
	$(BIN)/python tests/benchmarks/promises.py
	$(BIN)/python tests/benchmarks/coverage_study.py
	$(BIN)/python tests/benchmarks/level_coverage.py
	$(BIN)/python tests/benchmarks/small_level_samples.py
	$(BIN)/python tests/benchmarks/alignment_recovery.py
	$(BIN)/python tests/benchmarks/speed.py
	$(BIN)/python tests/benchmarks/level_speed.py
	$(BIN)/python tests/benchmarks/worlds.py
	$(BIN)/python tests/benchmarks/decisions.py
	$(BIN)/python tests/benchmarks/multiverse.py
	$(BIN)/python tests/benchmarks/many_ordered.py

# Random fits, live beside lavaan's where R is installed; FUZZ_N and FUZZ_SEED choose how many and which.
fuzz: $(VENV)/.installed
	$(BIN)/python tests/grid/fuzz.py

# Choose the newest versions that fit pyproject.toml and pin them with their hashes.
lock: $(VENV)/.installed
	$(BIN)/uv pip compile pyproject.toml --extra all --extra docs --extra test --universal --python-version 3.11 --upgrade \
	  --generate-hashes --no-header --no-annotate --quiet -o constraints.lock

clean:
	rm -rf .venv .venv-* build dist .pytest_cache .mypy_cache .ruff_cache
