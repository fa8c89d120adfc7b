"""The page of an evaluation, made of its results."""

import json
import pathlib

import matplotlib.figure

from dualstream.evaluation.measures import NAMES
from dualstream.report.document import (
    Block,
    Code,
    Heading,
    Picture,
    Table,
    as_html,
    as_markdown,
)
from dualstream.runtime.atomic import writing

_PRIORS = {'data': 'classes as in the training data', 'uniform': 'all classes equal'}
_IN_PERCENT = ('accuracy', 'balanced_accuracy', 'macro_f1')


def evaluation_page(results: dict) -> tuple[str, list[Block]]:
    """Makes the page of an evaluation.

    Args:
      results: what results.json holds.

    Returns:
      The title, and what is below it.
    """
    photographs = results['photographs']
    title = f'{results["model"]} on {photographs["name"]}, {photographs["split"]}'
    return title, [
        *_summary(results), *_measures(results), *_classes(results), *_comparison(results),
        *_calibration(results), *_coverage(results), *_lights(results), *_mistakes(results),
        *_label_issues(results), *_made_by(results)]


def _summary(results: dict) -> list[Block]:
    photographs, prior = results['photographs'], results['prior']
    measures = results['by_prior'][prior]['measures']
    kind = 'synthetic photographs' if photographs['synthetic'] else 'photographs'
    trivial = results['trivial']
    blocks = [
        f'Accuracy {_percent(measures["accuracy"])} and balanced accuracy '
        f'{_percent(measures["balanced_accuracy"])} on {photographs["photographs"]:,} {kind}. One '
        f'class for all: {trivial["accuracy"]:.1%} and {trivial["balanced_accuracy"]:.1%}.',
        f'In parentheses are intervals of 95% confidence. Photographs that are near-duplicates '
        f'count as one in them: there are {photographs["groups"]:,} groups.']
    if photographs['trained_on']:
        blocks.append('The network was trained on some of these photographs, so that these figures '
                      'do not say how it does with new ones.')
    elif photographs['calibrated_on']:
        blocks.append('The temperature and the thresholds of refusal were chosen on these '
                      'photographs, so that the figures on them do not say how they do with new '
                      'ones.')
    if photographs['near_training'] is not None:
        blocks.append(f'{photographs["near_training"] or "None"} of them are near-duplicates of '
                      'photographs that the network was trained on.')
    return blocks


def _measures(results: dict) -> list[Block]:
    priors = results['by_prior']
    rows = []
    for name, words in NAMES.items():
        write = _percent if name in _IN_PERCENT else _number
        trivial = results['trivial'][name]
        rows.append([words, *(write(each['measures'][name]) for each in priors.values()),
                     f'{trivial:.1%}' if name in _IN_PERCENT else f'{trivial:.3f}'])
    return [
        Heading('Measures'),
        Table(['', *(_PRIORS[prior] for prior in priors), 'the same for all'], rows),
        'The columns differ in how frequent the classes are taken to be; the saved network takes '
        f'them to be the first way with --prior=data, and this one has --prior={results["prior"]}. '
        'The same for all: the most frequent class, with the shares of the classes in these '
        'photographs as probabilities. Intervals are from 2,000 samples of groups of '
        'near-duplicates, drawn with replacement; that of the calibration error lies too high '
        'where photographs are few.']


def _classes(results: dict) -> list[Block]:
    priors = results['by_prior']
    counts = [sum(row) for row in priors['data']['confusion']]
    rows = [[name, f'{count:,}', *(_percent(each['recalls'][name]) for each in priors.values())]
            for name, count in zip(results['label_names'], counts) if count]
    return [
        Heading('Classes'),
        Table(['recall of', 'photographs', *(_PRIORS[prior] for prior in priors)], rows),
        'The recall of a class is the share of its photographs that is predicted correctly; with '
        'Wilson intervals.',
        Picture('confusion.png', 'Confusion matrix: labels by row, predictions by column')]


def _comparison(results: dict) -> list[Block]:
    if not results['comparison']:
        return []
    rows = [[_PRIORS[prior], _points(each['accuracy']), _points(each['balanced_accuracy']),
             f'{each["only_first"]:,} and {each["only_second"]:,}', f'{each["p_value"]:.3g}']
            for prior, each in results['comparison'].items()]
    return [
        Heading(f'Against {results["against"]}'),
        Table(['', 'accuracy', 'balanced accuracy', 'only one is right', 'p'], rows),
        f'Differences, in points, on the same photographs: {results["model"]} minus '
        f'{results["against"]}; how many photographs only the first and only the second gets '
        "right; and the p-value of McNemar's exact test, which takes all photographs to be "
        'independent.']


def _calibration(results: dict) -> list[Block]:
    before = results['calibration_error_before']
    after = results['by_prior']['data']['measures']['calibration_error']
    return [
        Heading('Calibration'),
        f'The logits were divided by {results["temperature"]:.2f}, which fitted the validation '
        f'split best. The expected calibration error is {_number(before)} before and '
        f'{_number(after)} after it.',
        Picture('reliability.png', 'Share that is right by mean confidence, before and after the '
                'temperature, and with all classes equal')]


def _coverage(results: dict) -> list[Block]:
    refusal = results['refusal']
    return [
        Heading('Answering only some photographs'),
        'Where a person looks at the photographs that the network is least confident of, fewer of '
        "its answers are wrong. At the run's own threshold of confidence, "
        f'{refusal["min_confidence"]:.1%}, it answers {refusal["answered"]:.1%} of the '
        f'photographs, and {refusal["right"]:.1%} of its answers are right.',
        Picture('risk.png', 'Share of wrong answers against the share of photographs answered')]


def _lights(results: dict) -> list[Block]:
    priors = results['by_prior']
    unchanged = [each['measures']['balanced_accuracy']['value'] for each in priors.values()]
    rows = [['as photographed', *(f'{score:.1%}' for score in unchanged)]]
    rows += [[light, *(f'{each["lights"][light]:.1%} ({100 * (each["lights"][light] - own):+.1f})'
                       for each, own in zip(priors.values(), unchanged))]
             for light in priors['data']['lights']]
    return [
        Heading('Other light and other cameras'),
        Table(['balanced accuracy', *(_PRIORS[prior] for prior in priors)], rows),
        'The images that the network gets were changed; in parentheses, the difference in points.',
        Picture('lights.png', 'Balanced accuracy in each changed light')]


def _mistakes(results: dict) -> list[Block]:
    mistakes = results['mistakes']
    blocks = [Heading('Worst mistakes')]
    if not mistakes:
        return [*blocks, 'There is none.']
    return [
        *blocks,
        'Wrong predictions with the highest probabilities. predictions.csv lists all photographs.',
        Picture('mistakes.png', 'Photographs with window, label and prediction'),
        _photographs_table(mistakes, 'predicted')]


def _label_issues(results: dict) -> list[Block]:
    issues = results['label_issues']
    if issues is None:
        return []
    blocks = [
        Heading('Doubtful labels'),
        f'{issues["count"]:,} of {issues["photographs"]:,} photographs of all splits, by confident '
        f'learning from {issues["folds"]} trainings, each without the photographs that it judges. '
        'Of all labels they are the most likely to be wrong, and many of them may be right: look '
        'at the photographs. label_issues.csv lists them all, the most doubtful first.']
    if not issues['first']:
        return blocks
    return [*blocks,
            Picture('label_issues.png', 'Photographs with window, label and suggestion'),
            _photographs_table(issues['first'], 'suggested')]


def _photographs_table(photographs: list[dict], other: str) -> Table:
    return Table(['photograph', 'label', other, 'its probability', "the label's probability"],
                 [[each['photograph'], each['label'], each[other],
                   f'{each[f"of_{other}"]:.1%}', f'{each["of_label"]:.1%}']
                  for each in photographs])


def _made_by(results: dict) -> list[Block]:
    made_by = results['made_by']
    return [Heading('Made by'), Code(results['command']),
            f'Python {made_by["python"]}, TensorFlow {made_by["tensorflow"]} and Keras '
            f'{made_by["keras"]}, on {made_by["machine"]}.']


def _percent(each: dict[str, float]) -> str:
    return f'{each["value"]:.1%} ({100 * each["low"]:.1f} to {100 * each["high"]:.1f})'


def _points(each: dict[str, float]) -> str:
    value, low, high = (100 * each[key] for key in ('value', 'low', 'high'))
    return f'{value:+.1f} ({low:+.1f} to {high:+.1f})'


def _number(each: dict[str, float]) -> str:
    return f'{each["value"]:.3f} ({each["low"]:.3f} to {each["high"]:.3f})'


def write_evaluation(
    results: dict, figures: dict[str, matplotlib.figure.Figure], out: pathlib.Path
) -> None:
    """Writes results.json, results.md, the figures and index.html, each whole or not at all.

    Args:
      results: what JSON can hold.
      figures: name of the file -> figure.
      out: the folder, which exists.
    """
    title, blocks = evaluation_page(results)
    for name, figure in figures.items():
        with writing(out / name) as path:
            figure.savefig(path, dpi=110)
    for name, text in (('results.json', json.dumps(results, indent=1) + '\n'),
                       ('results.md', as_markdown(title, blocks)),
                       ('index.html', as_html(title, blocks))):
        with writing(out / name) as path:
            path.write_text(text)
