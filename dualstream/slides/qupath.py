"""Stain vectors in QuPath's JSON: the text between the quotes of its setColorDeconvolutionStains.

QuPath's script of an image's stains, in its tab Workflow, holds one such text; saved as a file, it
is read here. What is written here can be pasted there.
"""

import dataclasses
import json
import os
import pathlib

from dualstream.color.conventions import QUPATH, StainConvention
from dualstream.color.stain_matrix import stain_matrix
from dualstream.runtime.atomic import writing
from dualstream.runtime.errors import UserError


def read_qupath(path: os.PathLike | str) -> StainConvention:
    """Reads stain vectors and background that QuPath wrote, as a convention.

    Args:
      path: a JSON file with "Stain 1", "Values 1", "Stain 2", "Values 2", perhaps a third, and
        "Background", each list of three numbers as a text.

    Returns:
      QuPath's convention with these vectors, names and background.

    Raises:
      UserError: the file is no such JSON, or its vectors cannot be told apart.
      OSError: the file cannot be read.
    """
    try:
        values = json.loads(pathlib.Path(path).read_text())
        stains = [number for number in (1, 2, 3) if f'Stain {number}' in values]
        convention = dataclasses.replace(
            QUPATH, stains=tuple(values[f'Stain {number}'] for number in stains),
            vectors=tuple(_numbers(values[f'Values {number}']) for number in stains),
            white=_numbers(values['Background']))
        stain_matrix(convention.vectors)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f'{path} must be JSON of stain vectors as QuPath writes it, like {_EXAMPLE}; '
            f'{type(error).__name__}: {error}') from error
    return convention


def write_qupath(path: os.PathLike | str, stains: StainConvention, *, name: str) -> None:
    """Writes stain vectors and background as QuPath's JSON.

    Args:
      path: the file to write; its folder must exist.
      stains: the vectors, in red, green and blue; their names; and the background.
      name: the name that QuPath shows.

    Example:
      >>> from dualstream.color.conventions import QUPATH
      >>> from dualstream.slides.qupath import read_qupath, write_qupath
      >>> path = getfixture('tmp_path') / 'stains.json'
      >>> write_qupath(path, QUPATH, name='H&E')
      >>> read_qupath(path) == QUPATH
      True
    """
    values = {'Name': name}
    for number, (stain, vector) in enumerate(zip(stains.stains, stains.vectors), 1):
        values |= {f'Stain {number}': stain, f'Values {number}': _text(vector)}
    with writing(path) as scratch:
        scratch.write_text(json.dumps({**values, 'Background': _text(stains.white)}) + '\n')


_EXAMPLE = ('{"Stain 1": "Hematoxylin", "Values 1": "0.65 0.70 0.29", "Stain 2": "DAB", '
            '"Values 2": "0.27 0.57 0.78", "Background": "255 255 255"}')


def _numbers(text: str) -> tuple[float, float, float]:
    numbers = tuple(map(float, text.split()))
    if len(numbers) != 3:
        raise ValueError(f'three numbers are needed, got {text!r}')
    return numbers


def _text(numbers) -> str:
    return ' '.join(f'{number:.6g}' for number in numbers)
