"""dualstream: from leaf photographs to class probabilities.

Importing it is quick: it imports neither TensorFlow nor Keras before a name is used. From then on
`tfds.load('cassava_crop')` finds the data set and `keras.saving.load_model` loads the models.
"""

import importlib

from dualstream.runtime import keras_registration, tfds_registration

__version__ = '0.1.0'

_HOME = {
    'dualstream.color': (
        'HISTOMICSTK', 'LEAF', 'QUPATH', 'SKIMAGE', 'TORCHSTAIN', 'FromColorSpace', 'HsvRange',
        'LchRange', 'MergeChannels', 'StainConvention', 'StainNormalizer', 'ToColorSpace',
        'UnmixChannels', 'Validity', 'cv_color_mask', 'delta_e_2000', 'estimate_stains',
        'hed_to_rgb', 'hsv_to_rgb', 'hue_channels', 'lab_to_lch', 'lab_to_rgb', 'lch_to_lab',
        'linear_to_rgb', 'merge', 'od_to_rgb', 'rgb_to_hed', 'rgb_to_hsv', 'rgb_to_lab',
        'rgb_to_linear', 'rgb_to_od', 'tf_color_mask', 'unmix'),
    'dualstream.crop': (
        'array_crop', 'center_window', 'coverage', 'leaf_grid', 'loop_crop', 'max_rand_crop'),
    'dualstream.pipeline': (
        'Photos', 'Routine', 'crop_frames', 'decode_frame', 'decode_image', 'decode_window',
        'make_evaluation_batches', 'make_training_batches'),
    'dualstream.network': ('DualStreamConfig', 'build', 'dual_stream'),
    'dualstream.prediction': ('Prediction', 'Predictor', 'load'),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)

keras_registration.register()
tfds_registration.register()


def __getattr__(name: str):
    if name not in _MODULE_OF:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(importlib.import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
