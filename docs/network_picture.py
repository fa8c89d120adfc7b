"""Draws docs/network.png: the two streams of a preset, with the sizes of the model's maps."""

import pathlib

import matplotlib.figure

from dualstream import network
from dualstream.network.dual_stream import GRAY_AREAS, HSV_AREAS

PRESET = 'nano'
GRAY, COLOR = '0.35', 'seagreen'


def draw_network(preset: str) -> matplotlib.figure.Figure:
    """Draws gray above and HSV below, a column for each size of map; arrows between are merges."""
    model = network.build(preset)
    maps = network.features(model).output
    delay = network.PRESETS[preset].delay
    figure = matplotlib.figure.Figure(figsize=(11, 4.2), layout='constrained')
    axes = figure.subplots()

    def box(x, y, text, tensor, color):
        size = f'\n{tensor.shape[1]} x {tensor.shape[2]} x {tensor.shape[3]}'
        axes.text(x, y, text + size, ha='center', va='center', color='white', fontsize=9,
                  bbox={'boxstyle': 'round,pad=0.5', 'facecolor': color, 'edgecolor': 'none'})

    def arrow(start, end, color, style='-', bend=0.0):
        axes.annotate('', end, start, arrowprops={
            'arrowstyle': '->', 'color': color, 'linestyle': style, 'shrinkA': 30, 'shrinkB': 26,
            'connectionstyle': f'arc3,rad={bend}'})

    columns = [(2 * number, 1) for number in range(1, 5)]
    late = [(2 * (number + delay), 0) for number in range(1, 4)] + [(9.6, 0)]
    read_out = (11.4, 0.5)
    lgn = {'gray': (0, 1), 'hsv': (0, 0), 'stem': (2, 0)}
    box(*lgn['gray'], 'luminance', model.get_layer('lgn_magno').output, GRAY)
    box(*lgn['hsv'], 'hue, saturation,\nvalue', model.get_layer('lgn_parvo').output, COLOR)
    box(*lgn['stem'], 'stem', maps['hsv']['v1_parvo_stem'], COLOR)
    for place, area in zip(columns, GRAY_AREAS):
        box(*place, area, maps['gray'][area], GRAY)
    for place, area in zip(late, HSV_AREAS):
        box(*place, area, maps['hsv'][area], COLOR)
    box(*read_out, 'pfc', maps['merged']['pfc'], 'indigo')

    for start, end in zip([lgn['gray'], *columns], [*columns, read_out]):
        arrow(start, end, GRAY)
    for start, end in zip([lgn['hsv'], lgn['stem'], *late], [lgn['stem'], *late, read_out]):
        arrow(start, end, COLOR)
    for start, end in zip(late[:3], columns[delay:]):
        arrow(start, end, COLOR)  # a merge
    for end in [*columns[delay:], read_out]:
        arrow(lgn['stem'], end, COLOR, ':', bend=0.12 if end != read_out else 0.3)
    axes.text(5.5, -0.5, 'dotted: skip connections, past the slow stages to every merge',
              ha='center', color=COLOR, fontsize=9)
    axes.set_title(f'dual_stream_{preset}: the HSV stream comes {delay} stage later')
    axes.set(xlim=(-1, 12.3), ylim=(-0.7, 1.4))
    axes.axis('off')
    return figure


if __name__ == '__main__':
    draw_network(PRESET).savefig(pathlib.Path(__file__).parent / 'network.png', dpi=90)
