# Thin: each target is a command that can also be typed. `make train` and `make test` are all that
# the README asks for; both set up .venv first.
PYTHON ?= python3
BIN := .venv/bin
DATA := data
# Python compiles what it imports; to compile all of TensorFlow as it is installed takes longer.
QUICKLY := --quiet --no-compile
TRAIN := $(BIN)/python -m dualstream.train --data_dir=$(DATA) --resume

.PHONY: train test lint clean

train: .venv/installed
	$(TRAIN) --workdir=runs/demo-no-crop --mask=none --crop=none
	$(TRAIN) --workdir=runs/demo

test: .venv/tested
	$(BIN)/python -m pytest

lint: .venv/tested
	$(BIN)/python -m flake8

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
