"""Lets Keras load this package's models as soon as dualstream and Keras are both imported.

`keras.saving.load_model` finds a layer by its registered name, so the module that registers it must
have been imported. Importing it here at once would import Keras, and a backend with it, for users
who only want the data set. So it is imported right after Keras is.
"""

import importlib

import wrapt

_MODULES = ('dualstream.color.layers', 'dualstream.color.fluorochromes.layers',
            'dualstream.color.stains.normalizer', 'dualstream.network.lgn',
            'dualstream.network.model')


def register() -> None:
    """Imports the package's layers now if Keras is imported, else right after it is."""
    wrapt.register_post_import_hook(_import_layers, 'keras')


def _import_layers(_) -> None:
    # By name: where dualstream.network itself is what imports Keras, it is half imported now, and
    # these modules need nothing of it.
    for module in _MODULES:
        importlib.import_module(module)
