# make demo    install and render an example        make test    install and run all tests
PYTHON ?= python3
BIN := .venv/bin
# What is imported is compiled then: to compile all of torch takes longer than to install it.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
	-c constraints.txt

.PHONY: demo test lint torture bench clean
demo: .venv/base
	$(BIN)/podforge render scripts_examples/bakery.md -o output/bakery/

test: .venv/test lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

torture: .venv/test
	$(BIN)/python -m tests.faults.torture

bench: .venv/test
	$(BIN)/python -m benchmarks

.venv/base: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(INSTALL) -e .
	@touch $@

.venv/test: .venv/base
	$(INSTALL) -e '.[test]'
	@touch $@

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis output/*/
