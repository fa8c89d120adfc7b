"""The package as people get it: quick to import, and whole in a wheel."""

import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

import dualstream

ROOT = pathlib.Path(__file__).parents[1]


def python(code, **kwargs):
    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, **kwargs)


def test_import_brings_neither_tensorflow_nor_keras():
    heavy = {'tensorflow', 'keras', 'jax', 'cv2', 'tensorflow_datasets', 'matplotlib'}
    process = python(f'import sys, dualstream; print({heavy} & set(sys.modules))')
    assert process.stdout.strip() == 'set()', process.stderr


def test_opencv_is_imported_by_its_mask_alone():
    naming = {str(path.relative_to(ROOT)) for folder in ('dualstream', 'datasets')
              for path in (ROOT / folder).rglob('*.py') if 'import cv2' in path.read_text()}
    assert naming == {'dualstream/color/masks.py'}
    assert '\nimport cv2' not in (ROOT / 'dualstream/color/masks.py').read_text()


@pytest.mark.parametrize('name', dualstream.__all__)
def test_public_names_are_there_and_documented(name):
    assert getattr(dualstream, name).__doc__
    assert name in dir(dualstream)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match='no_such_name'):
        dualstream.no_such_name


def test_network_needs_no_tensorflow():
    """Its files name keras alone, so that it runs on any backend of Keras."""
    for path in (ROOT / 'dualstream' / 'network').glob('*.py'):
        assert 'tensorflow' not in path.read_text().replace('never TensorFlow', ''), path


def imports_of(folder):
    lines = [line.split('#')[0].split() for path in folder.rglob('*.py')
             for line in path.read_text().splitlines()]
    return {words[1] for words in lines if len(words) > 1 and words[0] in ('import', 'from')
            and words[1].startswith('dualstream')}


@pytest.mark.parametrize('room, may_use', [
    ('color', {'color'}),
    ('crop', {'crop', 'color'}),
    ('network', {'network'}),
    ('pipeline', {'pipeline', 'crop', 'color'}),
])
def test_arrows_point_down_only(room, may_use):
    rooms = {name.split('.')[1] for name in imports_of(ROOT / 'dualstream' / room)}
    assert rooms <= may_use


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp('wheel')
    # From a copy: a build/ left in the checkout would go into later wheels.
    copy = shutil.copytree(ROOT, out / 'copy', ignore=shutil.ignore_patterns(
        '.*', 'data', 'runs', 'build', '*.egg-info'))
    subprocess.run([sys.executable, '-m', 'build', '--wheel', '--no-isolation', f'--outdir={out}'],
                   cwd=copy, check=True, capture_output=True)
    return next(out.glob('*.whl'))


def test_wheel_holds_the_data_sets_and_no_module_called_datasets(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split('/')[0] for name in names}
    assert tops == {'dualstream', f'dualstream-{dualstream.__version__}.dist-info'}
    folder = 'dualstream/datasets/cassava_crop'
    for file in ('cassava_crop_dataset_builder.py', 'README.md', 'CITATIONS.bib', 'TAGS.txt',
                 'checksums.tsv'):
        assert f'{folder}/{file}' in names
    for path in (ROOT / 'dualstream').rglob('*.py'):
        assert str(path.relative_to(ROOT)) in names


def test_wheel_works_outside_of_the_checkout(wheel, builder, data_dir, tmp_path):
    site = tmp_path / 'site'
    subprocess.run([sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps',
                    f'--target={site}', str(wheel)], check=True, capture_output=True)
    process = python(f'''
import sys
sys.path.insert(0, {str(site)!r})
import dualstream
import tensorflow_datasets as tfds
import importlib.util
assert dualstream.__file__.startswith({str(site)!r}), dualstream.__file__
builder = tfds.builder('cassava_crop/icassava2019')
assert type(builder).code_path.is_relative_to({str(site)!r})
assert builder.url_infos and 'Photographs' in builder.info.description
crops = tfds.load('cassava_crop/small', data_dir={str(data_dir)!r}, split='test',
                  as_supervised=True)
print(next(iter(crops))[0].shape, importlib.util.find_spec('datasets'))
''', cwd=tmp_path)
    assert process.stdout.strip() == '(224, 224, 3) None', process.stderr
