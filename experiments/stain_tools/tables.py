"""Writes the tables and the picture of the comparison."""

import pathlib

import matplotlib.figure
import numpy as np

from dualstream.color.stains.normalizer import METHODS
from experiments.stain_tools.measure import normalizer
from experiments.writing import write_results

SLIDEFLOW = (('macenko', '929', '881'), ('macenko_fast', '1,404', '1,088'),
             ('reinhard', '1,136', '3,329'), ('vahadane_spams', '0.7', '2.2'),
             ('vahadane_sklearn', '0.9', '1.0'))
"""Pictures a second of 299 x 299 that slideflow's documentation publishes: TensorFlow, PyTorch."""


def whole_page(results: dict, command: str) -> str:
    """Writes results.md."""
    versions = results['versions']
    other = versions['torchstain']
    beside = ', '.join(f'{name} {version}' for name, version in other.items()) if other else (
        'absent: its rows are missing, and nothing is compared')
    return f'''# Does the stain normaliser agree with torchstain, and how fast is each?

`{command}`

TensorFlow {versions["here"]["tensorflow"]}, Keras {versions["here"]["keras"]};
{versions["cores"]} cores ({versions["machine"]}). torchstain's Python: {beside}.

## The same slide, normalised to the same reference by Macenko's method

Levels of 255 by which the results differ. torchstain cuts off fractions and leaves its offset of 1
in; here levels are rounded and the offset is taken back, so a difference of 1 is expected.

{_agreement_table(results)}

![The slide, its reference, and the slide normalised by each method](slides.png)

## Slides a second

Medians over interleaved rounds on the CPU, lowest to highest in brackets; the ratio is the median
of each round's own. Both sides get a picture in memory and give one back; torchstain leaves out its
pictures of the single stains (`stains=False`).

{_speed_table(results["speed"])}

## Beside: what slideflow publishes

Another machine (a 3960X with an A100) and another size, so no comparison: pictures of 299 x 299 a
second, from the documentation of slideflow 2.0.

| method | TensorFlow | PyTorch |
| --- | --- | --- |
{chr(10).join(f"| {' | '.join(row)} |" for row in SLIDEFLOW)}
'''


def _agreement_table(results: dict) -> str:
    rows = {'the slide before': results['changed'], **{
        f'torchstain, {name}': levels for name, levels in results['differences'].items()}}
    return '\n'.join(
        ['| against | mean | 99th percentile | most |', '| --- | --- | --- | --- |',
         *(f'| {name} | {levels["mean"]:.2f} | {levels["percentile_99"]:.0f} | {levels["most"]} |'
           for name, levels in rows.items())])


def _speed_table(speed: dict) -> str:
    lines = ['| pixels | way | slides a second | times torchstain, tensorflow |',
             '| --- | --- | --- | --- |']
    for size, rates in speed.items():
        base = rates.get('torchstain, tensorflow')
        for name, each in rates.items():
            ratio = f'{np.median(np.divide(each, base)):.1f}' if base else ''
            lines.append(f'| {size} | {name} | {np.median(each):.1f} '
                         f'({min(each):.1f} to {max(each):.1f}) | {ratio} |')
    return '\n'.join(lines)


def figure_of(source: np.ndarray, reference: np.ndarray) -> matplotlib.figure.Figure:
    """Draws the slide, its reference, and the slide normalised by each method."""
    pictures = {'slide': source, 'reference': reference,
                **{method: normalizer(reference, method)(source).numpy() for method in METHODS}}
    figure = matplotlib.figure.Figure(figsize=(12, 2.3), layout='constrained', dpi=90)
    for axes, (name, picture) in zip(figure.subplots(1, len(pictures)), pictures.items()):
        axes.imshow(picture)
        axes.set_title(name)
        axes.set_axis_off()
    return figure


def write(results: dict, command: str, out: pathlib.Path, source: np.ndarray,
          reference: np.ndarray) -> None:
    """Writes results.json, results.md and slides.png."""
    write_results(out, results, whole_page(results, command),
                  {'slides.png': figure_of(source, reference)})
