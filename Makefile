# Everything that a person or a pipeline does with this project; `make` alone lists it.

PYTHON ?= $(firstword $(shell command -v python3.11 python3))
BROKER ?=
# Most tests wait for a broker or for another process, so two at once take little more than half the time.
PYTEST ?= -n 2 --dist loadfile --no-loadscope-reorder
ONCE ?=
SECONDS ?= 60

VENV := .venv
PY := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
STACK := $(PY) -m deploy.local
DEMO := .stack/demo
BENCH_PKI := .stack/bench/pki

# The part of pyproject.toml that the lock files are made from.
REQUIRED = sed -n -e '/^requires/p' -e '/^dependencies = \[/,/^\]/p' \
	-e '/^\[project.optional-dependencies\]/,/^\[project.scripts\]/p' pyproject.toml | sha256sum | cut -c 1-64
LOCK := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# The tests start hundreds of processes; without kept bytecode each of them compiles the whole package.
unexport PYTHONDONTWRITEBYTECODE

# $(call step,what,command,what to do when it fails): quiet while all is well.
define step
@start=$$(date +%s); \
if said=$$($(2) 2>&1); then echo "  ok    $(1), $$(( $$(date +%s) - start )) s"; \
else echo "$$said"; echo "  FAULT $(1): $(3)"; exit 1; fi
endef

# $(call pki,folder): a new certificate authority, and the certificate of a broker on this machine.
define pki
@rm -rf $(1)
@$(VENV)/bin/transfer pki new --out $(1) > /dev/null
@$(VENV)/bin/transfer pki server --out $(1) --host 127.0.0.1 > /dev/null
endef

.PHONY: help
help:  ## list what can be made
	@echo 'usage: make TARGET'
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
	|| sed -n 's/^\([a-z-]*\):.*##/  \1 /p' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(INSTALLED)  ## make .venv with all that is needed, from the lock file; done once

$(INSTALLED): requirements-dev.lock
	@if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo 'Python 3.11 or newer is missing. Install the Debian package python3, or give PYTHON=/path/to/it' >&2; exit 69; fi
	@if ! "$(PYTHON)" -c 'import ensurepip' 2>/dev/null; then \
		if [ "$$(id -u)" != 0 ]; then \
			echo 'Python cannot make a virtual environment. Ask an administrator for: apt-get install python3-venv' >&2; exit 69; fi; \
		echo 'installing the Debian package python3-venv'; \
		{ apt-get -qq install -y --no-install-recommends python3-venv || \
		{ apt-get -qq update && apt-get -qq install -y --no-install-recommends python3-venv; }; } > /dev/null; fi
	@echo 'setting up $(VENV) from requirements-dev.lock, about a minute'
	@start=$$(date +%s); \
	"$(PYTHON)" -m venv $(VENV); \
	pip() { said=$$($(PY) -m pip --disable-pip-version-check --no-input "$$@" 2>&1) || \
		{ echo "$$said" >&2; echo 'pip failed; is the network there? Then run make again' >&2; exit 69; }; }; \
	pip install --quiet --require-hashes -r requirements-dev.lock; \
	pip install --quiet --no-deps --no-build-isolation -e .; \
	touch $@; \
	echo "set up in $$(( $$(date +%s) - start )) s"

.PHONY: demo
demo: setup  ## play a transfer and an evidence request between regions; ONCE=1 ends by itself
	@$(STACK) install --broker --fonts
	$(call pki,$(DEMO)/pki)
	@$(VENV)/bin/transfer topology --directory deploy/local/directory.json --vhost demo > $(DEMO)/definitions.json
	@echo 'starting a private RabbitMQ, about 10 s'
	@$(STACK) run --broker --tls $(DEMO)/pki --definitions $(DEMO)/definitions.json -- \
		$(PY) -m deploy.demo --vhost demo --ca $(DEMO)/pki $(if $(filter-out 0,$(ONCE)),--once)

.PHONY: test
ifeq ($(BROKER),4)
test: setup  ## check, then run all tests; BROKER=4 runs those that need a broker on RabbitMQ 4
	@$(STACK) install --broker-version 4
	@BROKER=4 $(PY) -m pytest -m broker $(PYTEST)
else
test: check
	@$(STACK) install --broker --postgres --fonts --readers --checkers --chromium
	@BROKER=$(BROKER) $(PY) -m pytest $(PYTEST)
endif

.PHONY: check
check: setup  ## style, types, import rules, generated files, lock files
	$(call step,ruff check,$(VENV)/bin/ruff check --output-format concise,correct what it names)
	$(call step,ruff format,$(VENV)/bin/ruff format --check,run $(VENV)/bin/ruff format)
	$(call step,mypy,$(VENV)/bin/mypy,correct what it names)
	$(call step,import rules,$(VENV)/bin/lint-imports,move the import to a room that may have it)
	$(call step,generated files,$(VENV)/bin/transfer schemas --check,run $(VENV)/bin/transfer schemas --write)
	$(call step,lock files,$(MAKE) check-locks,run make lock)

.PHONY: check-locks
check-locks:
	@required=$$($(REQUIRED)); for lock in requirements.lock requirements-dev.lock; do \
		grep -q "^# sha256 of the requirements: $$required$$" $$lock || \
			{ echo "$$lock was made from other requirements than pyproject.toml has now"; exit 1; }; \
		if grep -nE '://|^ *(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)' $$lock; then \
			echo "$$lock holds the address of a registry"; exit 1; fi; done

.PHONY: lock
lock: setup  ## make the lock files from pyproject.toml; needs the network
	@required=$$($(REQUIRED)); build=$$(sed -n 's/^requires = \["\(.*\)"\]/\1/p' pyproject.toml); \
	mkdir -p .stack; echo "$$build" > .stack/build.in; \
	for name in requirements requirements-dev; do \
		cp $$name.lock .stack/$$name.lock; \
		case $$name in requirements) from=pyproject.toml;; *) from='pyproject.toml .stack/build.in --extra dev';; esac; \
		$(LOCK) $$from --output-file .stack/$$name.lock > /dev/null; \
		{ echo "# Made by make lock. Versions stay until pyproject.toml asks for others, or their lines are removed."; \
		  echo "# sha256 of the requirements: $$required"; grep -v '^#' .stack/$$name.lock; } > .stack/$$name.new; \
		mv .stack/$$name.new $$name.lock; rm .stack/$$name.lock; \
		echo "$$name.lock: $$(grep -c == $$name.lock) packages"; \
	done

.PHONY: screenshots
screenshots: setup  ## take pictures of every page into docs/screenshots
	@$(STACK) install --fonts --chromium
	@$(PY) -m tests.browser.screenshots > /dev/null

.PHONY: fuzz
fuzz: setup  ## fuzz every reader of bytes from others, each for SECONDS=60; what breaks one is kept in .stack/fuzz
	@for target in sealed wire content notes directory audit; do \
		log=.stack/fuzz/$$target.log; mkdir -p .stack/fuzz; \
		if $(PY) -m tests.fuzz $$target --seconds $(SECONDS) > $$log 2>&1; \
		then echo "  ok    $$target, $$(sed -n 's/^Done \([0-9]* runs\).*/\1/p' $$log)"; \
		else tail -n 40 $$log; echo "  FAULT $$target: try it again with $(PY) -m tests.fuzz $$target FILE"; exit 1; fi; \
	done

.PHONY: bench
bench: setup  ## measure it beside others on this machine
	@$(STACK) install --broker --postgres --curl
	$(call pki,$(BENCH_PKI))
	@$(STACK) run --broker --postgres --tls $(BENCH_PKI) -- env BENCH_PKI=$(BENCH_PKI) $(PY) -m tests.bench

.PHONY: clean
clean:  ## remove .venv, .stack and all that tools left here
	@rm -rf $(VENV) .stack build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
