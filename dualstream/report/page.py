"""The page of a run: report.md with its pictures, and summary.json for programs."""

import json
import pathlib
import platform
import statistics

import keras
import numpy as np
import tensorflow as tf

from dualstream.pipeline import Photos
from dualstream.report.plots import plot_confusion, plot_curves, plot_images
from dualstream.evaluation.scores import Scores
from dualstream.training.workdir import Workdir

_ROUTINE = ('mask', 'crop', 'look', 'saccades')


def write_report(
    workdir: Workdir,
    photos: Photos,
    network: keras.Model,
    scores: Scores,
    one_window: Scores,
    rows: list[dict[str, float]],
    test: tf.data.Dataset,
    device: str,
    wall_seconds: float,
) -> None:
    """Writes what came out of a run; summary.json last, which says that all is there.

    Args:
      workdir: the run's.
      photos: what it was trained on.
      network: trained.
      scores: on the test split.
      one_window: on the test split, of one window of each picture; the same scores, if the run's
        config asks for no more.
      rows: the lines of metrics.csv.
      test: the batches of one window that were scored.
      device: what it ran on, in words.
      wall_seconds: that it took, all its parts together.
    """
    summary = {
        'balanced_accuracy': scores.balanced_accuracy,
        'accuracy': scores.accuracy,
        'one_window_balanced_accuracy': one_window.balanced_accuracy,
        'per_class_recall': scores.per_class_recall,
        # The first epoch compiles; its speed says nothing where there are others.
        'images_per_second': statistics.median(
            row['images_per_second'] for row in rows[1:] or rows),
        'wall_seconds': wall_seconds,
        'parameters': network.count_params(),
        'config': workdir.config,
        'dataset': {
            'name': photos.builder.info.full_name,
            'synthetic': bool((photos.builder.info.metadata or {}).get('synthetic', False)),
            **{purpose: photos.count(purpose) for purpose in photos.splits},
        },
        'made_by': {
            'device': device, 'machine': platform.machine(), 'python': platform.python_version(),
            'tensorflow': tf.__version__, 'keras': keras.__version__,
            'backend': keras.backend.backend(),
        },
    }
    images, titles = _seen(network, test, scores.label_names)
    with workdir.writing('curves.png') as path:
        plot_curves(rows, path)
    with workdir.writing('confusion.png') as path:
        plot_confusion(scores, path)
    with workdir.writing('crops.png') as path:
        plot_images(images, titles, path)
    with workdir.writing('report.md') as path:
        path.write_text(_page(summary, _beside(workdir.path, summary)))
    with workdir.writing('summary.json') as path:
        path.write_text(json.dumps(summary, indent=2) + '\n')


def _seen(network, test, names, most: int = 24) -> tuple[np.ndarray, list[str]]:
    """The first images of the split, and of each what it is and what it was taken for."""
    images, labels = zip(*((images, labels) for images, labels in test.take(most)))
    images, labels = np.concatenate(images)[:most], np.concatenate(labels)[:most]
    taken_for = keras.ops.convert_to_numpy(network.predict_on_batch(images)).argmax(axis=1)
    titles = [names[label] if label == taken else f'{names[label]}, not {names[taken]}'
              for label, taken in zip(labels, taken_for)]
    return images, titles


def _beside(path: pathlib.Path, summary: dict) -> list[dict]:
    """Summaries of finished runs in the neighbouring folders that differ in the routine alone."""
    def but_routine(config):
        return {key: value for key, value in config.items() if key not in _ROUTINE}

    others = []
    for file in sorted(path.absolute().parent.glob('*/summary.json')):
        other = json.loads(file.read_text())
        if file.parent != path.absolute() and (
                but_routine(other['config']) == but_routine(summary['config'])):
            others.append(other)
    return others


def _page(summary: dict, others: list[dict]) -> str:
    config, dataset, made_by = summary['config'], summary['dataset'], summary['made_by']
    kind = 'synthetic pictures' if dataset['synthetic'] else 'pictures'
    lines = [
        f'# {_routine_name(config)} on {dataset["name"]}',
        '',
        f'Balanced accuracy **{summary["balanced_accuracy"]:.1%}**, accuracy '
        f'{summary["accuracy"]:.1%}, on the {dataset["test"]:,} {kind} of the test split; trained '
        f'on {dataset["train"]:,}, validated on {dataset["validation"]:,}.',
        '',
        f'{summary["images_per_second"]:.0f} images/s in training, {summary["wall_seconds"]:.0f} s '
        f'in all, on {made_by["device"]} ({made_by["machine"]}); {summary["parameters"]:,} '
        f'parameters; TensorFlow {made_by["tensorflow"]}, Keras {made_by["keras"]} on '
        f'{made_by["backend"]}.',
        '',
        *_windows(summary),
        '| class | recall |', '| --- | --- |',
        *(f'| {name} | {recall:.1%} |' for name, recall in summary['per_class_recall'].items()),
        '',
    ]
    if others:
        lines += [
            '## The same training with other routines', '',
            '| routine | balanced accuracy | against this run | images/s |',
            '| --- | --- | --- | --- |',
            f'| **{_routine_name(config)}** | **{summary["balanced_accuracy"]:.1%}** | | '
            f'{summary["images_per_second"]:.0f} |',
            *(f'| {_routine_name(other["config"])} | {other["balanced_accuracy"]:.1%} | '
              f'{100 * (other["balanced_accuracy"] - summary["balanced_accuracy"]):+.1f} points | '
              f'{other["images_per_second"]:.0f} |' for other in others),
            '',
        ]
    lines += [
        '## Curves', '', '![Loss and accuracy by epoch](curves.png)', '',
        '## What was taken for what', '', '![Confusion matrix](confusion.png)', '',
        '## What the network saw', '', '![Images of the test split](crops.png)', '',
        '## Made by', '', '```', json.dumps(config, indent=2), '```', '',
    ]
    return '\n'.join(lines)


def _windows(summary: dict) -> list[str]:
    """What averaging over windows brought, where it was done."""
    windows, alone = summary['config']['tta_windows'], summary['one_window_balanced_accuracy']
    gain = 100 * (summary['balanced_accuracy'] - alone)
    return [f'Probabilities are the mean of those of {windows} windows; of one window alone, '
            f'balanced accuracy is {alone:.1%}: {gain:+.1f} points.', ''] if windows > 1 else []


def _routine_name(config: dict) -> str:
    if config['crop'] == 'none':
        return 'no crop'
    return f'{config["mask"]} mask, {config["crop"]} crop'
