"""Estimates how fast TPUs would train, what limits them, and what their host must deliver.

  python -m experiments.plans --out=experiments/results/plans

Has the TPU's compiler compile a training step of every preset for several TPUs; of the first preset
on the first TPU also for several batch sizes, for images of float32, and at full effort. Measures
what one core of this host delivers. Needs no TPU: all is a compiler's estimate, as in
dualstream.plan. Takes about 30 minutes on 2 CPU cores. Writes results.json, results.md with tables,
and plan.png; plans that results.json already has are not made again.
"""

import dataclasses
import json
import pathlib
import time

from absl import flags

from dualstream.runtime import command
from dualstream.tpu import environment, find_slice
from experiments.writing import write_results

_PRESETS = flags.DEFINE_list(
    'presets', ['nano', 'tiny', 'small', 'base'], 'Sizes of the network, separated by commas.')
_TPUS = flags.DEFINE_list('tpus', ['v5litepod-8', 'v6e-8'], 'Slices, as they are rented.')
_BATCH_SIZE = flags.DEFINE_integer('batch_size', 128, 'Images in a step on each chip.')
_SWEEP = flags.DEFINE_list(
    'sweep', ['32', '64', '256', '512'], 'Further batch sizes for the first preset and TPU.')
_OUT = flags.DEFINE_string('out', 'runs/plans', 'The folder for the results.')

IMAGE_SIZE = (224, 224)
WELL = 0.9
"""Share of the best speed from which a batch uses the chip well."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """A plan to make; its fields are the first of a plan in results.json."""

    preset: str
    tpu: str
    batch_size: int
    pixels: str = 'uint8'
    effort: str = 'least'

    @property
    def name(self) -> str:
        return ' '.join(str(value) for value in dataclasses.astuple(self))


def main(argv: list[str]) -> None:
    del argv
    for name in _TPUS.value:
        find_slice(name)
    environment.configure()
    with command.hushed():
        import tqdm

        from dualstream.tpu import compiler, host
        from dualstream.tpu.train_step import PRECISION

    out = pathlib.Path(_OUT.value)
    out.mkdir(parents=True, exist_ok=True)
    made_by = {'compiler': compiler.version(), 'precision': PRECISION, 'image_size': IMAGE_SIZE}
    results = _kept(out / 'results.json', made_by)
    if not results['host']:
        results['host'] = dataclasses.asdict(host.measure(None, None, IMAGE_SIZE))
    for asked in tqdm.tqdm(_wanted(), 'Plans', unit=' plans'):
        if asked.name not in results['plans']:
            results['plans'][asked.name] = _plan(asked)
            _write(results, out)
    _write(results, out)
    print(_page(results))


def _wanted() -> list[Asked]:
    """All plans; the first of them are those that an interrupted run should have."""
    size = _BATCH_SIZE.value
    first = Asked(_PRESETS.value[0], _TPUS.value[0], size)
    return [
        *(Asked(preset, tpu, size) for preset in _PRESETS.value for tpu in _TPUS.value),
        dataclasses.replace(first, pixels='float32'),
        *(dataclasses.replace(first, batch_size=int(text)) for text in _SWEEP.value),
        dataclasses.replace(first, effort='full')]


def _plan(asked: Asked) -> dict:
    from dualstream.tpu import compiler
    from dualstream.tpu.estimate import roofline
    from dualstream.tpu.train_step import lower_train_step

    tpu = find_slice(asked.tpu)
    lowered = lower_train_step(tpu, asked.preset, batch_size=asked.batch_size,
                               image_size=IMAGE_SIZE, pixels=asked.pixels)
    efforts = {'least': compiler.LEAST_EFFORT, 'full': compiler.FULL_EFFORT}
    started = time.process_time()
    compiled = compiler.compile_lowered(lowered, effort=efforts[asked.effort])
    return {**dataclasses.asdict(asked), 'compile_cpu_seconds': time.process_time() - started,
            **dataclasses.asdict(roofline(compiled, tpu, asked.batch_size))}


def _kept(path: pathlib.Path, made_by: dict) -> dict:
    """Reads the results of an earlier run with the same settings, or starts new ones."""
    made_by = json.loads(json.dumps(made_by))  # with lists, as the file has them
    if path.exists():
        kept = json.loads(path.read_text())
        if kept['made_by'] == made_by:
            return kept
    return {'made_by': made_by, 'host': None, 'plans': {}}


def _page(results: dict) -> str:
    made_by, host = results['made_by'], results['host']
    height, width = made_by['image_size']
    return '\n'.join([
        '# Plans for TPUs', '',
        f"A compiler's estimate: {made_by['compiler']} compiled every step, in "
        f'{made_by["precision"]}, for images of {height} x {width}, and nothing was run on a TPU. '
        'The time of a step is that of its operations at the published peak, or of the bytes that '
        'they read and write at the published bandwidth, whichever is longer. Exchange between '
        'chips and their fast memory are left out. GFLOP and GB are those of one chip.', '',
        *_limits_table(results), '', '![What the parts of a slice allow](plan.png)', '',
        *_batch_table(results), '', *_pair_table(results), '',
        '## What one core delivers', '',
        f"One of this host's {host['cores']} cores, in images per second of CPU time, from "
        f'{host["photographs"]} in memory, {host["photo_bytes"] / 1e3:.0f} kB each:', '',
        '| routine | looks at | images/s |', '| --- | --- | --- |',
        *(f'| `{name}` | {look} | {rate:,.1f} |'
          for name, rates in host['rates'].items() for look, rate in rates.items())]) + '\n'


def _limits_table(results: dict) -> list[str]:
    """Each preset on each TPU, and what limits its training there."""
    lines = [
        'The four columns before the last two say how many images a second each part of a slice '
        'allows at most: the chips by this estimate, the links to them and the network by their '
        'published speeds, and the vCPUs as if each were a core of this host. *Alone*, the '
        'host reads photographs and makes the images; *fed*, others make them and send them over '
        'the network, with 8 bits a channel. The smallest binds.', '',
        '| preset | TPU | batch a chip | memory, GB | GFLOP | GB moved | step, ms | bound by | '
        'chips | links | network, fed | vCPUs, alone | alone, images/s | fed, images/s |',
        '| --- ' * 14 + '|']
    for plan in _main_plans(results):
        head = f'| `{plan["preset"]}` | {plan["tpu"]} | {plan["batch_size"]} | '
        if not plan['fits']:
            lines.append(head + 'does not fit |' + ' |' * 10)
            continue
        alone, fed = _limits(results, plan)
        ends = [f'{each.images_per_second:,.0f} ({each.binding})' for each in (alone, fed)]
        lines.append(
            head + f'{plan["memory_gb"]:.2f} of {plan["hbm_gb"]:.0f} | {plan["gflops"]:,.0f} | '
            f'{plan["accessed_gb"]:.2f} | {plan["step_ms"]:.2f} | {plan["bound_by"]} | '
            f'{alone.allows["chips"]:,.0f} | {alone.allows["links"]:,.0f} | '
            f'{fed.allows["network"]:,.0f} | {alone.allows["vCPUs"]:,.0f} | ' + ' | '.join(ends)
            + ' |')
    return lines


def _batch_table(results: dict) -> list[str]:
    """The first preset on the first TPU, by batch size."""
    plans = _sweep(results)
    if not plans:
        return []
    best = max(plan['images_per_second'] for plan in plans)
    first = plans[0]
    return [
        '## Batch size', '',
        f'`{first["preset"]}` on {first["tpu"]}. Maps are laid out in tiles of 8 x 128 numbers, so '
        'that small batches and narrow maps are padded, and the padding is moved, too. From '
        f'**{_well_used(plans)} images** a chip on, the speed is at least {WELL:.0%} of the best '
        'here.', '',
        '| batch a chip | GB moved | MB moved an image | step, ms | images/s | of the best |',
        '| --- ' * 6 + '|',
        *(f'| {plan["batch_size"]} | {plan["accessed_gb"]:.2f} | '
          f'{1e3 * plan["accessed_gb"] / plan["batch_size"]:.1f} | {plan["step_ms"]:.2f} | '
          f'{plan["images_per_second"]:,.0f} | {plan["images_per_second"] / best:.0%} |'
          for plan in plans)]


def _well_used(plans: list[dict]) -> int:
    """The smallest batch with at least WELL of the best speed, of plans in order of their size."""
    best = max(plan['images_per_second'] for plan in plans)
    return next(plan['batch_size'] for plan in plans if plan['images_per_second'] >= WELL * best)


def _pair_table(results: dict) -> list[str]:
    """One step, with images of either type, and compiled with the least and with full effort."""
    whats = {('uint8', 'least'): 'images of uint8, scaled by the step; least effort',
             ('float32', 'least'): 'images of float32; least effort',
             ('uint8', 'full'): 'images of uint8, scaled by the step; full effort'}
    plans = {(plan['pixels'], plan['effort']): plan for plan in _like_the_first(results)}
    first = plans['uint8', 'least']
    effort = '' if ('uint8', 'full') not in plans else (
        " Full effort is what a training is compiled with: it also copies data to the chip's fast "
        'memory and back, and these copies are counted, too. Plans are made with the least effort.')
    return [
        "## What the images' type and the compiler's effort change", '',
        f'`{first["preset"]}` on {first["tpu"]}, {first["batch_size"]} images a chip.' + effort, '',
        '| step | GFLOP | GB moved | of the first | step, ms | CPU time to compile, s |',
        '| --- ' * 6 + '|',
        *(f'| {what} | {plans[key]["gflops"]:.2f} | {plans[key]["accessed_gb"]:.3f} | '
          f'{plans[key]["accessed_gb"] / first["accessed_gb"]:.1%} | {plans[key]["step_ms"]:.3f} | '
          f'{plans[key]["compile_cpu_seconds"]:.0f} |'
          for key, what in whats.items() if key in plans)]


def _main_plans(results: dict) -> list[dict]:
    """The plans of all presets and TPUs, at the batch size of the first plan."""
    plans = list(results['plans'].values())
    return [plan for plan in plans if _usual(plan) and plan['batch_size'] == plans[0]['batch_size']]


def _sweep(results: dict) -> list[dict]:
    plans = list(results['plans'].values())
    some = [plan for plan in plans if _usual(plan) and plan['fits'] and all(
        plan[key] == plans[0][key] for key in ('preset', 'tpu'))]
    return sorted(some, key=lambda plan: plan['batch_size'])


def _like_the_first(results: dict) -> list[dict]:
    plans = list(results['plans'].values())
    return [plan for plan in plans if plan['fits'] and all(
        plan[key] == plans[0][key] for key in ('preset', 'tpu', 'batch_size'))]


def _usual(plan: dict) -> bool:
    return (plan['pixels'], plan['effort']) == ('uint8', 'least')


def _limits(results: dict, plan: dict) -> tuple:
    """The limits of a plan that fits, alone and fed."""
    from dualstream.tpu.host import Host
    from dualstream.tpu.limits import find_limits

    return tuple(find_limits(
        plan['images_per_second'], find_slice(plan['tpu']), Host(**results['host']),
        image_size=results['made_by']['image_size']).values())


def _figure(results: dict):
    """Plots what the chips could train on, with lines for what reaches them."""
    import matplotlib.figure

    plans = [plan for plan in _main_plans(results) if plan['fits']]
    presets = list(dict.fromkeys(plan['preset'] for plan in plans))
    tpus = list(dict.fromkeys(plan['tpu'] for plan in plans))
    figure = matplotlib.figure.Figure(figsize=(9, 4), layout='constrained', dpi=110)
    for number, (tpu, axes) in enumerate(zip(tpus, figure.subplots(
            1, len(tpus), sharey=True, squeeze=False)[0])):
        some = [plan for plan in plans if plan['tpu'] == tpu]
        axes.bar([presets.index(plan['preset']) for plan in some],
                 [plan['images_per_second'] for plan in some], 0.6, color='lightsteelblue',
                 label='chips, by preset')
        alone, fed = _limits(results, some[0])
        for speed, what, style in (
                (alone.allows['links'], 'links', ':'),
                (fed.allows['network'], 'network, fed with 8-bit images', '--'),
                (fed.allows['network'] / 4, 'network, if they were float32', '-.'),
                (alone.allows['vCPUs'], 'vCPUs, alone', '-')):
            axes.axhline(speed, color='black', linestyle=style, linewidth=1, label=what)
        axes.set_yscale('log')
        axes.set_xticks(range(len(presets)), presets)
        axes.set_title(f'{tpu}, {some[0]["batch_size"]} images a chip', fontsize=10)
        axes.grid(alpha=0.3, axis='y')
        if number == 0:
            axes.set_ylabel('images per second, at most')
    figure.legend(*axes.get_legend_handles_labels(), loc='outside lower center', ncols=3,
                  fontsize=8)
    figure.suptitle("training, estimated by the TPU's compiler; not run on a TPU", fontsize=10)
    return figure


def _write(results: dict, out: pathlib.Path) -> None:
    write_results(out, results, _page(results), {'plan.png': _figure(results)})


if __name__ == '__main__':
    command.run(main)
