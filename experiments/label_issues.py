"""Are wrong labels found?

  python -m experiments.label_issues --out=experiments/results/label_issues

Makes a tenth of the labels of the demo set of synthetic leaves wrong, finds doubtful labels as
`dualstream.evaluate --label_issues` does, from networks that were trained on the wrong labels too,
and counts how many of the doubted labels are wrong, and how many of the wrong ones are doubted.
Takes about 18 minutes on 2 CPU cores beside other programs, which is 4.4 minutes of one core.
Writes results.json and results.md; folds that are finished
are kept in DIR/folds and not trained again.
"""

import dataclasses
import pathlib
import shlex
import sys

from absl import flags

from dualstream.runtime import command
from experiments.writing import write_results

_DATASET = flags.DEFINE_string(
    'dataset', 'cassava_crop', 'A TFDS set, NAME or NAME/CONFIG, whose labels are right.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Folder of prepared data sets; TFDS's own if not given.")
_SHARE = flags.DEFINE_float('share', 0.1, 'Share of the labels that are made wrong.', 0, 1)
_EPOCHS = flags.DEFINE_integer('epochs', 8, 'Passes through the photographs of each training.')
_FOLDS = flags.DEFINE_integer('folds', 3, 'Trainings, each without its part of the photographs.', 2)
_OUT = flags.DEFINE_string('out', 'runs/label_issues', 'The folder for the results.')

IMAGE_SIZE = (128, 128)


def main(argv: list[str]) -> None:
    del argv
    with command.hushed():
        import numpy as np

        from dualstream.evaluation.label_issues import check_cleanlab, find_label_issues
        from dualstream.evaluation.scores import Scores
        from dualstream.pipeline import prepare
        from dualstream.pipeline.parts import deal, everything
        from dualstream.runtime import devices
        from dualstream.training.config import TrainConfig
        from dualstream.training.out_of_fold import predict_out_of_fold
        from experiments.wrong_labels import WrongLabels, make_wrong

    check_cleanlab()
    out = pathlib.Path(_OUT.value)
    whole = everything(prepare(_DATASET.value, _DATA_DIR.value))
    truth = whole.labels('all')
    wrong = make_wrong(truth, _SHARE.value, len(whole.label_names), seed=0)
    photos = WrongLabels(whole.builder, whole.parts, wrong_labels=wrong)
    config = TrainConfig(image_size=IMAGE_SIZE, epochs=_EPOCHS.value, crop='array')
    alone = np.arange(len(truth))  # no two drawn photographs are near-duplicates
    predictions = predict_out_of_fold(
        config, photos, alone, folds=_FOLDS.value, place=devices.place(), folder=out / 'folds')
    doubted = np.isin(alone, [each.place for each in find_label_issues(predictions)])
    folds = deal(alone, predictions.labels, _FOLDS.value, seed=config.seed)
    results = {
        'dataset': whole.builder.info.full_name, 'photographs': len(truth),
        'synthetic': whole.synthetic,
        'epochs': config.epochs, 'image_size': list(IMAGE_SIZE),
        'balanced_accuracy': Scores.of(
            dataclasses.replace(predictions, labels=truth)).balanced_accuracy,
        'ways': {name: [count_found(each[folds == fold], (wrong != truth)[folds == fold])
                        for fold in range(_FOLDS.value)]
                 for name, each in (('confident learning', doubted), (
                     'prediction differs from the label',
                     predictions.probabilities.argmax(axis=1) != predictions.labels),
                     ('all labels', alone >= 0))}}
    said = shlex.join(['python', '-m', 'experiments.label_issues', *sys.argv[1:]])
    page = whole_page(results, said)
    write_results(out, results, page)
    print(page)


def count_found(doubted, wrong) -> dict[str, int]:
    """Counts, of bool (photographs,) each, the doubted, the wrong, and those that are both."""
    return {'doubted': int(doubted.sum()), 'wrong': int(wrong.sum()),
            'both': int((doubted & wrong).sum())}


def whole_page(results: dict, said: str) -> str:
    """Writes results.md: shares over all folds, and the least and the greatest of a fold."""
    folds = len(next(iter(results['ways'].values())))
    synthetic = ' (synthetic)' if results['synthetic'] else ''
    lines = ['# Are wrong labels found?', '', f'`{said}`', '',
             f'{results["dataset"]}{synthetic}, {results["photographs"]:,} photographs at '
             f'{results["image_size"][0]} x {results["image_size"][1]} pixels, {folds} folds, '
             f'{results["epochs"]} epochs, one seed. The networks were trained on the wrong '
             'labels. By the true ones their balanced accuracy is '
             f'{results["balanced_accuracy"]:.1%}. In parentheses, the least and the greatest of '
             'a fold.', '',
             '| doubted labels | how many | of them wrong | of the wrong ones doubted |',
             '| --- | --- | --- | --- |']
    for name, counts in results['ways'].items():
        shares = [_share(counts, of) for of in ('doubted', 'wrong')]
        lines.append(f'| {name} | {sum(each["doubted"] for each in counts):,} | '
                     f'{shares[0]} | {shares[1]} |')
    return '\n'.join([*lines, ''])


def _share(counts: list[dict], of: str) -> str:
    total = sum(each[of] for each in counts)
    if not total:
        return 'none'
    each_fold = [each['both'] / each[of] for each in counts if each[of]]
    return (f'{sum(each["both"] for each in counts) / total:.1%} '
            f'({min(each_fold):.1%} to {max(each_fold):.1%})')


if __name__ == '__main__':
    command.run(main)
