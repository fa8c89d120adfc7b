"""Says how good a finished run is: python -m dualstream.evaluate --model=runs/demo --out=DIR.

It writes DIR/index.html to look at, the same as results.md, results.json, and predictions.csv with
a line for each photograph: scores with intervals under both priors of the classes, calibration,
risk against coverage, nine changes of light, and the worst mistakes. --against=RUN compares with
another run on the same photographs. --label_issues also trains --folds networks to find photographs
whose label is doubtful; interrupted, it continues when it is started again with the same --out.
"""

import pathlib
import shlex
import sys

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError

_MODEL = flags.DEFINE_string(
    'model', 'runs/demo', "A run's folder, which holds model.keras and summary.json; or the path "
    'of such a model in its folder.')
_AGAINST = flags.DEFINE_string('against', None, 'Another run, to compare with.')
_DATASET = flags.DEFINE_string(
    'dataset', None, 'The photographs, as dualstream.train takes them; those of the run, if not '
    'given. They may have some of its classes alone.')
_SPLIT = flags.DEFINE_enum(
    'split', 'test', ['train', 'validation', 'test', 'all'], 'Which photographs of the data set.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, 'Folder of prepared data sets; if not given, where the run found its own, '
    "and TFDS's default for others.")
_MANUAL_DIR = flags.DEFINE_string(
    'manual_dir', None, 'Folder of files that had to be downloaded by hand (kaggle2020).')
_LABEL_ISSUES = flags.DEFINE_boolean(
    'label_issues', False, 'Also find doubtful labels in all splits, by --folds trainings with the '
    "run's configuration.")
_FOLDS = flags.DEFINE_integer('folds', 5, 'Trainings for --label_issues, at least 2.', 2)
_OUT = flags.DEFINE_string('out', 'runs/evaluate', 'The folder to write to.')

_SHOWN = 24
"""Mistakes, and doubtful labels, that are shown."""


def main(argv: list[str]) -> None:
    del argv
    with command.hushed():
        from dualstream.evaluation.label_issues import check_cleanlab
        from dualstream.pipeline import prepare
        from dualstream.pipeline.parts import everything
        from dualstream.report.evaluation_page import write_evaluation
        from dualstream.runtime import devices
        from dualstream.training.finished import load_run
        from dualstream.training.held_out import check_summary

        place = devices.place() if _LABEL_ISSUES.value else None
    if _LABEL_ISSUES.value:
        check_cleanlab()
    run = load_run(_MODEL.value)
    other = load_run(_AGAINST.value) if _AGAINST.value else None
    for each in (run, other or run):
        check_summary(each)
    if other and set(other.label_names) != set(run.label_names):
        raise UserError(f'--against={_AGAINST.value} has other classes: '
                        f'{", ".join(other.label_names)}, not {", ".join(run.label_names)}')
    data_dir = _DATA_DIR.value or (None if _DATASET.value else run.data_dir)
    photos = prepare(_DATASET.value or run.config.dataset, data_dir, _MANUAL_DIR.value)
    out = pathlib.Path(_OUT.value)
    out.mkdir(parents=True, exist_ok=True)

    results, figures = _evaluate(
        run, other, everything(photos) if _SPLIT.value == 'all' else photos, out)
    write_evaluation(results, figures, out)
    print(_in_words(results))
    if _LABEL_ISSUES.value:
        results['label_issues'], figures = _find_label_issues(run, everything(photos), place, out)
        write_evaluation(results, figures, out)
        print(f'{results["label_issues"]["count"]:,} of '
              f'{results["label_issues"]["photographs"]:,} labels are doubtful')
    print(f'see {out / "index.html"}')


def _evaluate(run, other, photos, out: pathlib.Path) -> tuple[dict, dict]:
    """The results without label issues, and the figures by their files."""
    from dualstream.datasets.near_duplicates import group_near_duplicates, hash_photos
    from dualstream.evaluation.lights import predict_in_changed_light
    from dualstream.evaluation.scores import Scores
    from dualstream.figures.evaluation_figures import draw_evaluation
    from dualstream.report import evaluation_results, photograph_tables
    from dualstream.report.plots import confusion_figure
    from dualstream.training.held_out import by_prior, labelled_batches, predict_photos

    split, names = _SPLIT.value, photos.names(_SPLIT.value)
    predictions = by_prior(run, predict_photos(run, photos, split))
    hashes = hash_photos(photos, split)
    groups = group_near_duplicates(hashes)
    lights = {light: by_prior(run, each) for light, each in predict_in_changed_light(
        run.network, labelled_batches(run, photos, split), run.label_names).items()}
    own = predictions[run.config.prior]
    mistakes = photograph_tables.worst_mistakes(own, _SHOWN)
    results = {
        'model': _MODEL.value, 'against': _AGAINST.value,
        'photographs': evaluation_results.describe_photographs(run, photos, split, hashes),
        **evaluation_results.measure_run(run, predictions, lights, groups=groups),
        'refusal': evaluation_results.measure_refusal(run, own),
        'comparison': None, 'label_issues': None,
        'mistakes': photograph_tables.mistake_rows(mistakes, names, own),
        'made_by': evaluation_results.versions(),
        'command': shlex.join(['python', '-m', 'dualstream.evaluate', *sys.argv[1:]]),
    }
    if other:
        others = by_prior(other, predict_photos(other, photos, split))
        results['comparison'] = evaluation_results.compare_runs(
            predictions, {prior: each.in_order(run.label_names) for prior, each in others.items()},
            groups)
    photograph_tables.write_predictions(names, own, out / 'predictions.csv')
    figures = draw_evaluation(
        predictions, prior=run.config.prior, lights={
            light: each[run.config.prior] for light, each in lights.items()},
        uncalibrated=evaluation_results.without_temperature(run, predictions['data']))
    figures['confusion.png'] = confusion_figure(Scores.of(own))
    return results, {**figures, **_sheet(
        'mistakes.png', run, photos, split, _texts(mistakes, results['mistakes'], 'predicted'))}


def _find_label_issues(run, photos, place, out: pathlib.Path) -> tuple[dict, dict]:
    """What results.json says of doubtful labels, and their picture by its file."""
    from dualstream.datasets.near_duplicates import group_near_duplicates, hash_photos
    from dualstream.evaluation.label_issues import find_label_issues
    from dualstream.report import photograph_tables
    from dualstream.training.callbacks import StoppedBySignal
    from dualstream.training.out_of_fold import predict_out_of_fold

    count, folds = photos.count('all'), _FOLDS.value
    share = 0.9 * count * (folds - 1) / folds / run.summary['dataset']['train']
    print(f'{folds} trainings, in about '
          f'{folds * share * run.summary["training_seconds"] / 60:.0f} minutes if each photograph '
          'takes as long as it took the run', flush=True)
    try:
        groups = group_near_duplicates(hash_photos(photos, 'all'))
        predictions = predict_out_of_fold(
            run.config, photos, groups, folds=folds, place=place, folder=out / 'folds')
    except StoppedBySignal as stop:
        print(f'stopped by {stop.signal_name} and saved; the same command continues from there',
              file=sys.stderr)
        raise
    issues = find_label_issues(predictions)
    rows = photograph_tables.label_issue_rows(issues, photos.names('all'), photos.label_names)
    photograph_tables.write_label_issues(rows, out / 'label_issues.csv')
    places = [each.place for each in issues[:_SHOWN]]
    return ({'count': len(issues), 'photographs': count, 'folds': folds, 'first': rows[:_SHOWN]},
            _sheet('label_issues.png', run, photos, 'all', _texts(places, rows, 'suggested')))


def _texts(places: list[int], rows: list[dict], other: str) -> dict[int, tuple[str, str, str]]:
    """What is written above each photograph of a sheet: its name, its label, the other class."""
    return {place: (row['photograph'], f'label {row["label"]} {row["of_label"]:.0%}',
                    f'{other} {row[other]} {row[f"of_{other}"]:.0%}')
            for place, row in zip(places, rows)}


def _sheet(file: str, run, photos, split: str, texts: dict[int, tuple[str, str, str]]) -> dict:
    """The picture of some photographs by its file; none where there are none."""
    from dualstream.figures.labelled_prints import read_prints
    from dualstream.figures.prediction_sheet import prediction_sheet
    from dualstream.training.held_out import evaluation_config
    from dualstream.training.looking import routine_of

    return {file: prediction_sheet(read_prints(
        photos, split, texts, routine=routine_of(evaluation_config(run)),
        seed=run.config.seed))} if texts else {}


def _in_words(results: dict) -> str:
    scores = [f'accuracy {each["measures"]["accuracy"]["value"]:.1%} and balanced accuracy '
              f'{each["measures"]["balanced_accuracy"]["value"]:.1%} with --prior={prior}'
              for prior, each in results['by_prior'].items()]
    trivial = results['trivial']
    return (f'on {results["photographs"]["photographs"]:,} photographs: {", ".join(scores)}; one '
            f'class for all: {trivial["accuracy"]:.1%} and {trivial["balanced_accuracy"]:.1%}')


def cli() -> None:
    command.run(main)


if __name__ == '__main__':
    cli()
