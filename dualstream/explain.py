"""Shows why a network decided as it did: python -m dualstream.explain --model=runs/demo PHOTO...

Each PHOTO becomes a picture, DIR/NAME.png: the window that the run's routine chooses, where each
stream looked (Grad-CAM), the probabilities, and how much each stream added to the decision.
"""

import json
import pathlib

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.atomic import writing

_MODEL = flags.DEFINE_string(
    'model', 'runs/demo', "A run's folder, with its model.keras; or such a file in one.")
_OUT = flags.DEFINE_string('out', 'runs/explain', 'The folder that the pictures are written to.')
_LABEL = flags.DEFINE_string(
    'label', None, 'The class to explain, by name; the most probable one if not given.')


def main(argv: list[str]) -> None:
    if not argv[1:]:
        raise ValueError('name a photograph')
    path = pathlib.Path(_MODEL.value)
    path = path / 'model.keras' if path.is_dir() else path
    config, label_names = _run_of(path)
    if _LABEL.value is not None and _LABEL.value not in label_names:
        raise ValueError(f'--label must be one of {", ".join(label_names)}; got {_LABEL.value!r}')
    label = label_names.index(_LABEL.value) if _LABEL.value else None

    with command.hushed():
        import keras
        import tensorflow as tf
        import tqdm

        from dualstream import network  # noqa: F401: loading needs its layers
        from dualstream.pipeline import Routine
        from dualstream.pipeline.decode import cut
        from dualstream.evaluation.explanation import explain
        from dualstream.figures.explanation_figure import explanation_figure
        from dualstream.figures.photo import read_photo

    model = keras.saving.load_model(path, compile=False)
    size = model.input_shape[1:3]
    # A photograph comes without a leaf grid.
    routine = Routine(size, config['mask'], config['crop'], 'pixels', config['saccades'])
    out = pathlib.Path(_OUT.value)
    out.mkdir(parents=True, exist_ok=True)
    for name in tqdm.tqdm(argv[1:], 'Explaining', unit=' photographs', disable=len(argv) < 3):
        pixels = read_photo(name)
        window = tf.constant([0, 0, *pixels.shape[:2]])
        if routine.crop != 'none':
            window = routine.window_of_frame(tf.constant(pixels), tf.constant([0, 0]))
        shown = cut(tf.constant(pixels), window)
        image = tf.image.resize(shown, size, antialias=True).numpy() / 255
        explanation = explain(model, image, label)
        of_label = (f'{label_names[explanation.label]} '
                    f'{explanation.probabilities[explanation.label]:.1%}')
        figure = explanation_figure(
            pixels, window.numpy(), image, explanation, label_names,
            f'{pathlib.Path(name).name}: {of_label}')
        with writing(out / f'{pathlib.Path(name).stem}.png') as file:
            figure.savefig(file, dpi=100)
        tqdm.tqdm.write('{}: {}; log-odds {:+.2f}, of which {:+.2f} by the gray stream and '
                        '{:+.2f} by the HSV stream'.format(
                            name, of_label,
                            explanation.prior + sum(explanation.contributions.values()),
                            *explanation.contributions.values()))


def _run_of(path: pathlib.Path) -> tuple[dict, list[str]]:
    """The settings of the run that a model is from, and the names of its labels."""
    if not path.is_file():
        raise ValueError(f'--model: there is no {path}')
    summary = path.with_name('summary.json')
    if not summary.is_file():
        raise ValueError(f'--model: {path} has no summary.json beside it, which names its labels')
    said = json.loads(summary.read_text())
    return said['config'], list(said['per_class_recall'])


def cli() -> None:
    command.run(main, arguments=True)


if __name__ == '__main__':
    cli()
