"""Draws the pictures of this folder, of a SYNTHETIC leaf: python docs/pictures.py."""

import io
import pathlib

import matplotlib.figure
from PIL import Image

from dualstream.color import tf_color_mask
from dualstream.crop import array_crop
from dualstream.datasets.cassava_crop.demo import draw_leaf_photo, encode_jpeg
from dualstream.figures.hue_wheel import hue_wheel_figure
from dualstream.figures.restart_figure import restart_figure
from dualstream.figures.routine_figure import routine_figure

HERE = pathlib.Path(__file__).parent


def save(figure: matplotlib.figure.Figure, name: str) -> None:
    """Writes a PNG of 52 tones a channel, which the eye does not miss and PNG packs in half."""
    sink = io.BytesIO()
    figure.savefig(sink, dpi=72)
    tones = [5 * round(tone / 5) for tone in range(256)]
    Image.open(sink).convert('RGB').point(3 * tones).save(HERE / name, optimize=True)


save(routine_figure(draw_leaf_photo(label=2, seed=2020, index=32),
                    title='Seven routines, one photograph (synthetic)'), 'routines.png')
save(hue_wheel_figure(), 'hue_wheel.png')
photo = draw_leaf_photo(label=2, seed=2020, index=32)
save(restart_figure(encode_jpeg(photo), array_crop(tf_color_mask(photo), (224, 224)).numpy(),
                    title='A window at the cost of a window (synthetic photograph)'), 'windows.png')
