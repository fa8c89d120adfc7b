"""The package as people get it: quick to import, and whole in a wheel."""

import pathlib
import shutil
import subprocess
import sys
import zipfile

import commands
import pytest

import dualstream

ROOT = pathlib.Path(__file__).parents[1]


def python(code, **kwargs):
    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, **kwargs)


def test_import_brings_nothing_heavy():
    """In a process of its own, since this one has imported everything."""
    process = python('import sys, dualstream; print(*{name.split(".")[0] for name in sys.modules})')
    heavy = {'tensorflow', 'keras', 'jax', 'cv2', 'tensorflow_datasets', 'matplotlib', 'numpy'}
    assert 'dualstream' in process.stdout.split(), process.stderr
    assert not heavy & set(process.stdout.split())


@pytest.mark.parametrize('name', dualstream.__all__)
def test_public_names_are_there_and_documented(name):
    assert getattr(dualstream, name).__doc__
    assert name in dir(dualstream)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match='no_such_name'):
        getattr(dualstream, 'no_such_name')  # noqa: B009


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
    ours = [*(ROOT / 'dualstream').rglob('*.py'), *(ROOT / 'dualstream/page').rglob('*.*')]
    for path in ours:
        assert str(path.relative_to(ROOT)) in names
    assert 'dualstream/page/litert/LICENSE' in names


def test_wheel_works_outside_of_the_checkout(wheel, builder, data_dir, tmp_path):
    site = tmp_path / 'site'
    zipfile.ZipFile(wheel).extractall(site)  # all that pip does with a wheel of Python alone
    process = commands.run('-c', f'''
import sys
checkout = {["", str(ROOT), str(ROOT / "tests")]}
sys.path[:] = [{str(site)!r}, *(path for path in sys.path if path not in checkout)]
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
''')
    assert process.stdout.strip() == '(224, 224, 3) None', process.stderr
