"""Shows why a network decided as it did: python -m dualstream.explain --model=runs/demo PHOTO...

For each PHOTO it draws DIR/NAME.png: the window that the run's routine chooses, where each stream
looked (Grad-CAM), the probabilities, and how much each stream added to the decision.
"""

import json
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
    path = pathlib.Path(_MODEL.value)
    path = path / 'model.keras' if path.is_dir() else path
    config, label_names = _summary_of(path)
    if _LABEL.value is not None and _LABEL.value not in label_names:
        raise UserError(f'--label must be one of {", ".join(label_names)}; got {_LABEL.value!r}')
    label = label_names.index(_LABEL.value) if _LABEL.value else None

    with command.hushed():
        import tqdm

        from dualstream.pipeline import Routine

    model = _load(path, len(label_names))
    # A photograph comes without a leaf grid, so the window is chosen from its pixels.
    routine = Routine(
        model.input_shape[1:3], config['mask'], config['crop'], 'pixels', config['saccades'])
    out = pathlib.Path(_OUT.value)
    out.mkdir(parents=True, exist_ok=True)
    for name in tqdm.tqdm(argv[1:], 'Explaining', unit=' photographs', disable=len(argv) < 3):
        figure, summary = _explain(name, model, routine, label_names, label)
        with writing(out / f'{pathlib.Path(name).stem}.png') as file:
            figure.savefig(file, dpi=100)
        tqdm.tqdm.write(f'{name}: {summary}')


def _summary_of(path: pathlib.Path) -> tuple[dict, list[str]]:
    """The settings of the run that trained a model, and the names of its classes."""
    if not path.is_file():
        raise UserError(f'--model: there is no {path}')
    summary = path.with_name('summary.json')
    if not summary.is_file():
        raise UserError(f'--model: {path.parent} has no summary.json, which names the classes')
    try:
        content = json.loads(summary.read_text())
        config = {name: content['config'][name] for name in ('mask', 'crop', 'saccades')}
        return config, list(content['label_names'])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f'--model: {summary} is not the summary of a run: {error!r}') from error


def _load(path: pathlib.Path, classes: int):
    """The model in a file, of two streams and so many classes."""
    with command.hushed():
        import keras

        from dualstream.evaluation.explanation import is_explainable
    try:
        model = keras.saving.load_model(path, compile=False)
    except (KeyError, OSError, TypeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f'--model: {path} cannot be loaded: {reason}') from error
    if not is_explainable(model):
        raise UserError(f'--model: {path} is not a network of two streams with its top')
    if model.output_shape[-1] != classes:
        raise UserError(f'--model: {path} tells {model.output_shape[-1]} classes apart, and the '
                        f'summary.json in its folder names {classes}')
    return model


def _explain(name: str, model, routine, label_names: list[str], label: int | None):
    """The figure that explains the decision on one photograph, and the same in a line."""
    import tensorflow as tf

    from dualstream.evaluation.explanation import explain
    from dualstream.figures.explanation_figure import explanation_figure
    from dualstream.figures.photo import read_photo
    from dualstream.pipeline.decode import cut

    pixels = read_photo(name)
    window = tf.constant([0, 0, *pixels.shape[:2]])
    if routine.crop != 'none':
        window = routine.window_of_frame(tf.constant(pixels), tf.constant([0, 0]))
    seen = cut(tf.constant(pixels), window)
    image = tf.image.resize(seen, routine.target_size, antialias=True).numpy() / 255
    explanation = explain(model, image, label)
    decision = (f'{label_names[explanation.label]} '
                f'{explanation.probabilities[explanation.label]:.1%}')
    figure = explanation_figure(
        pixels, window.numpy(), image, explanation=explanation, label_names=label_names,
        title=f'{pathlib.Path(name).name}: {decision}')
    added = explanation.contributions
    log_odds = explanation.prior + sum(added.values())
    return figure, (f'{decision}; log-odds {log_odds:+.2f}, of which the gray stream added '
                    f'{added["gray"]:+.2f} and the HSV stream {added["hsv"]:+.2f}')


def cli() -> None:
    command.run(main, arguments=True)


if __name__ == '__main__':
    cli()
