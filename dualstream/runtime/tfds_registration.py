"""Tells TensorFlow Datasets where `cassava_crop` is, without importing either before its time.

TFDS asks its providers for a data set that it does not know. Ours must be added to them, but
importing TFDS takes most of a second, and who imports dualstream may never use it. So if TFDS is
not there yet, a finder waits at the front of Python's import path for the first import of it, lets
the ordinary finders do their work, and adds the provider afterwards.
"""

import importlib
import importlib.abc
import importlib.util
import sys

_BUILDERS = {'cassava_crop': 'dualstream.datasets.cassava_crop.cassava_crop_dataset_builder'}
_REGISTRY = 'tensorflow_datasets.core.registered'


class _Provider:
    """What TFDS calls a DatasetBuilderProvider."""

    def has_dataset(self, name: str) -> bool:
        return name in _BUILDERS

    def get_builder_cls(self, name: str):
        return importlib.import_module(_BUILDERS[name]).Builder


class _Watch(importlib.abc.MetaPathFinder):
    """Waits for the first import of TFDS's registry."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != _REGISTRY:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        load = spec.loader.exec_module

        def load_and_add(module):
            load(module)
            _add_provider(module)

        spec.loader.exec_module = load_and_add
        return spec


def register() -> None:
    """Makes `tfds.load('cassava_crop')` work, now or as soon as TFDS is imported."""
    if _REGISTRY in sys.modules:
        _add_provider(sys.modules[_REGISTRY])
    else:
        sys.meta_path.insert(0, _Watch())


def _add_provider(registry) -> None:
    # First of all: TFDS's own provider imports every builder it knows before it says no.
    registry.add_dataset_builder_provider(_Provider(), index=0)
