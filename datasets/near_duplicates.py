"""Near-duplicates: photographs that show the same, by a hash that survives resizing."""

import io

import numpy as np
import PIL.Image
import scipy.sparse
import tqdm

from dualstream.pipeline import Photos

_SIDE = 16
"""Cells along each side of the picture that is hashed; the square is the number of bits."""

_ROWS = 64
"""Photographs that are compared with all others at a time, for the memory's sake."""

MOST_BITS = 25
"""Of 256 bits, those in which near-duplicates may differ; unrelated ones differ in about 128."""


def hash_photo(contents: bytes) -> np.ndarray:
    """Computes a photograph's difference hash, which changes little when it is saved anew.

    Each bit says whether a cell of the photograph, shrunk to 17 x 16 gray cells, is darker than its
    neighbour on the right (dHash; Krawetz 2013, Kind of like that). So brightness, size and
    compression hardly matter; turning and cropping do.

    Args:
      contents: the bytes of a file in a format that Pillow reads.

    Returns:
      uint64 (4,), 256 bits.

    Raises:
      OSError: they are no picture.
    """
    with PIL.Image.open(io.BytesIO(contents)) as photo:
        photo.draft('L', (8 * _SIDE, 8 * _SIDE))  # a JPEG is decoded at up to an eighth of its size
        gray = photo.convert('L').resize((_SIDE + 1, _SIDE), PIL.Image.Resampling.LANCZOS)
    cells = np.asarray(gray)
    return np.packbits(cells[:, 1:] > cells[:, :-1]).view(np.uint64)


def hash_photos(photos: Photos, purpose: str) -> np.ndarray:
    """Computes the hashes of a split, with a progress bar.

    Args:
      photos: the data set.
      purpose: 'train', 'validation', 'test', or a part of one's own.

    Returns:
      uint64 (photographs, 4), in the order of the split.

    Raises:
      OSError: a file is none that Pillow reads.
    """
    examples = photos.read(purpose).map(lambda example: example['image']).as_numpy_iterator()
    hashes = [hash_photo(contents) for contents in tqdm.tqdm(
        examples, 'Comparing', photos.count(purpose), unit=' photographs', disable=None)]
    return np.stack(hashes)


def group_near_duplicates(hashes: np.ndarray, most_bits: int = MOST_BITS) -> np.ndarray:
    """Groups photographs whose hashes differ in few bits, directly or by way of others.

    Args:
      hashes: uint64 (photographs, 4), of `hash_photo`.
      most_bits: in which the hashes of near-duplicates may differ.

    Returns:
      int32 (photographs,), the number of each photograph's group, from 0.

    Example:

    >>> hashes = np.array([[0, 0, 0, 0], [0, 0, 0, 7], [2**64 - 1, 0, 0, 0]], np.uint64)
    >>> group_near_duplicates(hashes).tolist()
    [0, 0, 1]
    """
    first, second = _close_pairs(hashes, hashes, most_bits)
    close = scipy.sparse.coo_array(
        (np.ones(len(first), bool), (first, second)), shape=(len(hashes), len(hashes)))
    return scipy.sparse.csgraph.connected_components(close, directed=False)[1]


def are_near(hashes: np.ndarray, others: np.ndarray, most_bits: int = MOST_BITS) -> np.ndarray:
    """Says which photographs are near-duplicates of any of some others.

    Use it to find photographs of a test split that a network was trained on, in another file.

    Args:
      hashes: uint64 (photographs, 4), of `hash_photo`.
      others: uint64 (others, 4).
      most_bits: in which the hashes of near-duplicates may differ.

    Returns:
      bool (photographs,).
    """
    near = np.zeros(len(hashes), bool)
    near[_close_pairs(hashes, others, most_bits)[0]] = True
    return near


def _close_pairs(hashes: np.ndarray, others: np.ndarray, most_bits: int) -> np.ndarray:
    """Places in both, int (2, pairs), of hashes that differ in few bits."""
    pairs = [np.zeros([2, 0], int)]
    for start in range(0, len(hashes), _ROWS):
        differing = hashes[start:start + _ROWS, None] ^ others[None]
        bits = np.bitwise_count(differing).sum(axis=2, dtype=np.int16)
        pairs.append(np.stack(np.nonzero(bits <= most_bits)) + [[start], [0]])
    return np.concatenate(pairs, axis=1)
