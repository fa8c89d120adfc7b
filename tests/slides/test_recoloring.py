"""Recoloured files hold what the colour functions give, and slides do so in bounded memory."""

import subprocess
import sys

import numpy as np
import pytest
import tifffile

from dualstream.color import rgb_to_hed, rgb_to_hsv, rgb_to_lab, unmix
from dualstream.color.conventions import QUPATH
from dualstream.runtime.errors import UserError
from dualstream.slides.recoloring import Recoloring, Thumbnail, recolor_file

PIXELS = np.random.default_rng(0).random((530, 600, 3))


def recolored(pixels, recoloring, tmp_path, **layout):
    tifffile.imwrite(tmp_path / 'in.tif', pixels, photometric='rgb', **layout)
    small = recolor_file(tmp_path / 'in.tif', tmp_path / 'out.tif', recoloring)
    return tifffile.imread(tmp_path / 'out.tif'), small


@pytest.mark.parametrize('to, function, dtype, top', [
    ('lab', rgb_to_lab, 'uint8', 255),
    pytest.param('hsv', rgb_to_hsv, 'uint16', 65535, marks=pytest.mark.slow),
    pytest.param('hed', rgb_to_hed, 'float32', 1, marks=pytest.mark.slow)])
def test_spaces_come_out_with_their_units_from_any_depth(to, function, dtype, top, tmp_path):
    pixels = (top * PIXELS).astype(dtype)
    made, _ = recolored(pixels, Recoloring(to=to), tmp_path, tile=(128, 128))
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, function((pixels / top).astype(np.float32)), atol=1e-3)


@pytest.mark.parametrize('dtype, top', [
    ('uint16', 65535), pytest.param('float32', 1, marks=pytest.mark.slow)])
def test_gray_and_channels_keep_their_depth(dtype, top, tmp_path):
    pixels = (top * PIXELS).astype(dtype)
    gray, _ = recolored(pixels, Recoloring(to='gray'), tmp_path)
    step = 2e-6 if top == 1 else 1
    assert gray.dtype == dtype
    np.testing.assert_allclose(gray, pixels @ [0.299, 0.587, 0.114], atol=step)
    colors = ('magenta', 'green')
    channels, _ = recolored(pixels, Recoloring(to='channels', colors=colors), tmp_path)
    assert channels.dtype == dtype and channels.shape == (530, 600, 2)
    np.testing.assert_allclose(channels.astype(float),
                               np.asarray(unmix(pixels, colors).channels).astype(float), atol=step)


@pytest.mark.slow
def test_stains_of_qupath_have_its_numbers_and_a_residual(tmp_path):
    pixels = (255 * PIXELS).astype(np.uint8)
    recoloring = Recoloring(to='hed', stains=QUPATH)
    assert recoloring.names == ('hematoxylin', 'eosin', 'residual')
    made, _ = recolored(pixels, recoloring, tmp_path)
    np.testing.assert_allclose(made, rgb_to_hed(pixels, convention=QUPATH), atol=1e-5)


@pytest.mark.parametrize('most', [7, 64, 320, 600])
def test_thumbnails_are_every_kth_pixel_of_all_tiles(most):
    pixels = (255 * np.random.default_rng(1).random((1100, 700, 3))).astype(np.uint8)
    thumbnail = Thumbnail(pixels.shape, 'uint8', most)
    for top in range(0, 1100, 512):
        for left in range(0, 700, 512):
            thumbnail.add(pixels[top:top + 512, left:left + 512], top, left)
    step = -(-1100 // most)
    np.testing.assert_array_equal(thumbnail.pixels, pixels[::step, ::step])


def test_small_pictures_of_before_and_after_come_back(tmp_path):
    pixels = (255 * PIXELS).astype(np.uint8)
    made, small = recolored(pixels, Recoloring(to='gray'), tmp_path)
    np.testing.assert_array_equal(small.before.pixels, pixels[::2, ::2])
    np.testing.assert_array_equal(small.after.pixels, made[::2, ::2, None])
    assert small.validity is small.stains is None


def test_a_file_that_fails_midway_leaves_nothing(tmp_path):
    pixels = np.zeros((1200, 8, 3), np.float32)
    pixels[1100, 4, 2] = np.nan
    with pytest.raises(UserError, match='in.tif: floating pixels must be in .* without NaN'):
        recolored(pixels, Recoloring(to='gray'), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ['in.tif']


SLIDE = '''
import resource, sys, zlib
import numpy as np, tifffile
from dualstream.slides.recoloring import Recoloring, recolor_file

SIDE, TILE = 20_000, 512
rng = np.random.default_rng(0)
smooth = np.add.outer(np.arange(TILE), np.arange(TILE))[..., None] * [0.25, 0.1, 0.2]
kinds = [zlib.compress((smooth + 40 * kind).astype(np.uint8).tobytes(), 1) for kind in range(4)]

def write(path, side):
    across = -(-side // TILE)
    with tifffile.TiffWriter(path) as tiff:
        tiff.write((kinds[number % 4] for number in range(across ** 2)), shape=(side, side, 3),
                   dtype='uint8', photometric='rgb', tile=(TILE, TILE), compression='zlib')

def peak():  # in bytes
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

folder = sys.argv[1]
recoloring = Recoloring(to='gray')
write(f'{folder}/small.tif', 1000)
recolor_file(f'{folder}/small.tif', f'{folder}/small-gray.tif', recoloring)
write(f'{folder}/slide.tif', SIDE)
before = peak()
recolor_file(f'{folder}/slide.tif', f'{folder}/slide-gray.tif', recoloring)
print(peak() - before)
with tifffile.TiffFile(f'{folder}/slide-gray.tif') as tiff:
    page = tiff.pages[0]
    assert page.shape == (SIDE, SIDE)
    for number in (0, 1, 41, 1558):  # not at the right or the bottom
        file = page.parent.filehandle
        file.seek(page.dataoffsets[number])
        tile = page.decode(file.read(page.databytecounts[number]), number)[0][0, ..., 0]
        source = np.frombuffer(zlib.decompress(kinds[number % 4]), 'u1').reshape(TILE, TILE, 3)
        expected = source @ [0.299, 0.587, 0.114]
        assert np.abs(tile - expected).max() <= 0.51
'''


@pytest.mark.slow
def test_a_slide_of_20000_x_20000_takes_an_eighth_of_its_size_at_most(tmp_path):
    """1.2 GB of pixels; beyond what a small picture took, 150 MB must do (61 MB were measured)."""
    done = subprocess.run([sys.executable, '-c', SLIDE, str(tmp_path)],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) < 150e6
