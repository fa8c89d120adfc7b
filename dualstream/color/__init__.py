"""Colours of pixels: spaces, ranges, and the masks of the pixels inside them.

The spaces are written in keras.ops and run in a model, in tf.data and by themselves; the masks are
TensorFlow's. So a name is imported when it is used: who needs CIELAB alone, as the network does,
does not import TensorFlow for it.
"""

import importlib

_HOME = {
    'cielab': ('lab_to_lch', 'lab_to_rgb', 'lch_to_lab', 'rgb_to_lab'),
    'conventions': ('HISTOMICSTK', 'QUPATH', 'SKIMAGE', 'TORCHSTAIN', 'StainConvention'),
    'delta_e': ('delta_e_2000',),
    'fluorochromes.hue_channels': ('hue_channels',),
    'fluorochromes.layers': ('MergeChannels', 'UnmixChannels'),
    'fluorochromes.least_squares': ('Recreated', 'unmix'),
    'fluorochromes.merging': ('merge',),
    'fluorochromes.palettes': ('LOOKUP_COLORS', 'PALETTES', 'lookup_colors'),
    'hed': ('hed_to_rgb', 'rgb_to_hed'),
    'hsv': ('hsv_to_rgb', 'rgb_to_hsv'),
    'layers': ('FromColorSpace', 'ToColorSpace'),
    'linear_rgb': ('linear_to_rgb', 'rgb_to_linear'),
    'masks': ('cv_color_mask', 'tf_color_mask'),
    'optical_density': ('od_to_rgb', 'rgb_to_od'),
    'ranges': ('LEAF', 'HsvRange', 'LchRange'),
    'stains': ('StainNormalizer', 'Validity', 'estimate_stains'),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str):
    if name not in _MODULE_OF:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(importlib.import_module(f'{__name__}.{_MODULE_OF[name]}'), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
