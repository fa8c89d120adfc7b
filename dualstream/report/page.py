"""The page of a run: report.md with its pictures, and summary.json for programs."""

import dataclasses
import json
import pathlib
import platform
import statistics

import keras
import numpy as np
import tensorflow as tf

from dualstream.pipeline import Photos, make_evaluation_batches
from dualstream.report.plots import plot_confusion, plot_curves, plot_images
from dualstream.runtime.devices import Place
from dualstream.training.config import TrainConfig
from dualstream.training.looking import routine_of, view_names
from dualstream.training.run import Trained
from dualstream.training.workdir import Workdir

_ROUTINE = ('mask', 'crop', 'look', 'saccades', 'zoom')
_IMAGES = 24
"""Images of the test split that the report shows."""


def write_report(
    trained: Trained, config: TrainConfig, *, photos: Photos, place: Place, workdir: Workdir
) -> None:
    """Writes a run's report.md, its plots and summary.json into the run's folder.

    summary.json is written last: where it exists, the run is finished and everything is there.

    Args:
      trained: what the training gave.
      config: what defined it.
      photos: what it was trained on.
      place: the devices that it was trained on.
      workdir: the folder of the run.
    """
    summary = _summary(trained, config, photos=photos, place=place, workdir=workdir)
    images, titles = _predicted_images(trained, config, photos)
    with workdir.writing('curves.png') as path:
        plot_curves(trained.rows, path)
    with workdir.writing('confusion.png') as path:
        plot_confusion(trained.scores[config.prior], path)
    with workdir.writing('crops.png') as path:
        plot_images(images, titles, path)
    with workdir.writing('report.md') as path:
        path.write_text(_page(summary, _comparable_runs(workdir.path, summary)))
    with workdir.writing('summary.json') as path:
        path.write_text(json.dumps(summary, indent=2) + '\n')


def _summary(
    trained: Trained, config: TrainConfig, *, photos: Photos, place: Place, workdir: Workdir
) -> dict:
    """What summary.json holds."""
    scores = trained.scores[config.prior]
    return {
        'balanced_accuracy': scores.balanced_accuracy,
        'accuracy': scores.accuracy,
        'one_view_balanced_accuracy': trained.one_view[config.prior].balanced_accuracy,
        'per_class_recall': scores.per_class_recall,
        'by_prior': {prior: {'accuracy': each.accuracy,
                             'balanced_accuracy': each.balanced_accuracy}
                     for prior, each in trained.scores.items()},
        'trivial': {'accuracy': scores.trivial_accuracy,
                    'balanced_accuracy': 1 / len(scores.per_class_recall)},
        'cross_entropy': scores.cross_entropy,
        'temperature': trained.temperature,
        'shares': trained.shares.tolist(),
        'refusal': dataclasses.asdict(trained.refusal),
        'label_names': photos.label_names,
        'views': list(view_names(config)),
        # The first epoch compiles; its speed says nothing where there are others.
        'images_per_second': statistics.median(
            row['images_per_second'] for row in trained.rows[1:] or trained.rows),
        'training_seconds': trained.seconds,
        'epochs': len(trained.rows),
        'parameters': trained.model.count_params(),
        'config': workdir.config,
        'dataset': {
            'name': photos.builder.info.full_name,
            'synthetic': photos.synthetic,
            'data_dir': photos.data_dir,
            **{purpose: photos.count(purpose) for purpose in photos.splits},
        },
        'made_by': {
            'device': str(place), 'machine': platform.machine(),
            'python': platform.python_version(), 'tensorflow': tf.__version__,
            'keras': keras.__version__, 'backend': keras.backend.backend(),
        },
    }


def _predicted_images(
    trained: Trained, config: TrainConfig, photos: Photos
) -> tuple[np.ndarray, list[str]]:
    """The first images of the test split, and the label and the prediction of each."""
    batch = make_evaluation_batches(
        photos, 'test', routine_of(config), batch_size=_IMAGES, seed=config.seed).take(1)
    images, labels = next(batch.as_numpy_iterator())
    probabilities = keras.ops.convert_to_numpy(trained.model.predict_on_batch(images))
    names = photos.label_names
    return images, [
        names[label] if label == predicted else f'{names[label]}, predicted {names[predicted]}'
        for label, predicted in zip(labels, probabilities.argmax(axis=1))]


def _comparable_runs(path: pathlib.Path, summary: dict) -> list[dict]:
    """Summaries of finished runs in neighbouring folders that differ in the routine alone.

    A summary.json that no run of ours wrote is skipped.
    """
    def without_routine(config: dict) -> dict:
        return {key: value for key, value in config.items() if key not in _ROUTINE}

    runs = []
    for file in sorted(path.absolute().parent.glob('*/summary.json')):
        try:
            other = json.loads(file.read_text())
            same = without_routine(other['config']) == without_routine(summary['config'])
            comparable = same and file.parent != path.absolute() and _page(other, [])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        if comparable:
            runs.append(other)
    return runs


def _page(summary: dict, others: list[dict]) -> str:
    config, dataset, made_by = summary['config'], summary['dataset'], summary['made_by']
    kind = 'synthetic images' if dataset['synthetic'] else 'images'
    lines = [
        f'# {_routine_name(config)} on {dataset["name"]}',
        '',
        f'Balanced accuracy **{summary["balanced_accuracy"]:.1%}**, accuracy '
        f'{summary["accuracy"]:.1%}, on the {dataset["test"]:,} {kind} of the test split; trained '
        f'on {dataset["train"]:,} for {summary["epochs"]:,} epochs, validated on '
        f'{dataset["validation"]:,}.',
        '',
        f'{summary["images_per_second"]:.0f} images/s in training; '
        f'{summary["training_seconds"]:.0f} s with scoring, on {made_by["device"]} '
        f'({made_by["machine"]}); {summary["parameters"]:,} '
        f'parameters; TensorFlow {made_by["tensorflow"]}, Keras {made_by["keras"]} on '
        f'{made_by["backend"]}.',
        '',
        f'Cross-entropy {summary["cross_entropy"]:.3f} nats, after the logits were divided by '
        f'{summary["temperature"]:.2f}, which fits the validation split best.', '',
        f'A photograph is taken for no leaf below a coverage of '
        f'{summary["refusal"]["min_coverage"]:.1%}, and gets no diagnosis below a confidence of '
        f'{summary["refusal"]["min_confidence"]:.1%}; at least 98% of the validation split lie '
        'above both.', '',
        *_views(summary),
        *_priors(summary),
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
        '## Confusion matrix', '', '![Labels by row, predictions by column](confusion.png)', '',
        '## What the network saw', '', '![Images of the test split](crops.png)', '',
        '## Made by', '', '```', json.dumps(config, indent=2), '```', '',
    ]
    return '\n'.join(lines)


def _priors(summary: dict) -> list[str]:
    """Scores under each prior of the classes, and those of predicting one class for all."""
    names = {'data': 'as in the training data (data)', 'uniform': 'all equal (uniform)'}
    rows = [(names[prior], scores) for prior, scores in summary['by_prior'].items()]
    rows.append(('the most frequent class for all', summary['trivial']))
    return ['| shares of the classes that are assumed | accuracy | balanced accuracy |',
            '| --- | --- | --- |',
            *(f'| {name} | {scores["accuracy"]:.1%} | {scores["balanced_accuracy"]:.1%} |'
              for name, scores in rows), '']


def _views(summary: dict) -> list[str]:
    """The gain from averaging over views, where there are several."""
    views = ', '.join(map(str, summary['views']))
    alone = summary['one_view_balanced_accuracy']
    gain = 100 * (summary['balanced_accuracy'] - alone)
    return [f'Probabilities are the mean of those of several views of each photograph ({views}); '
            f"of the routine's own window alone, balanced accuracy is {alone:.1%}: {gain:+.1f} "
            'points.', ''] if len(summary['views']) > 1 else []


def _routine_name(config: dict) -> str:
    if config['crop'] == 'none':
        return 'no crop'
    return f'{config["mask"]} mask, {config["crop"]} crop'
