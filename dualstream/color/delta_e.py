"""Delta E 2000: how different two colours look (CIE 142:2001).

The formula is written as in Sharma, Wu and Dalal (2005), The CIEDE2000 Color-Difference Formula,
Color Research and Application 30:21-30, whose 34 pairs of colours are its known answers.
"""

import math

from dualstream.color.cielab import chroma_and_hue, root
from dualstream.color.planes import split
from dualstream.color.tensor_ops import ops_of

_SLACK = 1e-4  # degrees; float32 rounds hues by less, and opposite hues must count as opposite


def delta_e_2000(lab, other, *, weights: tuple[float, float, float] = (1.0, 1.0, 1.0)):
    """Computes the colour difference Delta E 2000, in which 1 is about the least that people see.

    Use it to say how far two pictures of one thing are apart; it is meant for small differences.

    Args:
      lab: floating (..., 3): L*, a*, b*, as from `rgb_to_lab`.
      other: floating (..., 3), of a shape that broadcasts with that of `lab`.
      weights: the parametric factors kL, kC and kH by which differences in lightness, chroma and
        hue are divided; textiles are judged with kL = 2.

    Returns:
      floating (...), of the dtype of `lab`, at least 0; exactly 0, with gradient 0, for two equal
      colours. Gradients are finite everywhere.

    Raises:
      ValueError: one of the two is not floating or has not three channels.

    Example:
      >>> from dualstream.color.delta_e import delta_e_2000
      >>> round(float(delta_e_2000([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485])), 4)
      2.0425
    """
    ops = ops_of(lab, other)
    _, (l1, a1, b1), dtype = split(lab, 'lab', ops=ops)
    _, (l2, a2, b2), _ = split(other, 'other', ops=ops)

    middle_chroma = (root(ops, a1 * a1 + b1 * b1) + root(ops, a2 * a2 + b2 * b2)) / 2
    stretch = 1 + 0.5 * (1 - _fades_in(ops, middle_chroma))  # of a, near gray
    c1, h1 = chroma_and_hue(ops, stretch * a1, b1)
    c2, h2 = chroma_and_hue(ops, stretch * a2, b2)
    turn, hue = _hue_difference_and_mean(ops, (c1, h1), (c2, h2))
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2

    d_lightness = (l2 - l1) / (weights[0] * _lightness_tolerance(ops, lightness))
    d_chroma = (c2 - c1) / (weights[1] * (1 + 0.045 * chroma))
    d_hue = (2 * root(ops, c1 * c2) * ops.sin(turn * (math.pi / 360))
             / (weights[2] * (1 + 0.015 * chroma * _hue_tolerance(ops, hue))))
    total = (d_lightness * d_lightness + d_chroma * d_chroma + d_hue * d_hue
             + _rotation(ops, chroma, hue) * d_chroma * d_hue)
    return ops.cast(root(ops, total), dtype)


def _hue_difference_and_mean(ops, one, other):
    """The hue difference in [-180, 180] and the mean hue, in degrees, of two (chroma, hue).

    Exactly opposite hues have their mean on the way through 180 degrees, not through 0.
    """
    (c1, h1), (c2, h2) = one, other
    both = ops.logical_and(c1 > 0, c2 > 0)  # a gray has no hue, and the mean is the other's
    turn, total = h2 - h1, h1 + h2
    far = ops.abs(turn) > 180 + _SLACK
    turn = ops.where(far, turn - ops.where(turn > 0, 360.0, -360.0), turn)
    mean = ops.where(far, total + ops.where(total < 360, 360.0, -360.0), total) / 2
    return ops.where(both, turn, 0.0), ops.where(both, mean, total)


def _lightness_tolerance(ops, lightness):
    square = ops.square(lightness - 50)
    return 1 + 0.015 * square / ops.sqrt(20 + square)


def _hue_tolerance(ops, hue):
    def wave(size, times, shift):
        return size * ops.cos((times * hue + shift) * (math.pi / 180))

    return 1 - wave(0.17, 1, -30) + wave(0.24, 2, 0) + wave(0.32, 3, 6) - wave(0.20, 4, -63)


def _rotation(ops, chroma, hue):
    """How chroma and hue differences interact; it matters for blues, around 275 degrees."""
    bell = ops.exp(-ops.square((hue - 275) / 25))
    return -2 * _fades_in(ops, chroma) * ops.sin(60 * bell * (math.pi / 180))


def _fades_in(ops, chroma):
    """Rises from 0 for grays to 1, half squared at chroma 25."""
    square = ops.square(chroma)
    seventh = square * square * square * chroma
    return root(ops, seventh / (seventh + 25.0**7))
