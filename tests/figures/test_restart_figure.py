"""The figure of a window cut out of a JPEG shows the pixels that it is about."""

import numpy as np

from dualstream.datasets.cassava_crop.demo import draw_leaf_photo, encode_jpeg
from dualstream.figures.restart_figure import restart_figure
from dualstream.pipeline import decode_frame


def test_both_sides_show_the_window_at_the_same_pixels():
    contents = encode_jpeg(draw_leaf_photo(1, 0, 0, height=200, width=320))
    frame = decode_frame(contents).numpy()
    figure = restart_figure(contents, np.array([40, 72, 96, 64]), title='a window')
    whole, alone = figure.axes
    for axes in (whole, alone):
        outline, = axes.patches
        x, y = round(outline.get_x() + 0.5), round(outline.get_y() + 0.5)
        shown = np.asarray(axes.images[0].get_array())[y:y + 96, x:x + 64]
        np.testing.assert_array_equal(shown, frame[40:136, 72:136])
    # Rows 39 to 136 and columns 71 to 136, made whole MCUs of 16 and intervals of 32 pixels.
    assert np.asarray(alone.images[0].get_array()).shape == (144 - 32, 160 - 64, 3)
    assert f'{len(contents):,} bytes, {13 * 10} intervals' in whole.get_title()
