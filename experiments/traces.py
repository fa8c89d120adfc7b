"""What limits the training step behind each routine, according to its trace?

  python -m experiments.traces --out=experiments/results/traces

Trains the default network for some steps behind each of the seven routines from pixels, and behind
the other two looks; traces and reviews each. Takes about 5 minutes on 2 CPU cores. Writes
results.json, results.md with a table that has a verdict per routine, and steps.png, a plot of the
mean steps. With --traces=DIR the traces are kept: `tensorboard --logdir=DIR` shows them, and
`python -m dualstream.review --html=FILE DIR/ROUTINE` makes a page of one.
"""

import dataclasses
import pathlib
import tempfile

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError
from dualstream.training.config import TrainConfig
from experiments.writing import write_results

_DATASET = flags.DEFINE_string('dataset', 'cassava_crop', 'A TFDS set, NAME or NAME/CONFIG.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Folder of prepared data sets; TFDS's own if not given.")
_STEPS = flags.DEFINE_integer(
    'steps', 12, 'Steps to trace behind each routine, after warm-up steps.')
_TRACES = flags.DEFINE_string('traces', None, 'A folder in which the traces are kept.')
_OUT = flags.DEFINE_string('out', 'runs/traces', 'The folder for the results.')

PRESET, IMAGE_SIZE, BATCH_SIZE = TrainConfig().preset, (224, 224), 16
WARM_UP = 8


def main(argv: list[str]) -> None:
    del argv
    if _STEPS.value < 1:
        raise UserError(f'--steps must be positive, got {_STEPS.value}')
    with command.hushed():
        import tqdm

        from dualstream import network
        from dualstream.pipeline import Routine, prepare
        from dualstream.training import recipe

    photos = prepare(_DATASET.value, _DATA_DIR.value)
    model = network.build(PRESET, image_size=IMAGE_SIZE, classes=len(photos.label_names))
    recipe.compile_network(model, 1e-3, 10_000)
    routines = {'none': Routine(IMAGE_SIZE, 'none', 'none')} | {
        f'{mask}-{crop}': Routine(IMAGE_SIZE, mask, crop, 'pixels')
        for mask in ('cv', 'tf') for crop in ('loop', 'array', 'random')}
    routines |= {'tf-array, glance': Routine(IMAGE_SIZE, look='glance'),
                 'tf-array, grid': Routine(IMAGE_SIZE, look='grid')}
    with tempfile.TemporaryDirectory() as aside:
        kept = pathlib.Path(_TRACES.value or aside)
        reviews = {name: _traced(photos, model, routine, logdir=kept / name.replace(', ', '-'))
                   for name, routine in tqdm.tqdm(routines.items(), 'Tracing', unit=' routines')}

    title = (f'{photos.builder.info.full_name}{" (synthetic)" if photos.synthetic else ""}, '
             f'{PRESET}, batches of {BATCH_SIZE}, on the CPU')
    results = {'what': title, 'reviews': {
        name: dataclasses.asdict(seen) for name, seen in reviews.items()}}
    page = f'{title}.\n\n{_table(reviews)}\n\n![The mean step](steps.png)\n'
    write_results(pathlib.Path(_OUT.value), results, page, {'steps.png': _figure(reviews)})
    print(_table(reviews))


def _traced(photos, model, routine, *, logdir: pathlib.Path):
    """Trains for some steps, and reviews their trace, which is in the folder afterwards."""
    from dualstream.pipeline import make_training_batches
    from dualstream.traces import read_trace, review
    from dualstream.training.callbacks import TraceSteps

    # A loop's trace has a million events per step, so two steps have to do.
    traced = min(2, _STEPS.value) if routine.crop == 'loop' else _STEPS.value
    steps = WARM_UP + traced
    epochs = 1 + steps * BATCH_SIZE // photos.count('train')
    batches = make_training_batches(photos, routine, BATCH_SIZE, epochs=epochs + 1, seed=0)
    model.fit(batches, steps_per_epoch=steps, verbose=0, shuffle=False,
              callbacks=[TraceSteps(
                  WARM_UP + 1, steps, logdir=str(logdir), start_step=0, images=BATCH_SIZE,
                  devices=['/device:CPU:0'])])
    return review(read_trace(logdir))


def _table(reviews) -> str:
    lines = ['| routine | step | waits for input | for the lock | computes | Python | verdict |',
             '| --- ' * 7 + '|']
    for name, seen in reviews.items():
        shares = {part: time / seen.step_ms for part, time in seen.split_ms.items()}
        lines.append(
            f'| `{name}` | {seen.step_ms:.0f} ms | {shares["input"]:.0%} | {shares["lock"]:.0%} | '
            f'{shares["compute"]:.0%} | {shares["python"]:.0%} | {seen.verdict} |')
    return '\n'.join(lines)


def _figure(reviews):
    import matplotlib.figure

    from dualstream.traces.page import COLORS
    from dualstream.traces.split import PARTS

    figure = matplotlib.figure.Figure(figsize=(9, 4), layout='constrained', dpi=110)
    axes = figure.subplots()
    names, left = list(reviews), [0.0] * len(reviews)
    for part, what in PARTS.items():
        widths = [reviews[name].split_ms[part] for name in names]
        if max(widths) > 0:
            axes.barh(names, widths, left=left, color=COLORS[part], label=what)
            left = [start + width for start, width in zip(left, widths)]
    # The axis ends before the loops do, or the other bars would be too short to see.
    shown = [end for name, end in zip(names, left) if 'loop' not in name]
    axes.set_xlim(0, 1.25 * max(shown))
    for place, end in enumerate(left):
        axes.text(min(end, 1.15 * max(shown)), place, f' {end:.0f} ms', va='center', fontsize=9)
    axes.set_xlabel('ms of the mean step')
    axes.legend(loc='lower center', bbox_to_anchor=(0.5, 1), ncols=2, fontsize=8, frameon=False)
    axes.invert_yaxis()
    return figure


if __name__ == '__main__':
    command.run(main)
