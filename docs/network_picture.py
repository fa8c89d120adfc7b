"""Draws docs/network.png: the two streams of a preset, with the sizes of the model's maps."""

import pathlib

import matplotlib.figure

from dualstream import network
from dualstream.network.dual_stream import GRAY_AREAS, HSV_AREAS

PRESET = 'nano'
GRAY, COLOR = '0.35', 'seagreen'


def draw_network(preset: str) -> matplotlib.figure.Figure:
    """Draws gray above and HSV below, a column for each size of map; arrows between are merges.

    Args:
      preset: one whose HSV stream ends in a merge.
    """
    model = network.build(preset)
    maps = network.features(model).output
    delay = network.PRESETS[preset].delay
    figure = matplotlib.figure.Figure(figsize=(11, 3.6), layout='constrained')
    axes = figure.subplots()

    def box(x, y, text, tensor, color):
        size = f'\n{tensor.shape[1]} x {tensor.shape[2]} x {tensor.shape[3]}'
        axes.text(x, y, text + size, ha='center', va='center', color='white', fontsize=9,
                  bbox={'boxstyle': 'round,pad=0.5', 'facecolor': color, 'edgecolor': 'none'})

    def arrow(start, end, color, style='-', bend=0.0):
        axes.annotate('', end, start, arrowprops={
            'arrowstyle': '->', 'color': color, 'linestyle': style, 'shrinkA': 38, 'shrinkB': 40,
            'connectionstyle': f'arc3,rad={bend}'})

    columns = [(2 * number, 1) for number in range(1, 5)]
    areas = [area for area in HSV_AREAS if area in maps['hsv']]
    late = [(2 * (number + delay), 0) for number in range(1, 1 + len(areas))]
    read_out = (10, 1)
    lgn = {'gray': (0, 1), 'hsv': (0, 0), 'stem': (2, 0)}
    box(*lgn['gray'], 'luminance', model.get_layer('lgn_magno').output, GRAY)
    box(*lgn['hsv'], 'hue and chroma', model.get_layer('lgn_parvo').output, COLOR)
    box(*lgn['stem'], 'stem', maps['hsv']['v1_parvo_stem'], COLOR)
    for place, area in zip(columns, GRAY_AREAS):
        color = GRAY if place[0] <= columns[delay][0] else 'indigo'
        box(*place, area, maps['gray'][area], color)
    for place, area in zip(late, areas):
        box(*place, area, maps['hsv'][area], COLOR)
    box(*read_out, 'pfc', maps['merged']['pfc'], 'indigo')

    for start, end in zip([lgn['gray'], *columns], [*columns, read_out]):
        arrow(start, end, GRAY)
    for start, end in zip([lgn['hsv'], lgn['stem']], [lgn['stem'], *late]):
        arrow(start, end, COLOR)
    for start, end in zip(late, columns[delay:]):
        arrow(start, end, COLOR)  # a merge
        arrow(lgn['stem'], end, COLOR, ':', bend=0.12)
    axes.text(6, 0.35, 'dotted: a skip connection, past the slow stage to the merge',
              ha='left', color=COLOR, fontsize=9)
    axes.set_title(f'dual_stream_{preset}: the HSV stream comes {delay} stage later')
    axes.set(xlim=(-1, 10.9), ylim=(-0.3, 1.3))
    axes.axis('off')
    return figure


if __name__ == '__main__':
    draw_network(PRESET).savefig(pathlib.Path(__file__).parent / 'network.png', dpi=90)
