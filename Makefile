.DEFAULT_GOAL := help
PYTHON ?= python3
PY := .venv/bin/python
READY := .venv/parvis-requirements
WEB := web/node_modules/.package-lock.json
STAGE ?= production
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help run test test-servers check package deploy found bench storm api lock clean

help:  ## show this
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  %-14s %s\n", $$1, $$2}'

run:  ## Parvis on this machine, http://127.0.0.1:8000 (PARVIS_PORT, PARVIS_STATE)
	@$(PYTHON) infra/bootstrap.py run

$(READY): requirements-dev.txt
	@$(PYTHON) infra/bootstrap.py setup && touch $@

$(WEB): web/package-lock.json $(READY)
	cd web && npm ci --no-audit --no-fund --silent
	@touch $@

test: $(READY) $(WEB)  ## unit, contract, integration, browser and web tests
	$(PY) -m pytest -m "not servers and not stack and not browser" -n auto
	$(PY) -m pytest -m "(stack or browser) and not servers"
	cd web && npm test --silent

test-servers: $(READY) $(WEB)  ## the networks' tests and the whole story, against real servers
	PARVIS_REQUIRE_SERVERS=1 $(PY) -m pytest -m "servers or dynamodb_local"

check: $(READY) $(WEB)  ## style, types, layers, the web's types and both languages
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) -m chalicelib.api.openapi | cmp -s - web/openapi.json || { echo "web/openapi.json is stale: make api"; exit 1; }
	cd web && npm run --silent check

package: $(READY)  ## what goes to AWS, checked, in build/package
	$(PY) -m infra.package

deploy: package  ## put it on AWS: make deploy STAGE=production BUCKET=<for the code>
	$(PY) -m infra.deploy --stage "$(STAGE)" --bucket "$(BUCKET)" $(if $(PUSH),--push-credential-file "$(PUSH)")

bench: $(READY)  ## measure; ISSUE=... and SMOKE=1 as bench/ says
	$(PY) -m bench

storm: $(READY)  ## deliveries under crashes and faults
	$(PY) -m bench.storm

api: $(READY)  ## web/openapi.json, the web's types and the table of what networks can do, from the code
	$(PY) -m chalicelib.api.openapi > web/openapi.json
	$(PY) -m infra.capabilities > docs/capabilities.md
	cd web && npm run --silent types

found: $(READY)  ## the first agency of a deployment: make found ARGS="--stage production --agency ..."
	$(PY) -m infra.found $(ARGS)

lock: $(READY)  ## requirements*.txt from requirements*.in
	$(PY) -m pip install --quiet --disable-pip-version-check uv
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 requirements.in -o requirements.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 requirements-dev.in -o requirements-dev.txt

clean:  ## remove what was built, not the state (.parvis) nor .venv
	rm -rf build web/dist web/.built .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -not -path './web/node_modules/*' -prune -exec rm -rf {} +
