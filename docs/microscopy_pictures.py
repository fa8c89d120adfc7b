"""Draws ihc.png and merge.png of this folder: python docs/microscopy_pictures.py d0.tif d2.tif.

The slide is the one that scikit-image ships (no known restrictions); the channels are
CellProfiler's example images of human cells (CC0).
"""

import io
import pathlib
import sys

import skimage.data
from PIL import Image

from dualstream.figures.ihc_figure import ihc_figure
from dualstream.slides.blending import blend_files
from dualstream.slides.ihc import measure_ihc

HERE = pathlib.Path(__file__).parent
TONES = [5 * round(tone / 5) for tone in range(256)]  # the eye does not miss what PNG saves

slide = skimage.data.immunohistochemistry()
sink = io.BytesIO()
ihc_figure(slide, measure_ihc(slide), "scikit-image's immunohistochemistry").savefig(sink, dpi=60)
Image.open(sink).convert('RGB').point(3 * TONES).save(HERE / 'ihc.png', optimize=True)

blend_files(sys.argv[1:], HERE / 'merge.png', ['magenta', 'green'], stretch=True)
with Image.open(HERE / 'merge.png') as merged:
    merged.point(3 * TONES).save(HERE / 'merge.png', optimize=True)
