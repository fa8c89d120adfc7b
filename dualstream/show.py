"""Shows what the routines do with photographs: python -m dualstream.show PHOTO... --out=DIR.

Each PHOTO that is a file becomes a figure of its own, DIR/NAME.png: its mask, the windows that each
routine considers, the one that it chooses, and the image that comes out. Each PHOTO that is a
folder becomes contact sheets of the pictures in it, DIR/NAME-sheet-1.png and so on. The thresholds
are drawn in DIR/hue_wheel.png.

With --suggest the photographs are not drawn one by one. Their colours propose thresholds: pixels
are counted by hue, each as much as it is saturated; the histogram is smoothed until the hues that a
plant can have hold one mode; the range reaches from there to the valley on each side, or to where a
twentieth of the mode is left; the floors of saturation and value are found likewise among the
pixels of those hues. DIR/suggested_thresholds.png shows it.
"""

import contextlib
import os
import pathlib
import sys
from collections.abc import Iterable, Iterator

from absl import flags

from dualstream import command

_OUT = flags.DEFINE_string('out', 'runs/show', 'The folder that the pictures are written to.')
_HUE = flags.DEFINE_list(
    'hue', None, "LO,HI: the mask's hues in whole degrees, 35,170 if not given; 340,20 is red.")
_SATURATION = flags.DEFINE_list(
    'saturation', None, "LO,HI: the mask's saturations in whole hundredths, 0.20,1 if not given.")
_VALUE = flags.DEFINE_list(
    'value', None, "LO,HI: the mask's values in whole hundredths, 0.12,1 if not given.")
_TARGET_SIZE = flags.DEFINE_list(
    'target_size', ['224', '224'], 'HEIGHT,WIDTH of the crop, in pixels.')
_SACCADES = flags.DEFINE_integer('saccades', 16, 'Windows that the random crop looks at.')
_SEED = flags.DEFINE_integer('seed', 0, 'Of those windows.')
_SUGGEST = flags.DEFINE_boolean(
    'suggest', False, 'Propose thresholds from the colours of the photographs instead.')

_SUFFIXES = ('.jpg', '.jpeg', '.png', '.gif', '.bmp')
_PIXELS = 2_000_000  # that a suggestion is made from, of all photographs together


def main(argv: list[str]) -> None:
    photos = argv[1:]
    if not photos:
        raise ValueError('name at least one photograph, or folder of photographs')
    if _SACCADES.value < 1:
        raise ValueError(f'--saccades must be at least 1, got {_SACCADES.value}')
    thresholds = {flag.name: _pair(flag, float if flag is not _HUE else int)
                  for flag in (_HUE, _SATURATION, _VALUE) if flag.value is not None}
    target_size = _pair(_TARGET_SIZE, int)
    if min(target_size) < 1:
        raise ValueError(f'--target_size must be positive, got {",".join(_TARGET_SIZE.value)}')
    files = {photo: _files(pathlib.Path(photo)) for photo in photos}

    # Not before: --helpshort and a mistyped flag should not wait for TensorFlow.
    with command.hushed():
        from dualstream.color import HsvRange
        from dualstream.report.hue_wheel import hue_wheel_figure
    hsv_range = HsvRange(**thresholds)
    out = pathlib.Path(_OUT.value)
    out.mkdir(parents=True, exist_ok=True)
    bad = []
    if _SUGGEST.value:
        _suggest(files, hsv_range, out, bad)
    else:
        _save(hue_wheel_figure(hsv_range), out / 'hue_wheel.png')
        _draw(files, hsv_range, target_size, out, bad)
    if bad:
        raise ValueError(f'{len(bad)} of the photographs could not be read')
