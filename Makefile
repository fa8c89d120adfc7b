# Thin: each target is a command that can also be typed. `make train` and `make test` are all that
# the README asks for; both set up .venv first.
PYTHON ?= python3
BIN := .venv/bin
DATA := data
PYTEST := $(BIN)/python -m pytest
TRAIN := $(BIN)/python -m dualstream.train --data_dir=$(DATA) --resume

# Python compiles what it imports; to compile all of TensorFlow as it is installed takes longer. Where
# Python must not keep what it compiled, each process would compile TensorFlow again.
QUICKLY := --quiet --no-compile
unexport PYTHONDONTWRITEBYTECODE

.PHONY: train test test-slow test-all quick lint clean

# The marks on the synthetic leaves are a few pixels wide: their windows are seen at full scale.
train: .venv/installed
	$(TRAIN) --epochs=12 --workdir=runs/demo-no-crop --mask=none --crop=none
	$(TRAIN) --epochs=12 --workdir=runs/demo --crop=array

# All but the slow tests, which `test-slow` runs; `quick` is for the time between two edits.
test: .venv/tested
	$(PYTEST)

test-slow: .venv/tested
	$(PYTEST) -m slow

test-all: test test-slow

quick: .venv/tested
	$(PYTEST) tests/color tests/crop tests/network tests/pipeline tests/datasets

lint: .venv/tested
	$(BIN)/python -m ruff check

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: setup.cfg | .venv/bin/python
	$(BIN)/python -m pip install $(QUICKLY) --editable .
	touch $@

.venv/tested: setup.cfg | .venv/bin/python
	$(BIN)/python -m pip install $(QUICKLY) --editable '.[test]'
	touch .venv/installed $@

clean:
	rm -rf .venv build dist *.egg-info runs data
