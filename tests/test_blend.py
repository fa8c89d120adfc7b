"""The command merges channels of any depth, and refuses what is no channel."""

import re

import commands
import numpy as np
import pytest
import tifffile
from PIL import Image

from dualstream.color import merge


def blend(*arguments):
    return commands.run('dualstream.blend', *arguments)


@pytest.fixture(scope='module')
def channels(tmp_path_factory):
    """Two gray channels of 16 bits, of which 12 are used, and what is none."""
    folder = tmp_path_factory.mktemp('channels')
    pixels = np.random.default_rng(0).integers(100, 4096, (2, 530, 60), np.uint16)
    for name, channel in zip('ab', pixels):
        tifffile.imwrite(folder / f'{name}.tif', channel, tile=(64, 64))
    tifffile.imwrite(folder / 'small.tif', pixels[0, :50])
    Image.fromarray(np.zeros((530, 60, 3), np.uint8)).save(folder / 'rgb.png')
    return folder, pixels


def test_a_tiff_keeps_the_depth_and_is_what_merge_makes(channels):
    folder, pixels = channels
    run = blend(folder / 'a.tif', folder / 'b.tif', f'--out={folder}/out/m.tif', '--mode=screen')
    assert run.returncode == 0 and run.stderr == ''
    made = tifffile.imread(folder / 'out/m.tif')
    assert made.dtype == np.uint16
    expected = np.asarray(merge(np.moveaxis(pixels, 0, -1), 'mgc', mode='screen')).astype(int)
    assert np.abs(made - expected).max() <= 1


def test_a_stretched_png_uses_all_levels_and_says_how(channels):
    folder, _ = channels
    run = blend(folder / 'a.tif', folder / 'b.tif', f'--out={folder}/m.PNG', '--stretch',
                '--colors=#ff0000,green')
    assert run.returncode == 0, run.stderr
    with Image.open(folder / 'm.PNG') as image:
        made = np.asarray(image)
    assert image.format == 'PNG' and made.shape == (530, 60, 3) and not made[..., 2].any()
    assert made[..., :2].min() == 0 and made[..., :2].max() == 255
    assert len(re.findall(r'black at 0\.\d+% of its range, full colour from 6\.\d+%',
                          run.stdout)) == 2


@pytest.mark.parametrize('arguments, said', [
    ([], 'name the channels'),
    (['a.tif', 'rgb.png'], 'rgb.png: a channel must be gray'),
    (['a.tif', 'small.tif'], 'small.tif is 50 x 60 of uint16.*channels must be alike'),
    (['a.tif', 'b.tif', '--colors=red'], '--colors: .* one per channel, 2; got 1'),
    (['a.tif', '--out=a.jpg'], 'must end in .png or .tif'),
])
def test_bad_input_is_one_line_and_nothing_is_written(arguments, said, channels, tmp_path):
    folder, _ = channels
    arguments = [argument if argument.startswith('--') else folder / argument
                 for argument in arguments]
    run = blend(f'--out={tmp_path}/m.png', *arguments)
    assert run.returncode == 1
    assert re.match(f'error: .*{said}', run.stderr) and run.stderr.count('\n') == 1
    assert not list(tmp_path.iterdir())
