"""Tells TensorFlow Datasets where this package's data sets are, without importing TFDS itself.

TFDS asks its providers for a data set that it does not know. Ours must be added to them, but
importing TFDS takes most of a second, and a user of dualstream may never need it. So the provider
is added right after the first import of TFDS.
"""

import importlib

import wrapt

_BUILDERS = {name: f'dualstream.datasets.{name}.{name}_dataset_builder'
             for name in ('cassava_crop', 'photo_folder')}


class _Provider:
    """What TFDS calls a DatasetBuilderProvider."""

    def has_dataset(self, name: str) -> bool:
        return name in _BUILDERS

    def get_builder_cls(self, name: str):
        return importlib.import_module(_BUILDERS[name]).Builder


def register() -> None:
    """Makes `tfds.load('cassava_crop')` work, at once or as soon as TFDS is imported."""
    wrapt.register_post_import_hook(_add_provider, 'tensorflow_datasets.core.registered')


def _add_provider(registry) -> None:
    # First of all: TFDS's own provider imports every builder it knows before it says no.
    registry.add_dataset_builder_provider(_Provider(), index=0)
