"""Does refusal keep what is not a leaf from a diagnosis?

  python -m experiments.refusal --model=runs/demo --leaves=FOLDER --others=FOLDER

Predicts photographs of leaves, and photographs of other things in a folder for each kind, such as
those of "Natural Images" (Roy et al. 2018). Gives the area under the ROC curve (AUROC) of coverage,
of confidence and of both together, by which leaves are told from the rest, and with the run's own
thresholds how many leaves are refused and how many other photographs get a diagnosis. Takes about 2
minutes on 2 CPU cores for 900 photographs. Writes results.json and results.md.
"""

import pathlib
import shlex
import sys

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError
from experiments.writing import write_results

_MODEL = flags.DEFINE_string('model', 'runs/demo', 'What dualstream.load takes.')
_LEAVES = flags.DEFINE_string('leaves', '', 'A folder of photographs of leaves.')
_OTHERS = flags.DEFINE_string('others', '', 'A folder with a folder for each kind of other things.')
_MOST = flags.DEFINE_integer(
    'most', 100, 'Photographs of each kind; of leaves three times as many.')
_OUT = flags.DEFINE_string('out', 'runs/refusal', 'The folder for the results.')

SUFFIXES = ('.jpg', '.jpeg', '.png')


def main(argv: list[str]) -> None:
    del argv
    if not _LEAVES.value or not _OTHERS.value:
        raise UserError('name --leaves=FOLDER and --others=FOLDER')
    with command.hushed():
        import numpy as np

        import dualstream
        from dualstream.runtime.pictures import find_pictures

        predictor = dualstream.load(_MODEL.value)

    def predictions(folder, most):
        files = find_pictures(folder, SUFFIXES)
        chosen = np.random.default_rng(0).permutation(len(files))[:most]
        return [each for each in predictor.stream([files[place] for place in sorted(chosen)])
                if not each.error]

    leaves = predictions(pathlib.Path(_LEAVES.value), 3 * _MOST.value)
    others = {folder.name: predictions(folder, _MOST.value)
              for folder in sorted(pathlib.Path(_OTHERS.value).iterdir()) if folder.is_dir()}
    results = {'leaves': _summary(leaves), 'others': {
        name: _summary(each) | _aurocs(leaves, each) for name, each in others.items()}}
    together = [each for some in others.values() for each in some]
    results['others']['all together'] = _summary(together) | _aurocs(leaves, together)
    page = _page(results, shlex.join(['python', '-m', 'experiments.refusal', *sys.argv[1:]]))
    print(page)
    write_results(pathlib.Path(_OUT.value), results, page)


def _summary(predictions) -> dict:
    """How many photographs there are, and the share with each verdict."""
    from dualstream.evaluation.refusal import VERDICTS

    return {'photographs': len(predictions)} | {
        verdict: sum(each.verdict == verdict for each in predictions) / len(predictions)
        for verdict in VERDICTS}


def _aurocs(leaves, others) -> dict[str, float]:
    """How well each score tells leaves from others: 1 always, 0.5 by chance."""
    import numpy as np
    import sklearn.metrics

    truth = [True] * len(leaves) + [False] * len(others)
    coverage = np.array([each.coverage for each in leaves + others])
    confidence = np.array([each.top(1)[0][1] for each in leaves + others])
    # Both on one scale, without a fit: the share of leaves that have less.
    scales = [np.searchsorted(np.sort(score[:len(leaves)]), score) for score in (
        coverage, confidence)]
    scores = {'coverage': coverage, 'confidence': confidence, 'both': np.minimum(*scales)}
    return {f'auroc of {name}': float(sklearn.metrics.roc_auc_score(truth, score))
            for name, score in scores.items()}


def _page(results: dict, command_line: str) -> str:
    leaves = results['leaves']
    rows = [f'| {name} | {each["photographs"]} | {each["auroc of coverage"]:.3f} | '
            f'{each["auroc of confidence"]:.3f} | {each["auroc of both"]:.3f} | '
            f'{each["diagnosis"]:.1%} | {each["unsure"]:.1%} | {each["not a leaf"]:.1%} |'
            for name, each in results['others'].items()]
    return '\n'.join([
        '# Does refusal keep what is not a leaf from a diagnosis?', '', f'`{command_line}`', '',
        f'Of {leaves["photographs"]} leaves, {1 - leaves["diagnosis"]:.1%} are refused: '
        f'{leaves["not a leaf"]:.1%} as no leaf, {leaves["unsure"]:.1%} as unsure. To refuse '
        'nothing gives a diagnosis to 100% of both, and chance has an AUROC of 0.5.', '',
        '| not leaves | photographs | AUROC of coverage | of confidence | of both | wrongly '
        'diagnosed | unsure | not a leaf |', '| --- | --- | --- | --- | --- | --- | --- | --- |',
        *rows, ''])


if __name__ == '__main__':
    command.run(main)
