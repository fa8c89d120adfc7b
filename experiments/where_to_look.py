"""Does it matter which part of a photograph the network sees?

  python -m experiments.where_to_look --out=experiments/results/where_to_look

Trains the same network from the same seed on the demo set of synthetic leaves (or the set that
--dataset names) with four kinds of image: the leafiest window, the leafiest of 16 random windows,
the window in the middle and the whole frame resized. Fits a logistic regression to the mean colour
of the leafiest window and of the frame, to see how far colour alone leads. Takes about 20 minutes
on 2 CPU cores. Writes results.json, results.md with a table of balanced accuracies, and
balanced_accuracy.png.
"""

import dataclasses
import pathlib
import tempfile

from absl import flags

from dualstream.runtime import command
from experiments.writing import write_results

_DATASET = flags.DEFINE_string('dataset', 'cassava_crop', 'A TFDS set, NAME or NAME/CONFIG.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Folder of prepared data sets; TFDS's own if not given.")
_PRESET = flags.DEFINE_string('preset', 'nano', 'Size of the network.')
_EPOCHS = flags.DEFINE_integer('epochs', 12, 'Passes through the training split.')
_SEEDS = flags.DEFINE_integer('seeds', 1, 'Trainings with each kind of image, with seeds 0, 1, ...')
_OUT = flags.DEFINE_string('out', 'runs/where_to_look', 'The folder for the results.')

IMAGE_SIZE = (224, 224)
BATCH_SIZE = 16


def main(argv: list[str]) -> None:
    del argv
    with command.hushed():
        import tqdm

        from dualstream.pipeline import Routine, prepare

    photos = prepare(_DATASET.value, _DATA_DIR.value)
    ways = {
        'leafiest window': Routine(IMAGE_SIZE, 'tf', 'array'),
        'leafiest of 16 random windows': Routine(IMAGE_SIZE, 'tf', 'random', saccades=16),
        'window in the middle': _center,
        'whole frame, resized': Routine(IMAGE_SIZE, 'none', 'none'),
    }
    results = {'dataset': photos.builder.info.full_name, 'preset': _PRESET.value,
               'epochs': _EPOCHS.value, 'balanced_accuracy': {}}
    scores = results['balanced_accuracy']
    cells = [(name, seed) for name in ways for seed in range(_SEEDS.value)]
    for name, seed in tqdm.tqdm(cells, 'Training', unit=' networks'):
        scores.setdefault(name, []).append(_train(photos, ways[name], seed))
    scores['mean colour of the leafiest window'] = [
        _mean_color(photos, ways['leafiest window'])]
    scores['mean colour of the frame'] = [_mean_color(photos, ways['whole frame, resized'])]
    _write(results, pathlib.Path(_OUT.value))


def _center(example, seed):
    """Makes an image of the window in the middle."""
    from dualstream.crop import center_window
    from dualstream.pipeline.decode import decode_window, frame_size

    del seed
    window = center_window(frame_size(example['image']), IMAGE_SIZE)
    return decode_window(example['image'], window, IMAGE_SIZE)


def _train(photos, way, seed: int) -> float:
    """Balanced accuracy on the test split, after a training."""
    from dualstream.runtime import devices
    from dualstream.training.config import TrainConfig
    from dualstream.training.run import train
    from dualstream.training.workdir import Workdir

    config = TrainConfig(preset=_PRESET.value, image_size=IMAGE_SIZE, batch_size=BATCH_SIZE,
                         epochs=_EPOCHS.value, seed=seed)
    with (tempfile.TemporaryDirectory() as scratch,
          Workdir(scratch, dataclasses.asdict(config), resume=False) as workdir):
        trained = train(config, photos=photos, place=devices.place(), workdir=workdir,
                        routine=way, verbose=0)
    return trained.scores['uniform'].balanced_accuracy


def _mean_color(photos, way) -> float:
    """Balanced accuracy on the test split of a logistic regression on three numbers."""
    import numpy as np
    import sklearn.linear_model
    import sklearn.metrics
    import sklearn.pipeline
    import sklearn.preprocessing

    from dualstream.pipeline import make_evaluation_batches

    def colors(purpose):
        batches = make_evaluation_batches(photos, purpose, way, batch_size=BATCH_SIZE, seed=0)
        means, labels = zip(*((images.numpy().mean(axis=(1, 2)), labels.numpy())
                              for images, labels in batches))
        return np.concatenate(means), np.concatenate(labels)

    regression = sklearn.pipeline.make_pipeline(
        sklearn.preprocessing.StandardScaler(),
        sklearn.linear_model.LogisticRegression(class_weight='balanced', max_iter=1000))
    regression.fit(*colors('train'))
    means, labels = colors('test')
    return float(sklearn.metrics.balanced_accuracy_score(labels, regression.predict(means)))


def _write(results: dict, out: pathlib.Path) -> None:
    import matplotlib.figure

    scores = results['balanced_accuracy']
    means = {name: sum(values) / len(values) for name, values in scores.items()}
    best = means['leafiest window']
    seeds = f'mean of {_SEEDS.value} seeds' if _SEEDS.value > 1 else 'one seed'
    table = [f'{results["dataset"]}, {results["preset"]}, {results["epochs"]} epochs, {seeds}; '
             f'balanced accuracy on the test split.', '',
             '| what is looked at | balanced accuracy | against the leafiest window |',
             '| --- | --- | --- |',
             *(f'| {name} | {mean:.1%} | {100 * (mean - best):+.1f} points |'
               for name, mean in means.items()), '']
    figure = matplotlib.figure.Figure(figsize=(8, 3), layout='constrained', dpi=120)
    axes = figure.subplots()
    bars = axes.barh(list(means), [100 * mean for mean in means.values()], color='seagreen')
    axes.bar_label(bars, fmt='%.0f%%', padding=3)
    axes.axvline(20, color='black', linestyle=':')  # guessing, with five classes
    axes.set_xlim(0, 105)
    axes.set_xlabel('balanced accuracy / %')
    axes.invert_yaxis()

    write_results(out, results, '\n'.join(table), {'balanced_accuracy.png': figure})
    print('\n'.join(table))


if __name__ == '__main__':
    command.run(main)
