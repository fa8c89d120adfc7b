"""The command: what it writes, what it says, and how it fails."""

import os
import re
import subprocess
import sys

import commands
import numpy as np
import pytest
from PIL import Image

from dualstream.color import HsvRange
from dualstream.datasets.cassava_crop.demo import draw_leaf_photo, encode_jpeg


def show(*arguments):
    return commands.run('dualstream.show', *arguments)


@pytest.fixture(scope='module')
def leaves(tmp_path_factory):
    """A folder of eight synthetic photographs, one of them broken, and a file that is none."""
    folder = tmp_path_factory.mktemp('leaves')
    for index in range(8):
        photo = encode_jpeg(draw_leaf_photo(index % 5, 1, index, height=300, width=400))
        (folder / f'leaf{index}.jpg').write_bytes(photo[:2000] if index == 3 else photo)
    (folder / 'notes.txt').write_text('no picture')
    return folder


@pytest.fixture(scope='module')
def drawn(leaves, tmp_path_factory):
    """Two files of the same name, a missing one and a folder with a broken one, drawn."""
    out = tmp_path_factory.mktemp('out') / 'new'
    leaf, namesake = leaves / 'leaf0.jpg', tmp_path_factory.mktemp('others') / 'leaf0.jpg'
    namesake.write_bytes(leaf.read_bytes())
    return show(leaf, namesake, leaves / 'missing.jpg', leaves, f'--out={out}',
                '--image_size=96', '--hue=40,160'), out


def test_every_readable_photograph_is_drawn(drawn):
    _, out = drawn
    assert sorted(file.name for file in out.iterdir()) == [
        'hue_wheel.png', 'leaf0-2.png', 'leaf0.png', 'leaves0-sheet-1.png']
    for file in out.iterdir():
        with Image.open(file) as image:
            assert image.format == 'PNG'
            assert 250 <= min(image.size) and max(image.size) <= 2000
            assert np.asarray(image.convert('RGB')).std() > 5  # something is on it


def test_bad_photographs_are_one_line_each_and_the_status_tells(drawn):
    run, _ = drawn
    lines = run.stderr.splitlines()
    assert run.returncode == 1
    assert len(lines) == 3 and all(line.startswith('error: ') for line in lines)
    assert 'missing.jpg' in lines[0] and 'leaf3.jpg is not a whole JPEG' in lines[1]
    assert lines[2] == 'error: 2 of 11 photographs could not be read'


def test_thresholds_may_be_of_lch(leaves, tmp_path):
    run = show(leaves / 'leaf0.jpg', f'--out={tmp_path}', '--image_size=96', '--space=lch',
               '--hue=100.5,160', '--lightness=20,90')
    assert run.returncode == 0, run.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ['hue_wheel.png', 'leaf0.png']


def test_suggest_prints_a_range_and_draws_it(leaves, tmp_path):
    (tmp_path / 'suggested_thresholds.png').write_bytes(b'old')
    # In a process that imports TensorFlow itself: the command settles how much that says.
    env = {name: value for name, value in os.environ.items() if name != 'TF_CPP_MIN_LOG_LEVEL'}
    photographs = [leaves / f'leaf{index}.jpg' for index in (0, 1, 2, 4)]
    run = subprocess.run([sys.executable, '-m', 'dualstream.show', *photographs, '--suggest',
                          f'--out={tmp_path}'], capture_output=True, text=True, env=env)
    assert run.returncode == 0 and run.stderr == ''
    assert isinstance(eval(re.search(r'HsvRange\(.*\)', run.stdout)[0]), HsvRange)
    in_use, suggested = (float(re.search(rf'{name}: .* covers ([\d.]+)%', run.stdout)[1])
                         for name in ('in use', 'suggested'))
    assert 0 < suggested < 100 and 0 < in_use < 100
    assert [file.name for file in tmp_path.iterdir()] == ['suggested_thresholds.png']
    with Image.open(tmp_path / 'suggested_thresholds.png') as image:
        assert image.format == 'PNG'


def test_suggest_says_when_there_is_no_leaf(tmp_path):
    Image.new('RGB', (64, 64), (120, 120, 120)).save(tmp_path / 'gray.png')
    run = show(tmp_path / 'gray.png', '--suggest', f'--out={tmp_path}/out')
    assert run.returncode == 1 and 'no leaf-like mode' in run.stderr
    assert [file.name for file in (tmp_path / 'out').iterdir()] == ['suggested_thresholds.png']


@pytest.mark.parametrize('arguments, said', [
    ([], 'name a photograph'),
    (['leaf.jpg', '--saturation=0.8,0.2'], 'saturation must be .* lo <= hi'),
    (['leaf.jpg', '--hue=35'], '--hue must be two whole numbers'),
    (['leaf.jpg', '--chroma=10,60'], '--chroma is no threshold with --space=hsv'),
    (['leaf.jpg', '--space=lch'], '--space=lch needs --hue'),
    (['leaf.jpg', '--space=lch', '--hue=110,160', '--value=0,1'], '--value is no threshold with'),
    (['leaf.jpg', '--space=lch', '--hue=110,160', '--chroma=60,10'], '--chroma must be .* lo <='),
    (['leaf.jpg', '--space=lch', '--hue=110,160', '--suggest'], '--suggest proposes .* in HSV'),
    (['leaf.jpg', '--saccades=0'], '--saccades'),
    (['leaf.jpg', '--image_size=0x8'], '--image_size'),
    (['leaf.jpg', f'--out={__file__}'], '--out=.* is a file'),
])
def test_bad_input_is_one_line(arguments, said, tmp_path):
    run = show(f'--out={tmp_path}', *arguments)
    assert run.returncode == 1
    assert re.match(f'error: .*{said}', run.stderr) and run.stderr.count('\n') == 1


def test_an_unknown_flag_and_help_are_understood():
    assert "Unknown command line flag 'sugest'" in show('leaf.jpg', '--sugest').stderr
    text = show('--helpshort').stdout
    assert 'PHOTO... --out=DIR' in text and '--[no]suggest' in text
