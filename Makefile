# `make run` and `make test` each work alone on a fresh machine with Python 3.11 or newer.
PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
DEMO := SVAR_HOME=$(or $(SVAR_HOME),var/demo) SVAR_DEMO=on SVAR_QUIET_HOURS="$(SVAR_QUIET_HOURS)"

.DEFAULT_GOAL := help
.PHONY: help run test test-slow test-long bench check clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | column -t -s '	'

run: $(VENV)/.installed ## Start Svar with demonstration data and print the address
	@$(DEMO) $(PY) -m data demo --if-missing
	@$(DEMO) $(PY) app.py

test: $(VENV)/.installed-dev ## All fast tests (under five minutes)
	@$(PY) -m pytest -m "not slow and not browser and not long" -n auto --dist loadfile

test-slow: $(VENV)/.installed-spark ## Faults, simulations, Spark and the browser (needs Chromium)
	@$(PY) -m pytest -m "slow and not long" -n 2 --dist loadfile
	@$(PY) -m pytest -m browser

test-long: $(VENV)/.installed-dev ## Two thousand random files (about an hour)
	@$(PY) -m pytest -m long

bench: $(VENV)/.installed-bench ## Benchmarks, as ratios against peers of the same run (BENCH="metrics --contacts 10000000")
	@$(PY) -m benchmarks $(BENCH)

check: $(VENV)/.installed-dev ## Lint, format and types
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy .

clean: ## Remove the virtual environment and caches; state in var/ stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Svar needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12")'
	@if command -v uv >/dev/null; then uv venv -q --python "$$(command -v $(PYTHON))" $(VENV); else $(PYTHON) -m venv $(VENV); fi

# Each target installs what it needs and no more; a changed requirements file installs again.
$(VENV)/.installed: requirements.txt | $(PY)
	@echo "Installing what Svar runs on …"
	@$(call install,requirements.txt)
	@touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt | $(PY)
	@echo "Installing what Svar runs on and what tests it …"
	@$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-spark: requirements-spark.txt $(VENV)/.installed-dev
	@echo "Installing Spark and a Java for it …"
	@$(call install,requirements-spark.txt)
	@touch $@

$(VENV)/.installed-bench: requirements-bench.txt $(VENV)/.installed-dev
	@echo "Installing what the benchmarks compare with …"
	@$(call install,requirements-bench.txt)
	@touch $@

define install
if command -v uv >/dev/null; then uv pip install -q --python $(PY) -r $(1); else $(PY) -m pip install -q --disable-pip-version-check -r $(1); fi
endef
