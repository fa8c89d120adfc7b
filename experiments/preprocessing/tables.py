"""Writes the results for people: tables in Markdown, and plots."""

import pathlib

import matplotlib.figure
import numpy as np

from experiments.preprocessing.calls import KINDS
from experiments.preprocessing.coverages import SACCADES
from experiments.preprocessing.timing import BATCH
from experiments.writing import write_results

_SAYS = {
    'none': 'decode, resize: no crop',
    'none_antialiased': 'no crop, antialiased (`--crop=none`)',
    'cv_py_function': 'all of OpenCV, 8 bits, in one py_function',
    'glance': 'tf-array from a glance at 1/8 scale',
    'grid': 'tf-array from the stored leaf grid',
    'grid_zoom_2': 'the same at zoom 2, decoded at half scale',
    'grid_zoom_4': 'the same at zoom 4, or as large as fits',
    'half_scale': 'no crop, decoded at half scale, plain resize',
    'window_known': 'the window alone by restart markers, window known',
    'ceiling': 'bare decode_and_crop_jpeg, window known',
}


def table(header: list[str], rows: list[list[str]]) -> str:
    return '\n'.join('| ' + ' | '.join(row) + ' |'
                     for row in [header, ['---'] * len(header), *rows])


def rates_table(results: dict) -> str:
    """Writes the table of our ways: images per second, ratios, seconds per epoch, peak memory."""
    def cell(column, name, form):
        value = results.get(column, {}).get(name)
        return '' if value is None else form.format(value)

    training = results['training']
    rows = [[
        f'`{name}`: {_SAYS[name]}' if name in _SAYS else f'`{name}`, from pixels',
        f'{np.median(rates):,.0f}', f'{results["ratio_to_none"][name]:.2f}',
        *(f'{results["dataset"]["train"] / np.median(rates_of[name]):.1f}'
          if name in rates_of else '' for rates_of in training.values()),
        cell('peak_memory_mb', name, '{:,.0f}'),
    ] for name, rates in results['images_per_second'].items()]
    header = ['way', 'images/s', 'ratio to none',
              *(f's per epoch, training on {device}' for device in training),
              'peak MB above reading']
    return table(header, rows)


def baselines_table(results: dict) -> str:
    """Writes the table of speed and leafiness of our ways and of the baselines."""
    leafiness, ratios = results['leafiness'], results['ratio_to_none_beside_baselines']
    rates = results['images_per_second_beside_baselines']
    cpu = results['cpu_ms_an_image']
    return table(['', 'images/s', 'ratio to none', 'CPU ms an image', 'mean leafiness'], [
        [name, f'{np.median(rates[name]):,.0f}', f'{ratios[name]:.2f}',
         f'{cpu[name]:.2f}' if name in cpu else 'in other processes', f'{leafiness[name]:.1%}']
        for name in sorted(rates, key=lambda name: -np.median(rates[name]))])


def calls_table(results: dict) -> str:
    """Writes the table of milliseconds from frame to window, by how the function is called."""
    def cell(value):
        return value if isinstance(value, str) else f'{value:.2f}'

    return table(['mask-crop', *(f'{kind} / ms' for kind in KINDS)], [
        [name, *(cell(by_kind[kind]) for kind in KINDS)]
        for name, by_kind in results['milliseconds_a_call'].items()])


def lost_in_words(results: dict) -> str:
    lost = results['coverage']
    said = [f'mean coverage of the best window {np.mean(lost["best"]):.1%}']
    for look in ('pixels', 'glance', 'grid'):
        values = 100 * np.array(lost[f'lost by {look}'])
        said.append(f'{look} loses {values.mean():.2f} points of it in the mean, '
                    f'{np.percentile(values, 99):.2f} at the 99th percentile, '
                    f'{values.max():.2f} at most')
    return f'{len(lost["best"])} photographs: ' + '; '.join(said) + '.'


def stages_table(results: dict) -> str:
    """Writes the table of milliseconds per photograph on one core, up to and with each stage."""
    rows, so_far = [], 0.0
    for name, rates in results['one_core'].items():
        way, stage = name.split(': ')
        milliseconds = 1000 / np.median(rates)
        first = not rows or rows[-1][0] != way
        rows.append([way, stage, f'{milliseconds:.2f}',
                     f'{milliseconds - (0 if first else so_far):.2f}'])
        so_far = milliseconds
    return table(['way', 'stage', 'ms so far', 'ms of it'], rows)


def whole_page(results: dict, command: str) -> str:
    made_by, dataset = results['made_by'], results['dataset']
    synthetic = ' (synthetic)' if dataset['synthetic'] else ''
    return f'''# What may be inserted into the pipeline?

`{command}`

{dataset["pictures"]} photographs of {dataset["name"]}{synthetic}, on average
{dataset["bytes"] / 1000:,.0f} kB, to 224 x 224, in batches of {BATCH}. {made_by["cores"]} cores of
{made_by["cpu"]}; devices {", ".join(made_by["devices"])}; TensorFlow {made_by["tensorflow"]}.
Medians of {results["repeats"]} interleaved rounds; ratios are medians of each round's own.

## The routines and the looks, through tf.data

{rates_table(results)}

Grid against its ceiling: {results["grid_to_ceiling"]:.2f}.

![Images a second, as ratios to none](ratios.png)

## Where the time goes, on one core

{stages_table(results)}

## Compared with other ways

{baselines_table(results)}

![Speed and leafiness](leafiness.png)

## What choosing from less than the pixels loses

{lost_in_words(results)}

## Saccades

![Coverage against saccades](saccades.png)

## From a frame to its window, by how it is called

{calls_table(results)}
'''


def ratios_figure(results: dict) -> matplotlib.figure.Figure:
    ratios = results['ratio_to_none']
    names = [name for name in results['images_per_second']]
    figure = matplotlib.figure.Figure(
        figsize=(8, 0.35 * len(names) + 1), layout='constrained', dpi=110)
    axes = figure.subplots()
    colors = ['seagreen' if name in ('tf-array', 'glance', 'grid') else 'lightsteelblue'
              for name in names]
    bars = axes.barh(names, [ratios[name] for name in names], color=colors)
    axes.bar_label(bars, fmt='%.2f', padding=3)
    axes.axvline(1, color='black', linestyle=':')
    axes.set_xlabel('images per second, as a ratio to decode and resize')
    axes.margins(x=0.1)
    axes.invert_yaxis()
    return figure


def leafiness_figure(results: dict) -> matplotlib.figure.Figure:
    ratios, leafiness = results['ratio_to_none_beside_baselines'], results['leafiness']
    names = sorted(ratios, key=ratios.get, reverse=True)
    colors = ['seagreen' if name in results['images_per_second'] and name != 'none' else
              'lightsteelblue' for name in names]
    figure = matplotlib.figure.Figure(
        figsize=(10, 0.35 * len(names) + 1), layout='constrained', dpi=110)
    speed, leafy = figure.subplots(1, 2, sharey=True)
    for axes, values, form, what in (
            (speed, [ratios[name] for name in names], '%.2f',
             'images per second, as a ratio to decode and resize'),
            (leafy, [100 * leafiness[name] for name in names], '%.0f%%',
             'mean leafiness of the images / %')):
        axes.bar_label(axes.barh(names, values, color=colors), fmt=form, padding=3, fontsize=9)
        axes.set_xlabel(what)
        axes.margins(x=0.15)
        axes.spines[['top', 'right']].set_visible(False)
    speed.axvline(1, color='black', linestyle=':')
    speed.invert_yaxis()
    return figure


def saccades_figure(results: dict) -> matplotlib.figure.Figure:
    coverage = results['coverage']
    figure = matplotlib.figure.Figure(figsize=(7, 3.5), layout='constrained', dpi=110)
    axes = figure.subplots()
    axes.axhline(100 * np.mean(coverage['best']), color='black', linestyle=':',
                 label='leafiest window (array_crop)')
    axes.plot(SACCADES, 100 * np.array(coverage['expected']), color='seagreen',
              label='expected, from all windows')
    axes.plot(SACCADES, 100 * np.array(coverage['measured']), 'o', color='darkorange',
              label='measured, max_rand_crop')
    axes.set_xscale('log', base=2)
    axes.set_xticks(SACCADES, SACCADES)
    axes.set_xlabel('saccades')
    axes.set_ylabel('mean coverage / %')
    axes.legend()
    axes.grid(alpha=0.3)
    return figure


def write(results: dict, command: str, out: pathlib.Path) -> None:
    """Writes results.json, results.md and the plots."""
    write_results(out, results, whole_page(results, command), {
        'ratios.png': ratios_figure(results), 'leafiness.png': leafiness_figure(results),
        'saccades.png': saccades_figure(results)})
