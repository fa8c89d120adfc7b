"""Channels to a picture: what the overlay of a microscope's software does."""

from dualstream.color.fluorochromes.intensities import join_intensities, split_intensities
from dualstream.color.fluorochromes.palettes import lookup_colors

MODES = ('additive', 'max', 'screen')
"""How the colours of the channels are combined; `merge` describes each."""


def merge(channels, colors='rgb', *, mode: str = 'additive'):
    """Merges channels into a picture, each in its lookup colour.

    The numbers of the picture are what a screen is given (sRGB as encoded), as in ImageJ's
    composites. Use `additive` to be able to unmix the picture again; `max` where a bright channel
    may hide a dim one; `screen` where nothing may clip, at the price of overlaps that are
    brighter than one channel and dimmer than their sum.

    Args:
      channels: uint8, uint16 or floating in [0, 1], (..., H, W, channels); values outside [0, 1]
        count as 0 or 1.
      colors: of the channels, as `lookup_colors` takes them.
      mode: `additive` sums what the channels add to red, green and blue, and clips it at 1; `max`
        takes the greatest; `screen` multiplies what they leave dark.

    Returns:
      The dtype of channels, (..., H, W, 3), sRGB. A NaN in a channel is one in the picture.

    Raises:
      ValueError: the dtype, the mode or a colour is another, or there are fewer or more colours
        than channels.

    Example:
      >>> import numpy as np
      >>> from dualstream import merge
      >>> rfp, gfp = np.uint8([[255, 0, 200]]), np.uint8([[0, 100, 200]])
      >>> np.asarray(merge(np.stack([rfp, gfp], axis=-1), ['red', 'green'])).tolist()
      [[[255, 0, 0], [0, 100, 0], [200, 200, 0]]]
    """
    if mode not in MODES:
        raise ValueError(f'mode must be one of {", ".join(MODES)}; got {mode!r}')
    ops, planes, dtype = split_intensities(channels, 'channels')
    table = lookup_colors(colors, len(planes))
    picture = [_combine(ops, [float(share) * plane for share, plane in zip(shares, planes)], mode)
               for shares in table.T]
    return join_intensities(ops, picture, dtype)


def _combine(ops, added: list, mode: str):
    """What the channels together make of red, green or blue."""
    total = added[0]
    for more in added[1:]:
        if mode == 'max':
            total = ops.maximum(total, more)
        else:
            total = total + more - (total * more if mode == 'screen' else 0)
    return ops.clip(total, 0.0, 1.0)
