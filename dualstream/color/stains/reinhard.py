"""Colours matched after Reinhard: mean and spread of the tissue in CIELAB.

Reinhard, Ashikhmin, Gooch, Shirley (2001), Color Transfer between Images, IEEE Computer Graphics
and Applications 21(5):34-41. They used the space l-alpha-beta; for slides CIELAB has become usual.
It separates no stains, and so needs no two of them.
"""

from dualstream.color.cielab import lab_to_rgb, rgb_to_lab
from dualstream.color.stains.pixels import Pixels
from dualstream.color.stains.tissue import masked_mean

_TINY = 1e-6


def measure_colors(pixels: Pixels):
    """Measures the CIELAB of tissue.

    Returns:
      float32 (..., 3) and float32 (..., 3): means and standard deviations of L*, a* and b*; 0 where
      there is no tissue. No gradient passes.
    """
    ops = pixels.ops
    lab = [ops.stop_gradient(plane) for plane in _lab(pixels)]
    where = pixels.tissue, pixels.spread.pixels
    means = [masked_mean(ops, plane, *where) for plane in lab]
    variances = [masked_mean(ops, ops.square(plane - mean[..., None, None]), *where)
                 for plane, mean in zip(lab, means)]
    deviations = [ops.sqrt(variance) for variance in variances]
    return ops.stack(means, axis=-1), ops.stack(deviations, axis=-1)


def match_colors(pixels: Pixels, source, target, max_gain: float | None) -> list:
    """Gives the pixels the target's means and deviations in CIELAB.

    Args:
      pixels: the pictures.
      source: their (means, deviations), float32 (..., 3) or (3,) each.
      target: those to have, float32 (3,) each.
      max_gain: how far a deviation may be stretched at most; None: any.

    Returns:
      Three float32 (..., H, W): red, green and blue in [0, 1]. They mean nothing outside of tissue.
    """
    ops = pixels.ops
    planes = []
    for channel, plane in enumerate(_lab(pixels)):
        # Two slices: TensorFlow's graph optimiser makes one of a stacked tensor the stacked part
        # itself, and loses the new axes.
        mean, deviation = (each[..., channel][..., None, None] for each in source)
        new_mean, new_deviation = (each[..., channel][..., None, None] for each in target)
        gain = new_deviation / ops.maximum(deviation, _TINY)
        gain = gain if max_gain is None else ops.minimum(gain, max_gain)
        planes.append((plane - mean) * gain + new_mean)
    rgb = lab_to_rgb(ops.moveaxis(ops.stack(planes), 0, -1))
    return ops.unstack(ops.moveaxis(rgb, -1, 0), 3)


def _lab(pixels: Pixels) -> list:
    ops = pixels.ops
    lab = rgb_to_lab(ops.moveaxis(ops.stack(pixels.planes), 0, -1))
    return ops.unstack(ops.moveaxis(lab, -1, 0), 3)
