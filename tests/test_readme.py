"""The pages name files, commands and flags that exist, and the quickstart runs."""

import ast
import functools
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import dualstream

ROOT = pathlib.Path(__file__).parents[1]
PAGES = [ROOT / name for name in (
    'README.md', 'BUILD.md', 'CONTRIBUTING.md', 'experiments/README.md',
    'datasets/cassava_crop/README.md')]
PAGES += sorted([*ROOT.glob('docs/*.md'), *ROOT.glob('experiments/results/*/results.md')])
NOT_OURS = {'beam_pipeline_options', 'editable', 'help', 'imports', 'wheel'}
"""Flags of pip, tfds, build and of all absl commands."""

by_page = pytest.mark.parametrize(
    'page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def test_readme_is_short_and_says_its_limits_before_the_details():
    text = (ROOT / 'README.md').read_text()
    assert len(text.splitlines()) <= 120
    assert text.index('## Limitations') < text.index('](docs/data.md)')


@by_page
def test_links_and_pictures_exist(page):
    for target, anchor in re.findall(r'\]\(([^)#\s]*)(?:#([^)\s]*))?\)', page.read_text()):
        if target.startswith(('http://', 'https://')):
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), f'{target}#{anchor}'


def anchors(page):
    """What GitHub names the headings of a page."""
    headings = re.findall(r'^#+ (.+)$', page.read_text(), re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


@by_page
def test_commands_exist(page):
    for name, _ in commands(page.read_text()):
        assert importlib.util.find_spec(name), name


@by_page
def test_flags_of_commands_exist(page):
    for name, given in commands(page.read_text()):
        assert given <= flags_of(name) | NOT_OURS, (name, given - flags_of(name))


@by_page
def test_flags_in_the_text_exist(page):
    names = [path.stem for path in ROOT.glob('dualstream/[a-z]*.py')]
    names += [path.parent.name for path in ROOT.glob('dualstream/*/__main__.py')]
    known = NOT_OURS.union(*(flags_of(f'dualstream.{name}') for name in names))
    lines = [line for line in page.read_text().splitlines() if 'experiments.' not in line]
    mentioned = set(re.findall(r'`--(\w+)', '\n'.join(lines)))
    mentioned -= flags_of('experiments.preprocessing')  # --quick and --out, of all experiments
    assert mentioned <= known, mentioned - known


def commands(text):
    """The modules that a page runs by `python -m`, each with the names of its flags."""
    text = text.replace('\\\n', ' ')
    found = re.findall(r'python -m ((?:dualstream|experiments)\.[a-z][\w.]*\w)([^`\n#]*)', text)
    return [(name, set(re.findall(r'--(\w+)', rest))) for name, rest in found]


@functools.cache
def flags_of(module):
    """The names of a command's flags; in a process of its own, since commands share names."""
    package = ROOT.joinpath(*module.split('.')).is_dir()
    name = f'{module}.__main__' if package else module
    program = f'import {name}; from absl import flags; print(*flags.FLAGS)'
    done = subprocess.run(
        [sys.executable, '-c', program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.slow
def test_quickstart_runs(data_dir, tmp_path):
    """Each block of README as it is, on a smaller data set."""
    photo = next(ROOT.glob('datasets/cassava_crop/dummy_data/**/*.jpg'))
    (tmp_path / 'photos').mkdir()
    shutil.copy(photo, tmp_path / 'photos')
    blocks = re.findall(r'```python\n(.*?)```', (ROOT / 'README.md').read_text(), re.DOTALL)
    assert len(blocks) == 3
    paths = os.pathsep.join([str(ROOT), os.environ.get('PYTHONPATH', '')])
    for block in blocks:
        program = block.replace("'cassava_crop'", "'cassava_crop/small'")
        done = subprocess.run(
            [sys.executable, '-c', program], cwd=tmp_path, capture_output=True, text=True,
            env={**os.environ, 'TFDS_DATA_DIR': str(data_dir), 'PYTHONPATH': paths})
        assert done.returncode == 0, done.stderr[-3000:]


def test_every_experiment_is_in_the_index_and_says_how_long_it_takes():
    index = (ROOT / 'experiments/README.md').read_text()
    files = [*ROOT.glob('experiments/*.py'), *ROOT.glob('experiments/*/__main__.py')]
    for path in files:
        if "if __name__ == '__main__'" not in path.read_text():
            continue  # what experiments share
        name = path.stem if path.stem != '__main__' else path.parent.name
        assert f'| [{name}](#{name}) |' in index
        text = ast.get_docstring(ast.parse(path.read_text()))
        assert re.search(r'Takes .*(minute|hour)', text.replace('\n', ' ')), path


def test_results_hold_no_generated_pages():
    assert not list(ROOT.glob('experiments/results/**/*.html'))


def test_one_version_everywhere():
    version = dualstream.__version__
    assert f'\nversion: {version}\n' in (ROOT / 'CITATION.cff').read_text()
    assert f'\n## {version} - ' in (ROOT / 'CHANGELOG.md').read_text()
