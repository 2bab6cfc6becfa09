# Set-up is part of every target; everything goes into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
# More options for pip, e.g. PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu" for torch without CUDA.
PIP_ARGS ?=
# Options for the test run, e.g. PYTEST_ARGS="-k cli".
PYTEST_ARGS ?=

BIN := .venv/bin
READY := .venv/ready

.PHONY: help venv demo screenshot screenshots test test-all lint clean
.DELETE_ON_ERROR:

help:
	@echo "make venv        set up .venv, with the spa command in it"
	@echo "make demo        one click to an accepted mask on a phantom; writes out/demo"
	@echo "make test        ruff, mypy and the tests"
	@echo "make test-all    the same, with the slow tests"
	@echo "make screenshot  make demo, and put its figure into the README"
	@echo "make screenshots pictures of the Segment Editor effect on the phantom, in out/screenshots"
	@echo "make clean       remove everything that was made here"

venv: $(READY)

# The stamp is newer than what it was made from, so that nothing is installed twice. torch comes first and by itself:
# no other requirement can then pull in another build of it.
$(READY): pyproject.toml constraints-dev.txt
	@echo "Setting up .venv; the first time takes some minutes."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --constraint constraints-dev.txt torch
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --constraint constraints-dev.txt --editable '.[dev]'
	touch $@

demo: $(READY)
	$(BIN)/spa demo --output out/demo

screenshot: demo
	cp out/demo/demo.png Resources/Screenshots/demo.png

screenshots: $(READY)
	$(BIN)/python Testing/host/screenshots.py out/screenshots

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -m "not slow" $(PYTEST_ARGS)

test-all: lint
	$(BIN)/python -m pytest $(PYTEST_ARGS)

clean:
	rm -rf .venv out build dist .mypy_cache .ruff_cache .pytest_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
