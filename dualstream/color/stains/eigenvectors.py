"""Eigenvectors of symmetric 3 x 3 matrices in closed form, in tensor ops of fixed shapes.

After Eberly (2014), A Robust Eigensolver for 3 x 3 Symmetric Matrices. The eigenvalues come from a
cosine (Smith 1961, Eigenvalues of a Symmetric 3 x 3 Matrix), whose rounding errors are smallest for
the eigenvalue that is the farthest from the other two. So that one's eigenvector is the cross
product of two rows, and the other two are a rotation in the plane at right angles to it.
"""

import math

_TINY = 1e-30
_ROWS = ((0, 1, 2), (1, 3, 4), (2, 4, 5))  # of a symmetric matrix, as places in its upper triangle


def principal_axes(ops, upper):
    """Computes eigenvalues and eigenvectors of symmetric positive semidefinite matrices.

    It never fails: where eigenvalues are equal, any orthogonal axes of their space are
    eigenvectors, and some are returned. No gradient passes, since that of equal eigenvalues is
    infinite.

    Args:
      ops: keras.ops, or what `ops_of` gives for the tensors.
      upper: six float32 (...): the upper triangle xx, xy, xz, yy, yz, zz; finite.

    Returns:
      Two lists of three, from the largest eigenvalue to the smallest: the eigenvalues, float32
      (...), and the eigenvectors, of length 1 and of either sign, each a list of three float32
      (...).

    Example:
      >>> import keras
      >>> from dualstream.color.stains.eigenvectors import principal_axes
      >>> matrix = [keras.ops.convert_to_tensor([float(x)]) for x in (1, 0, 0, 9, 0, 4)]
      >>> values, axes = principal_axes(keras.ops, matrix)
      >>> [round(float(value[0]), 4) for value in values]
      [9.0, 4.0, 1.0]
      >>> [round(abs(float(x[0])), 4) for x in axes[0]]
      [0.0, 1.0, 0.0]
    """
    upper = [ops.stop_gradient(each) for each in upper]
    size = _largest(ops, [ops.abs(each) for each in upper])
    scaled = [each / ops.maximum(size, _TINY) for each in upper]
    value, is_largest = _lone_eigenvalue(ops, scaled)
    lone = _null_vector(ops, _less_diagonal(scaled, value))
    other, another = _axes_of_plane(ops, scaled, lone)

    def choose(if_largest, if_smallest):
        return [ops.where(is_largest, *pair) for pair in zip(if_largest, if_smallest)]

    axes = [choose(lone, other), choose(other, another), choose(another, lone)]
    # As each axis sees the matrix, which is more exact than the roots of the cosine.
    return [size * _dot(axis, _times(scaled, axis)) for axis in axes], axes


def _largest(ops, values):
    largest = values[0]
    for value in values[1:]:
        largest = ops.maximum(largest, value)
    return largest


def _lone_eigenvalue(ops, upper):
    """The eigenvalue farthest from the other two, and whether it is the largest."""
    mean = (upper[0] + upper[3] + upper[5]) / 3
    centered = _less_diagonal(upper, mean)
    rows = _rows(centered)
    spread = ops.sqrt(sum(_dot(row, row) for row in rows) / 6)
    half = _dot(rows[0], _cross(rows[1], rows[2])) / ops.maximum(2 * spread**3, _TINY)
    half = ops.clip(half, -1.0, 1.0)
    angle = ops.arctan2(ops.sqrt(1 - half * half), half) / 3
    is_largest = half >= 0
    cosine = ops.cos(ops.where(is_largest, angle, angle + 2 * math.pi / 3))
    return mean + 2 * spread * cosine, is_largest


def _null_vector(ops, upper):
    """A unit vector at right angles to the rows of a matrix of rank 2; else some unit vector."""
    one, two, three = _rows(upper)
    longest = _cross(one, two)
    for cross in (_cross(two, three), _cross(three, one)):
        longer = _dot(cross, cross) > _dot(longest, longest)
        longest = [ops.where(longer, *pair) for pair in zip(cross, longest)]
    return _unit(ops, longest)


def _axes_of_plane(ops, upper, normal):
    """The eigenvectors at right angles to one, the larger eigenvalue's first."""
    x, y, z = normal
    zero, wide = ops.zeros_like(x), ops.abs(x) > ops.abs(y)
    # At right angles to the normal, and long enough to be scaled to length 1.
    first = _unit(ops, [ops.where(wide, *pair) for pair in zip((-z, zero, x), (zero, z, -y))])
    second = _cross(normal, first)
    seen = _times(upper, first)
    twice, difference = 2 * _dot(second, seen), _dot(first, seen) - _dot(
        second, _times(upper, second))
    turn = ops.arctan2(twice, difference) / 2
    cosine, sine = ops.cos(turn), ops.sin(turn)
    return ([cosine * f + sine * s for f, s in zip(first, second)],
            [cosine * s - sine * f for f, s in zip(first, second)])


def _rows(upper):
    return [[upper[place] for place in row] for row in _ROWS]


def _less_diagonal(upper, value):
    return [each - value if place in (0, 3, 5) else each for place, each in enumerate(upper)]


def _times(upper, vector):
    return [_dot(row, vector) for row in _rows(upper)]


def _dot(one, other):
    return sum(left * right for left, right in zip(one, other))


def _cross(one, other):
    return [one[i] * other[j] - one[j] * other[i] for i, j in ((1, 2), (2, 0), (0, 1))]


def _unit(ops, vector):
    """Scales a vector to length 1; one of length 0 becomes the first axis."""
    length = ops.sqrt(_dot(vector, vector))
    some = length > _TINY
    return [ops.where(some, each / ops.maximum(length, _TINY), float(place == 0))
            for place, each in enumerate(vector)]
