"""MODEL_CARD.md: what an export is, what it was trained on, how good it is, and what it is not.

The front matter is YAML, for programs; the text below says the same to people (Mitchell et al.
2019, Model cards for model reporting).
"""

import dataclasses
import hashlib
import math
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import yaml

from dualstream import __version__
from dualstream.datasets.near_duplicates import group_near_duplicates, hash_photo
from dualstream.evaluation.measures import (
    NAMES,
    constant_answer,
    estimate,
    estimate_recalls,
    measure,
)
from dualstream.evaluation.predictions import predict
from dualstream.export.folding import in_float32
from dualstream.export.parity import Parity, parity_table
from dualstream.export.source import exported_routine
from dualstream.pipeline import Photos, make_evaluation_batches
from dualstream.runtime.choices import FRAME
from dualstream.training.finished import FinishedRun

FILE = 'MODEL_CARD.md'

_DIGITS = 4
_UNKNOWN = 'not stated by the data set'


def measure_run(run: FinishedRun, photos: Photos) -> dict[str, Any]:
    """Measures a run on its test split, looked at as exports look at photographs.

    Args:
      run: the run.
      photos: its data set.

    Returns:
      For the card: each measure with its interval of 95% confidence and that of the trivial answer,
      and the recalls.
    """
    batches = make_evaluation_batches(
        photos, 'test', exported_routine(run.config), batch_size=16, seed=run.config.seed)
    predictions = predict(in_float32(run.network), batches, run.label_names)
    hashes = [hash_photo(example['image']) for example in photos.read('test').as_numpy_iterator()]
    estimates = estimate(predictions, group_near_duplicates(np.stack(hashes)))
    trivial = measure(constant_answer(predictions))
    return {
        'metrics': {name: _rounded(each) | {'trivial': round(trivial[name], _DIGITS)}
                    for name, each in estimates.items()},
        'recalls': {name: _rounded(each) for name, each in estimate_recalls(predictions).items()}}


def read_scores(run: FinishedRun) -> dict[str, Any]:
    """What the training itself measured, for the card of a run whose data set is not there."""
    trivial = run.summary['trivial']
    return {
        'metrics': {name: {'value': round(run.summary[name], _DIGITS),
                           'trivial': round(trivial[name], _DIGITS)}
                    for name in ('accuracy', 'balanced_accuracy')},
        'recalls': {name: {'value': round(value, _DIGITS)}
                    for name, value in run.summary['per_class_recall'].items()}}


def write_card(
    folder: pathlib.Path, run: FinishedRun, *, photos: Photos | None, parity: Sequence[Parity]
) -> None:
    """Writes MODEL_CARD.md for an exported run, after all other files.

    Args:
      folder: of the export.
      run: what was exported.
      photos: the run's data set, to measure it on; None where it is not there.
      parity: how far each format is from Python.
    """
    facts = _facts(folder, run, photos=photos, parity=parity)
    header = yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=100)
    (folder / FILE).write_text(f'---\n{header}---\n\n{_text(facts, parity)}')


def hash_files(folder: pathlib.Path) -> list[dict[str, Any]]:
    """Lists the files of a folder and its folders, but the card: path, bytes and SHA-256."""
    files = [path for path in sorted(folder.rglob('*')) if path.is_file() and path.name != FILE]
    return [{'path': str(path.relative_to(folder)), 'bytes': path.stat().st_size,
             'sha256': hashlib.sha256(path.read_bytes()).hexdigest()} for path in files]


def _facts(folder, run, *, photos, parity) -> dict[str, Any]:
    """The front matter."""
    dataset, height_width = run.summary['dataset'], [*run.config.image_size]
    of_config = photos and getattr(photos.builder.builder_config, 'licence', None)
    routine = exported_routine(run.config)
    return {
        'library_name': 'dualstream',
        'library_version': __version__,
        'pipeline_tag': 'image-classification',
        'label_names': [*run.label_names],
        'data': {
            'name': dataset['name'], 'synthetic': dataset['synthetic'],
            'licence': of_config or _UNKNOWN,
            **{split: dataset[split] for split in ('train', 'validation', 'test')}},
        'network': {'preset': run.config.preset, 'image_size': height_width,
                    'parameters': run.summary['parameters'], 'prior': run.config.prior,
                    'temperature': run.summary['temperature']},
        'window': {'mask': routine.mask, 'crop': routine.crop, 'chosen_from': routine.look,
                   'zoom': _zoom(routine.zoom)},
        'measured': 'on the test split by this export' if photos else 'by the training',
        **(measure_run(run, photos) if photos else read_scores(run)),
        'refusal': dataclasses.asdict(run.refusal),
        'parity': [{'format': row.name, 'photographs': row.photographs, 'same_class': row.classes,
                    'largest_difference': float(f'{row.difference:.2g}'),
                    'same_window': row.windows} for row in parity],
        'files': hash_files(folder)}


def _rounded(estimate) -> dict[str, Any]:
    return {'value': round(estimate.value, _DIGITS),
            'interval': [round(estimate.low, _DIGITS), round(estimate.high, _DIGITS)]}


def _text(facts: dict[str, Any], parity: Sequence[Parity]) -> str:
    data, network, refusal = facts['data'], facts['network'], facts['refusal']
    kind = '**synthetic** pictures, drawn by a program' if data['synthetic'] else 'photographs'
    height, width = network['image_size']
    return '\n'.join([
        f'# {network["preset"]} on {data["name"]}', '',
        f'Classifies photographs of leaves as {", ".join(facts["label_names"])}. It looks at '
        f'{_window(facts["window"])}, as an image of {height} x {width} pixels. Trained on '
        f'{data["train"]:,} {kind}; {data["validation"]:,} chose its temperature and thresholds. '
        f'Licence of the data: {data["licence"]}.', '',
        '## How good it is', '',
        f'Measured {facts["measured"]} ({data["test"]:,} {kind}). In brackets the interval of 95% '
        'confidence, where it was computed; the trivial answer gives each class its share, so it '
        'predicts the most frequent class.', '',
        '| measure | value | trivial answer |', '| --- | --- | --- |',
        *(f'| {NAMES[name]} | {_number(each)} | {each["trivial"]:.3f} |'
          for name, each in facts['metrics'].items()), '',
        '| class | recall |', '| --- | --- |',
        *(f'| {name} | {_number(each)} |' for name, each in facts['recalls'].items()), '',
        '## When it gives no diagnosis', '',
        f'`not a leaf`: the mask covers less than {refusal["min_coverage"]:.1%} of the window. '
        f'`unsure`: no class has a probability of at least {refusal["min_confidence"]:.1%}. At '
        'least 98% of the validation split lie above both.', '',
        '## Limits', '', *_limits(data), '',
        '## Parity with Python', '', parity_table(parity), '',
        '## Files', '', '| file | bytes | SHA-256 |', '| --- | --- | --- |',
        *(f'| {file["path"]} | {file["bytes"]:,} | `{file["sha256"]}` |'
          for file in facts['files']), ''])


def _window(window: dict[str, Any]) -> str:
    if window['crop'] == 'none':
        return 'the whole photograph'
    zoom = window['zoom']
    size = (f'a size in the middle between zoom {zoom[0]} and {zoom[1]}' if isinstance(zoom, list)
            else f'zoom {zoom}')
    return (f'the leafiest window of {size} (pixels of the photograph for one of the image; frame '
            'is the largest that fits)')


def _zoom(zoom) -> float | str | list:
    """A zoom of a routine as JSON and YAML hold it: infinity, the largest, is 'frame'."""
    if isinstance(zoom, tuple):
        return [_zoom(each) for each in zoom]
    return FRAME if math.isinf(zoom) else zoom


def _limits(data: dict[str, Any]) -> list[str]:
    limits = [
        '- It knows its classes alone: a leaf of another plant, or with another disease, gets one '
        'of them, or `unsure`.',
        '- It was measured on photographs like those that it was trained on. Other cameras, light '
        'and places were not part of that.',
        '- It is no substitute for a look by somebody who knows the plant.']
    if data['synthetic']:
        limits.insert(0, '- The data are **synthetic**: the figures say nothing about photographs '
                         'of real leaves, and it must not be used for them.')
    return limits


def _number(measured: dict[str, Any]) -> str:
    low_high = measured.get('interval')
    return f'{measured["value"]:.3f}' + (
        f' ({low_high[0]:.3f} to {low_high[1]:.3f})' if low_high else '')
