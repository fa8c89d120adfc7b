"""Shows why a network decided as it did: python -m dualstream.explain --model=runs/demo PHOTO...

For each PHOTO it draws DIR/NAME.png: the window that the run's routine chooses, where each stream
looked (Grad-CAM), the probabilities, and how much each stream added to the decision.
"""

import dataclasses
import pathlib

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.atomic import writing
from dualstream.runtime.errors import UserError

_MODEL = flags.DEFINE_string(
    'model', 'runs/demo', "A run's folder, which holds model.keras and summary.json; or the path "
    'of such a model in its folder.')
_OUT = flags.DEFINE_string('out', 'runs/explain', 'The folder to write the figures to.')
_LABEL = flags.DEFINE_string(
    'label', None, 'The name of the class to explain; if not given, the most probable one.')


def main(argv: list[str]) -> None:
    if not argv[1:]:
        raise UserError('name at least one photograph')
    with command.hushed():
        import tqdm

        from dualstream.evaluation.explanation import is_explainable
        from dualstream.training.finished import load_run
        from dualstream.training.looking import routine_of

    run = load_run(_MODEL.value)
    if not is_explainable(run.network):
        raise UserError(f'--model={_MODEL.value} is not a network of two streams with its top')
    if _LABEL.value is not None and _LABEL.value not in run.label_names:
        raise UserError(
            f'--label must be one of {", ".join(run.label_names)}; got {_LABEL.value!r}')
    label = run.label_names.index(_LABEL.value) if _LABEL.value else None
    # A photograph comes without a leaf grid, so the window is chosen from its pixels.
    routine = dataclasses.replace(routine_of(run.config), look='pixels')
    out = pathlib.Path(_OUT.value)
    out.mkdir(parents=True, exist_ok=True)
    for name in tqdm.tqdm(argv[1:], 'Explaining', unit=' photographs', disable=len(argv) < 3):
        figure, summary = _explain(name, run, routine, label)
        with writing(out / f'{pathlib.Path(name).stem}.png') as file:
            figure.savefig(file, dpi=100)
        tqdm.tqdm.write(f'{name}: {summary}')


def _explain(name: str, run, routine, label: int | None):
    """The figure that explains the decision on one photograph, and the same in a line."""
    import tensorflow as tf

    from dualstream.evaluation.explanation import explain
    from dualstream.figures.explanation_figure import explanation_figure
    from dualstream.figures.photo import read_photo

    pixels = read_photo(name)
    example, seed = {'image': tf.io.read_file(name)}, tf.constant([0, 0])
    window = tf.constant([0, 0, *pixels.shape[:2]])
    if routine.crop != 'none':
        window = routine.window_of_example(example, seed)
    image = routine(example, seed).numpy()
    explanation = explain(run.network, image, label)
    decision = (f'{run.label_names[explanation.label]} '
                f'{explanation.probabilities[explanation.label]:.1%}')
    figure = explanation_figure(
        pixels, window.numpy(), image, explanation=explanation, label_names=run.label_names,
        title=f'{pathlib.Path(name).name}: {decision}')
    added = explanation.contributions
    log_odds = explanation.prior + sum(added.values())
    return figure, (f'{decision}; log-odds {log_odds:+.2f}, of which the gray stream added '
                    f'{added["gray"]:+.2f} and the HSV stream {added["hsv"]:+.2f}')


def cli() -> None:
    command.run(main, arguments=True)


if __name__ == '__main__':
    cli()
