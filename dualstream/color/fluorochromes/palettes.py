"""Lookup colours: the colour that a channel has in a merge where it is brightest.

Red and green is what a picture of two fluorochromes often shows, and what every twelfth man
cannot read. Okabe and Ito (2002, Color Universal Design, jfly.uni-koeln.de/color) show magenta
beside green instead, and give eight colours that people with any colour vision tell apart; Wong
(2011, Points of view: Color blindness, Nature Methods 8:441) recommends both to microscopists.
"""

import re
from collections.abc import Sequence

import numpy as np

LOOKUP_COLORS = {
    'red': (1.0, 0.0, 0.0), 'green': (0.0, 1.0, 0.0), 'blue': (0.0, 0.0, 1.0),
    'cyan': (0.0, 1.0, 1.0), 'magenta': (1.0, 0.0, 1.0), 'yellow': (1.0, 1.0, 0.0),
    'gray': (1.0, 1.0, 1.0),
    # Okabe and Ito's, which they give in 8 bits.
    'okabe_blue': (0.0, 114 / 255, 178 / 255), 'okabe_yellow': (240 / 255, 228 / 255, 66 / 255),
    'bluish_green': (0.0, 158 / 255, 115 / 255), 'vermilion': (213 / 255, 94 / 255, 0.0),
    'sky_blue': (86 / 255, 180 / 255, 233 / 255), 'orange': (230 / 255, 159 / 255, 0.0),
    'reddish_purple': (204 / 255, 121 / 255, 167 / 255),
}
"""Colours by name, sRGB in [0, 1]."""

PALETTES = {
    'rgb': ('red', 'green', 'blue'),
    'mgc': ('magenta', 'green', 'cyan'),
    'okabe_ito': ('okabe_blue', 'okabe_yellow', 'bluish_green'),
}
"""Sets of three colours that can be unmixed. People with any colour vision can tell the first two
of `mgc` apart, and all of `okabe_ito`."""


def lookup_colors(colors: str | Sequence, channels: int | None = None) -> np.ndarray:
    """Reads lookup colours, one of each channel.

    Args:
      colors: the name of a palette, of which the first colours are taken; or a sequence of colours,
        each a name in LOOKUP_COLORS, '#rrggbb' or three numbers in [0, 1], sRGB.
      channels: how many colours there must be; any number if None.

    Returns:
      float64 (channels, 3), sRGB in [0, 1].

    Raises:
      ValueError: a colour is unknown or black, or there is another number of them.

    Example:
      >>> from dualstream.color.fluorochromes.palettes import lookup_colors
      >>> lookup_colors('mgc', 2).tolist()
      [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
      >>> lookup_colors(['red', '#00ff33']).tolist()
      [[1.0, 0.0, 0.0], [0.0, 1.0, 0.2]]
    """
    if isinstance(colors, str):
        if colors not in PALETTES:
            raise ValueError(
                f'colors must be one of {", ".join(PALETTES)} or a sequence, got {colors!r}')
        colors = PALETTES[colors][:channels]
    table = np.array([_color(color) for color in colors]).reshape(-1, 3)
    if channels is not None and len(table) != channels or not len(table):
        raise ValueError(f'colors must be one per channel, {channels or "at least 1"}; '
                         f'got {len(table)}')
    return table


def _color(color) -> tuple[float, float, float]:
    if isinstance(color, str):
        if color in LOOKUP_COLORS:
            return LOOKUP_COLORS[color]
        if not re.fullmatch('#[0-9a-fA-F]{6}', color):
            raise ValueError(f'colors must be #rrggbb or of {", ".join(LOOKUP_COLORS)}; '
                             f'got {color!r}')
        color = tuple(int(color[at:at + 2], 16) / 255 for at in (1, 3, 5))
    numbers = np.asarray(color, float)
    if numbers.shape != (3,) or not ((numbers >= 0) & (numbers <= 1)).all() or not numbers.any():
        raise ValueError(f'a colour must be three numbers in [0, 1], not all 0; got {color}')
    return tuple(numbers.tolist())
