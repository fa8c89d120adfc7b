"""The command: what it writes, what it says, and how it fails."""

import json
import re

import commands
import numpy as np
import pytest
import tifffile
from PIL import Image

from dualstream.color import merge, rgb_to_lab


def recolor(*arguments):
    return commands.run('dualstream.recolor', *arguments)


@pytest.fixture(scope='module')
def pictures(tmp_path_factory):
    """A folder with folders: 8 and 16 bits, alpha, gray, a broken file, and a file that is none."""
    folder = tmp_path_factory.mktemp('pictures')
    (folder / 'deep').mkdir()
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (60, 80, 3), np.uint8)
    Image.fromarray(pixels).save(folder / 'a.png')
    Image.fromarray(pixels).convert('RGBA').save(folder / 'a.bmp')
    tifffile.imwrite(folder / 'deep/b.tif', rng.integers(0, 65536, (50, 70, 3), np.uint16),
                     photometric='rgb')
    Image.fromarray(pixels[..., 0]).save(folder / 'gray.png')
    (folder / 'broken.jpg').write_bytes(b'\xff\xd8\xff\xe0 no more')
    (folder / 'notes.txt').write_text('no picture')
    return folder


@pytest.fixture(scope='module')
def made(pictures, tmp_path_factory):
    out = tmp_path_factory.mktemp('out') / 'new'
    return recolor(pictures, '--to=lab', f'--out={out}'), out


def test_every_readable_picture_of_a_folder_is_made_where_it_lay(made, pictures):
    _, out = made
    assert sorted(str(path.relative_to(out)) for path in out.rglob('*.*')) == [
        'a-lab-2.tif', 'a-lab.tif', 'deep/b-lab.tif', 'recolor-sheet-1.png']
    pixels = np.asarray(Image.open(pictures / 'a.png'))
    for name in ('a-lab.tif', 'a-lab-2.tif'):
        np.testing.assert_allclose(tifffile.imread(out / name), rgb_to_lab(pixels), atol=1e-3)
    assert tifffile.imread(out / 'deep/b-lab.tif').dtype == np.float32
    with Image.open(out / 'recolor-sheet-1.png') as sheet:
        assert sheet.format == 'PNG' and np.asarray(sheet.convert('RGB')).std() > 20


def test_bad_pictures_are_one_line_each_and_the_status_is_1(made):
    run, _ = made
    lines = run.stderr.splitlines()
    assert run.returncode == 1 and len(lines) == 3
    assert 'broken.jpg: no whole JPEG' in lines[0]
    assert 'gray.png: the picture is gray, and needs red, green and blue' in lines[1]
    assert lines[2] == 'error: 2 of 5 pictures could not be read'


def test_channels_are_recreated_from_16_bits_and_called_so(tmp_path):
    channels = np.random.default_rng(1).integers(0, 32768, (40, 50, 2), np.uint16)
    tifffile.imwrite(tmp_path / 'merge.tif', np.asarray(merge(channels, 'mgc')), photometric='rgb')
    run = recolor(tmp_path / 'merge.tif', '--to=channels', '--colors=magenta,green',
                  f'--out={tmp_path}/out')
    assert run.returncode == 0 and run.stderr == ''
    assert re.search(r'merge.tif: recreated, not measured; 0.0% of .* clipped', run.stdout)
    recreated = tifffile.imread(tmp_path / 'out/merge-channels.tif')
    assert recreated.dtype == np.uint16
    assert np.abs(recreated.astype(int) - channels).max() <= 2


def test_stains_of_qupath_are_read(tmp_path):
    stains = {'Name': 'H-DAB', 'Stain 1': 'Hematoxylin', 'Values 1': '0.65111 0.70119 0.29049 ',
              'Stain 2': 'DAB', 'Values 2': '0.26917 0.56824 0.77759', 'Background': ' 200 255 255'}
    (tmp_path / 'stains.json').write_text(json.dumps(stains))
    amount = np.array([0.8, 0.3])  # in decades, as QuPath counts
    vectors = np.array([[0.65111, 0.70119, 0.29049], [0.26917, 0.56824, 0.77759]])
    white = np.array([200, 255, 255])
    pixel = (white * 10 ** -(amount @ vectors) / 255).astype(np.float32)
    tifffile.imwrite(tmp_path / 'slide.tif', np.tile(pixel, (16, 16, 1)), photometric='rgb')
    run = recolor(tmp_path / 'slide.tif', '--to=hed', f'--stains={tmp_path}/stains.json',
                  f'--out={tmp_path}/out')
    assert run.returncode == 0, run.stderr
    made = tifffile.imread(tmp_path / 'out/slide-hed.tif')
    np.testing.assert_allclose(made[3, 4], [0.8, 0.3, 0], atol=1e-3)


def test_a_picture_is_never_written_over_itself(tmp_path):
    tifffile.imwrite(tmp_path / 'a.tif', np.zeros((8, 8, 3), np.uint8), photometric='rgb')
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out/a-gray.tif').symlink_to(tmp_path / 'a.tif')
    before = (tmp_path / 'a.tif').read_bytes()
    run = recolor(tmp_path / 'a.tif', '--to=gray', f'--out={tmp_path}/out')
    assert run.returncode == 1 and 'is a picture to read' in run.stderr
    assert (tmp_path / 'a.tif').read_bytes() == before


def stained(haematoxylin, eosin, seed, shape=(96, 96)):
    """A synthetic slide: squared random amounts of two stains."""
    amounts = np.random.default_rng(seed).uniform(0, 1, (*shape, 2)) ** 2 * (1.5, 1)
    density = amounts @ np.array([haematoxylin, eosin])
    return (240 * np.exp(-density)).round().astype(np.uint8)


REFERENCE = ((0.65, 0.70, 0.29), (0.07, 0.99, 0.11))


@pytest.mark.slow
def test_slides_are_given_the_stains_of_the_reference(tmp_path):
    (tmp_path / 'slides').mkdir()
    Image.fromarray(stained(*REFERENCE, 0)).save(tmp_path / 'reference.png')
    other = stained((0.55, 0.75, 0.37), (0.2, 0.9, 0.4), 1)
    Image.fromarray(other).save(tmp_path / 'slides/a.png')
    tifffile.imwrite(tmp_path / 'slides/deep.tif', 257 * other.astype(np.uint16), photometric='rgb')
    Image.new('RGB', (64, 64), 'white').save(tmp_path / 'slides/blank.png')
    run = recolor(tmp_path / 'slides', '--normalize=macenko', f'--out={tmp_path}/out',
                  f'--reference={tmp_path}/reference.png')
    assert run.returncode == 0, run.stderr
    assert 'blank.png: no tissue; its stains were left as they are' in run.stdout
    out = tmp_path / 'out'
    assert sorted(path.name for path in out.iterdir()) == [
        'a-macenko.json', 'a-macenko.png', 'blank-macenko.png', 'deep-macenko.json',
        'deep-macenko.tif', 'recolor-sheet-1.png']
    assert np.asarray(Image.open(out / 'blank-macenko.png')).min() == 255
    made = np.asarray(Image.open(out / 'a-macenko.png')).astype(float)
    wanted = stained(*REFERENCE, 1).astype(float)  # the same amounts in the reference's stains
    assert np.abs(made - wanted).mean() < 0.6 * np.abs(other - wanted).mean()
    deep = tifffile.imread(out / 'deep-macenko.tif')
    assert deep.dtype == np.uint16
    np.testing.assert_allclose(deep / 257, made, atol=1.5)
    found = json.loads((out / 'a-macenko.json').read_text())
    vector = np.array(found['Values 1'].split(), float)
    drawn = np.array([0.55, 0.75, 0.37]) / np.linalg.norm([0.55, 0.75, 0.37])
    assert np.degrees(np.arccos(vector @ drawn)) < 5 and found['Background'] == '240 240 240'


@pytest.mark.slow
def test_reinhard_needs_no_two_stains_and_writes_none(tmp_path):
    Image.fromarray(stained(*REFERENCE, 0, (48, 48))).save(tmp_path / 'reference.png')
    other = stained((0.55, 0.75, 0.37), (0.2, 0.9, 0.4), 1, (48, 48))
    Image.fromarray(other).save(tmp_path / 'a.png')
    run = recolor(tmp_path / 'a.png', '--normalize=reinhard', '--to=gray', f'--out={tmp_path}/out',
                  f'--reference={tmp_path}/reference.png')
    assert run.returncode == 0, run.stderr
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == [
        'a-reinhard-gray.png', 'recolor-sheet-1.png']
    made = np.asarray(Image.open(tmp_path / 'out/a-reinhard-gray.png')).astype(float)
    luma = np.array([0.299, 0.587, 0.114])
    target = (stained(*REFERENCE, 0, (48, 48)) @ luma).mean()
    assert abs(made.mean() - target) < abs((other @ luma).mean() - target) / 2


@pytest.mark.parametrize('arguments, said', [
    (['a.png', '--normalize=macenko'], '--normalize and --reference need each other'),
    ([], 'name a picture'),
    (['a.png'], 'say what to make'),
    (['a.png', '--to=cmyk'], "--to"),
    (['missing.png', '--to=lab'], 'missing.png'),
    (['a.png', '--to=channels', '--colors=red,#fe0000'], 'cannot be told apart'),
    (['a.png', '--to=hed', f'--stains={__file__}'], 'must be JSON of stain vectors'),
    (['a.png', '--to=lab', f'--out={__file__}'], '--out=.* is a file'),
])
def test_bad_input_is_named(arguments, said, tmp_path):
    run = recolor(f'--out={tmp_path}', *arguments)
    assert run.returncode == 1
    lines = run.stderr.splitlines()
    assert re.match(f'error: .*{said}', lines[0]) and len(lines) <= 2
    assert not list(tmp_path.glob('*.tif'))


def test_an_empty_folder_is_an_error(tmp_path):
    assert 'holds no picture' in recolor(tmp_path, '--to=lab', f'--out={tmp_path}/out').stderr
