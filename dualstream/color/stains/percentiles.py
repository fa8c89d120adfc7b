"""Percentiles of pixels without sorting them, which takes long on every device.

A percentile is the least value that enough pixels do not exceed. So the interval that holds it is
halved again and again, each time by counting: no shape depends on the data, and a count is one pass
over memory.
"""

_HALVINGS = 20
_BEYOND = 3e38  # above every value, and finite


def count(ops, mask):
    """Counts the pixels under masks: bool (..., H, W) to int32 (...)."""
    # Down the columns first: that is what compilers vectorise. A column's float is exact.
    return ops.sum(ops.cast(ops.sum(ops.cast(mask, 'float32'), axis=-2), 'int32'), axis=-1)


def percentiles(ops, values, mask, percents: tuple[float, ...]) -> list:
    """Computes percentiles of the pixels under masks: the nearest rank, without interpolation.

    Exact to a millionth of the range of the values. No gradient passes.

    Args:
      ops: keras.ops, or what `ops_of` gives for the tensors.
      values: float32 (..., H, W), finite.
      mask: bool (..., H, W); where it covers no pixel, the result is finite and means nothing.
      percents: numbers in [0, 100].

    Returns:
      float32 (...) for each of the percents.

    Example:
      >>> import keras
      >>> from dualstream.color.stains.percentiles import percentiles
      >>> values = keras.ops.reshape(keras.ops.arange(101, dtype='float32'), (1, 101))
      >>> found = percentiles(keras.ops, values, values < 100.5, (1, 50))
      >>> [round(float(value), 3) for value in found]
      [1.0, 50.0]
    """
    values = ops.stop_gradient(values)
    pixels = count(ops, mask)
    last = ops.cast(ops.maximum(pixels - 1, 0), 'float32')
    ranks = [ops.cast(ops.round(last * (percent / 100)), 'int32') for percent in percents]
    some = pixels > 0
    low = ops.where(some, ops.min(ops.where(mask, values, _BEYOND), axis=(-2, -1)), 0.0)
    high = ops.where(some, ops.max(ops.where(mask, values, -_BEYOND), axis=(-2, -1)), 0.0)
    values = ops.where(mask, values, _BEYOND)

    def halve(_, bounds):
        halves = []
        for rank, low, high in zip(ranks, bounds[::2], bounds[1::2]):
            middle = low + (high - low) / 2
            enough = count(ops, values <= middle[..., None, None]) > rank
            halves += [ops.where(enough, low, middle), ops.where(enough, middle, high)]
        return tuple(halves)

    # The least pixel itself, whose count is enough already, is found from its own side.
    lowest = low - (high - low) * 1e-6
    return list(ops.fori_loop(0, _HALVINGS, halve, (lowest, high) * len(percents))[1::2])
