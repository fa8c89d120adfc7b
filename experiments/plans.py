"""Estimates how fast TPUs would train, and what their host must deliver.

  python -m experiments.plans --out=experiments/results/plans

Has the TPU's compiler compile a training step of every preset for several batch sizes and TPUs, and
measures what one core of this host delivers. Needs no TPU: all is a compiler's estimate, as in
dualstream.plan. Takes about 30 minutes on 2 CPU cores. Writes results.json, results.md with a table
of plans, and plan.png; plans that results.json already has are not made again.
"""

import dataclasses
import itertools
import json
import pathlib

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.atomic import writing
from dualstream.tpu import environment, find_slice

_PRESETS = flags.DEFINE_list(
    'presets', ['nano', 'tiny', 'small', 'base'], 'Sizes of the network, separated by commas.')
_BATCH_SIZES = flags.DEFINE_list('batch_sizes', ['128', '32'], 'Images in a step on each chip.')
_TPUS = flags.DEFINE_list('tpus', ['v5e-8', 'v6e-8'], 'Kinds of chip and how many, as v5e-8.')
_OUT = flags.DEFINE_string('out', 'runs/plans', 'The folder for the results.')

IMAGE_SIZE = (224, 224)
FED_BY = (('none', 'frame'), ('tf-array', 'pixels'), ('tf-array', 'glance'), ('tf-array', 'grid'))


def main(argv: list[str]) -> None:
    del argv
    tpus = [find_slice(name) for name in _TPUS.value]
    batch_sizes = [int(text) for text in _BATCH_SIZES.value]
    environment.configure()
    with command.hushed():
        import tqdm

        from dualstream.tpu import compiler, host
        from dualstream.tpu.estimate import roofline
        from dualstream.tpu.train_step import PRECISION, lower_train_step

    out = pathlib.Path(_OUT.value)
    out.mkdir(parents=True, exist_ok=True)
    made_by = {'compiler': compiler.version(), 'precision': PRECISION, 'image_size': IMAGE_SIZE}
    results = _kept(out / 'results.json', made_by)
    if not results['host']:
        results['host'] = dataclasses.asdict(host.measure(None, None, IMAGE_SIZE))
    # For each batch size the small presets first, so that an interrupted run has some plans.
    wanted = itertools.product(batch_sizes, _PRESETS.value, tpus)
    for batch_size, preset, tpu in tqdm.tqdm(list(wanted), 'Plans', unit=' plans'):
        name = f'{preset} {batch_size} {tpu.name}'
        if name in results['plans']:
            continue
        compiled = compiler.compile_lowered(lower_train_step(tpu, preset, batch_size, IMAGE_SIZE))
        results['plans'][name] = {
            'preset': preset, 'batch_size': batch_size, 'tpu': tpu.name, 'chips': tpu.chips,
            **dataclasses.asdict(roofline(compiled, tpu, batch_size))}
        _write(results, out)
    _write(results, out)
    print(_page(results))


def _kept(path: pathlib.Path, made_by: dict) -> dict:
    """Reads the results of an earlier run with the same settings, or starts new ones."""
    made_by = json.loads(json.dumps(made_by))  # with lists, as the file has them
    if path.exists():
        kept = json.loads(path.read_text())
        if kept['made_by'] == made_by:
            return kept
    return {'made_by': made_by, 'host': None, 'plans': {}}


def _page(results: dict) -> str:
    from dualstream.tpu.estimate import to_feed

    made_by, host = results['made_by'], results['host']
    height, width = made_by['image_size']
    lines = [
        '# Plans for TPUs', '',
        f"A compiler's estimate: {made_by['compiler']} compiled every step, in "
        f'{made_by["precision"]}, for images of {height} x {width}, and nothing was run on a TPU. '
        'The time of a step is that of its operations at the published peak, or of the bytes that '
        'they read and write at the published bandwidth, whichever is longer. Exchange between '
        'chips and their fast memory are left out. GFLOP and GB are those of one chip; maps are '
        'laid out in tiles of 8 x 128 numbers, so narrow maps and small batches are padded, and '
        'the padding is moved, too. The last columns say how many cores like those of this host '
        'must make batches to keep up.', '',
        '| preset | TPU | batch a chip | memory, GB | GFLOP | GB moved | step, ms | bound by | '
        'images/s | ' + ' | '.join(f'cores, {_way(*way)}' for way in FED_BY) + ' |',
        '| --- ' * (9 + len(FED_BY)) + '|']
    for plan in _ordered(results):
        head = f'| `{plan["preset"]}` | {plan["tpu"]} | {plan["batch_size"]} | '
        if not plan['fits']:
            lines.append(head + 'does not fit |' + ' |' * (5 + len(FED_BY)))
            continue
        speed = plan['images_per_second']
        cores = [f'{to_feed(speed, host["rates"][name][look], 1)[0]:,}' for name, look in FED_BY]
        lines.append(
            head + f'{plan["memory_gb"]:.2f} of {plan["hbm_gb"]:.0f} | {plan["gflops"]:,.0f} | '
            f'{plan["accessed_gb"]:.2f} | {plan["step_ms"]:.2f} | {plan["bound_by"]} | '
            f'{speed:,.0f} | ' + ' | '.join(cores) + ' |')
    lines += [
        '', '![Images a second by preset](plan.png)', '', '## What one core delivers', '',
        f"One of this host's {host['cores']} cores, in images per second of CPU time, from "
        f'{host["photographs"]} in memory:', '',
        '| routine | looks at | images/s |', '| --- | --- | --- |',
        *(f'| `{name}` | {look} | {rate:,.1f} |'
          for name, rates in host['rates'].items() for look, rate in rates.items())]
    return '\n'.join(lines) + '\n'


def _way(name: str, look: str) -> str:
    return 'no crop' if name == 'none' else look


def _ordered(results: dict) -> list[dict]:
    """Sorts the plans by preset, in the order in which the presets were named."""
    plans = results['plans'].values()
    presets = list(dict.fromkeys(plan['preset'] for plan in plans))
    return sorted(plans, key=lambda plan: (
        presets.index(plan['preset']), plan['tpu'], plan['batch_size']))


def _figure(results: dict):
    """Plots images per second, with lines for what a hundred cores make by each look."""
    import matplotlib.figure

    plans = [plan for plan in _ordered(results) if plan['fits']]
    kinds = sorted({(plan['tpu'], plan['batch_size']) for plan in plans})
    presets = list(dict.fromkeys(plan['preset'] for plan in plans))
    figure = matplotlib.figure.Figure(figsize=(8, 4.2), layout='constrained')
    axes = figure.subplots()
    breadth = 0.8 / len(kinds)
    colors = ['lightsteelblue', 'slategray', 'lightgreen', 'seagreen', 'navajowhite', 'darkorange']
    for number, (tpu, batch_size) in enumerate(kinds):
        some = [plan for plan in plans if (plan['tpu'], plan['batch_size']) == (tpu, batch_size)]
        axes.bar([presets.index(plan['preset']) + (number + 0.5) * breadth - 0.4 for plan in some],
                 [plan['images_per_second'] for plan in some], breadth,
                 color=colors[number % len(colors)], label=f'{tpu}, {batch_size} a chip')
    for (name, look), style in zip(FED_BY[1:], (':', '-.', '--')):
        axes.axhline(100 * results['host']['rates'][name][look], color='black', linestyle=style,
                     linewidth=1, label=f'100 cores, {look}')
    axes.set_yscale('log')
    axes.set_xticks(range(len(presets)), presets)
    axes.set_ylabel('images per second')
    axes.set_title("training, estimated by the TPU's compiler; not run on a TPU", fontsize=10)
    axes.legend(fontsize=8, ncols=2)
    axes.grid(alpha=0.3, axis='y')
    return figure


def _write(results: dict, out: pathlib.Path) -> None:
    for name, write in (
            ('results.json', lambda path: path.write_text(json.dumps(results, indent=1) + '\n')),
            ('results.md', lambda path: path.write_text(_page(results))),
            ('plan.png', lambda path: _figure(results).savefig(path, dpi=110))):
        with writing(out / name) as path:
            write(path)


if __name__ == '__main__':
    command.run(main)
