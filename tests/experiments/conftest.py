"""Experiments are commands with flags of their own; here they are imported side by side."""

import importlib

import pytest
from absl import flags


@pytest.fixture(scope='session')
def load():
    """Imports an experiment's module and takes its flags back, whose names others have, too.

    What a test needs of them it sets in the module.
    """
    def load(name):
        module = importlib.import_module(name)
        for flag in list(flags.FLAGS.flags_by_module_dict().get(module.__name__, [])):
            delattr(flags.FLAGS, flag.name)
        return module

    return load
