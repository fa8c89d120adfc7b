"""The layers of BUILD.md's table: a module imports from its own package and from those below.

An import inside a function counts as one at the top.
"""

import ast
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]


def layers_of_build_md() -> list[list[str]]:
    """The packages in the first column of the table, the highest layer first."""
    table = (ROOT / 'BUILD.md').read_text().split('| layer | may import |')[1].split('\n\n')[0]
    cells = [row.split('|')[1] for row in table.strip().splitlines()[1:]]
    return [re.findall(r'[a-z]+', cell)
            for cell in cells]


LAYERS = layers_of_build_md()
LAYER = {package: number for number, layer in enumerate(LAYERS) for package in layer}

FILES = sorted(path.relative_to(ROOT) for folder in ('dualstream', 'datasets', 'experiments')
               for path in (ROOT / folder).rglob('*.py'))


def package_of(file: pathlib.Path) -> str | None:
    """The package of the table in which a file is; None for dualstream/__init__.py."""
    top, *rest = file.parts
    if top != 'dualstream':
        return top
    if len(rest) > 1:
        return rest[0]
    return None if rest == ['__init__.py'] else 'commands'


def modules_imported(file: pathlib.Path) -> set[str]:
    """The full names of all that a file imports, in functions too; `from a import b` is a.b."""
    names = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{file} imports by a relative name'
            names |= {f'{node.module}.{alias.name}' for alias in node.names}
    return names


def packages_imported(file: pathlib.Path) -> set[str]:
    """Of the table's packages, those that a file imports."""
    packages = set()
    for name in modules_imported(file):
        top, *rest = name.split('.')
        if top == 'experiments':
            packages.add(top)
        elif top == 'dualstream':
            if rest and rest[0] in LAYER:
                packages.add(rest[0])
            elif rest and (ROOT / 'dualstream' / f'{rest[0]}.py').exists():
                packages.add('commands')
    return packages


def test_every_package_has_a_layer():
    packages = {package_of(file) for file in FILES} - {None}
    assert packages <= set(LAYER)


@pytest.mark.parametrize('file', FILES, ids=str)
def test_arrows_point_down(file):
    package = package_of(file)
    if package is None:  # it knows where the public names are, and imports them when they are used
        assert packages_imported(file) == {'runtime'}
        return
    upward = {other for other in packages_imported(file)
              if other != package and LAYER[other] <= LAYER[package]}
    if package == 'experiments':
        upward -= {'commands'}
    assert not upward, f'{file} imports {", ".join(sorted(upward))}'


def test_imports_are_seen_wherever_they_are():
    assert LAYER['commands'] < LAYER['training'] < LAYER['pipeline'] < LAYER['color']
    assert package_of(pathlib.Path('dualstream/crop/grid.py')) == 'crop'
    assert package_of(pathlib.Path('dualstream/train.py')) == 'commands'
    assert 'crop' in packages_imported(pathlib.Path('dualstream/pipeline/routines.py'))
    assert 'traces' in packages_imported(pathlib.Path('dualstream/review.py'))


def libraries_of(file: pathlib.Path) -> set[str]:
    return {name.split('.')[0] for name in modules_imported(file)}


@pytest.mark.parametrize(
    'file', [file for file in FILES if package_of(file) == 'network'], ids=str)
def test_the_network_runs_on_any_backend(file):
    assert not libraries_of(file) & {'tensorflow', 'tensorflow_datasets', 'jax', 'torch'}


def test_opencv_is_imported_by_its_mask_alone():
    importing = {str(file) for file in FILES
                 if 'cv2' in libraries_of(file) and package_of(file) != 'experiments'}
    assert importing == {'dualstream/color/masks.py'}
    module = ast.parse((ROOT / 'dualstream/color/masks.py').read_text())
    functions = {node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef)
                 for inner in ast.walk(node)
                 if isinstance(inner, ast.Import) and inner.names[0].name == 'cv2'}
    assert functions and not any(
        isinstance(node, ast.Import) and node.names[0].name == 'cv2' for node in module.body)
