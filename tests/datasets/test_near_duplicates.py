"""Near-duplicates: photographs saved anew are found, others are not, and groups are transitive."""

import io
import itertools

import imagehash
import numpy as np
import PIL.Image
import PIL.ImageEnhance
import pytest
import scipy.ndimage

from dualstream.datasets.near_duplicates import (
    MOST_BITS,
    are_near,
    group_near_duplicates,
    hash_photo,
)


def drawn_photo(seed):
    """A photograph of blotches of all sizes, as clouds are, so that no two are alike."""
    rng = np.random.default_rng(seed)
    pixels = sum(scipy.ndimage.gaussian_filter(rng.normal(size=(150, 200, 3)), (s, s, 0)) * s
                 for s in (2, 6, 18))
    pixels = (pixels - pixels.min()) / np.ptp(pixels)
    return PIL.Image.fromarray(np.uint8(40 + 150 * pixels))


def saved(photo, quality=90, form='JPEG'):
    file = io.BytesIO()
    photo.save(file, form, quality=quality)
    return file.getvalue()


def as_bits(photo_hash):
    return np.unpackbits(photo_hash.view(np.uint8))


CHANGES = {
    'recompressed': lambda photo: saved(photo, quality=30),
    'half as large': lambda photo: saved(photo.resize((100, 75))),
    'twice as large': lambda photo: saved(photo.resize((400, 300))),
    'squeezed': lambda photo: saved(photo.resize((160, 160))),
    'brighter': lambda photo: saved(PIL.ImageEnhance.Brightness(photo).enhance(1.2)),
    'darker': lambda photo: saved(PIL.ImageEnhance.Brightness(photo).enhance(0.7)),
    'gray': lambda photo: saved(photo.convert('L')),
    'a PNG': lambda photo: saved(photo, form='PNG'),
}


def test_planted_duplicates_are_grouped_and_unrelated_photographs_are_not():
    photos = [drawn_photo(seed) for seed in range(6)]
    contents = [form(photo) for photo in photos for form in (saved, *CHANGES.values())]
    hashes = np.stack([hash_photo(each) for each in contents])
    groups = group_near_duplicates(hashes)
    np.testing.assert_array_equal(groups, np.repeat(np.arange(6), 1 + len(CHANGES)))
    unrelated = [np.bitwise_count(one ^ other).sum() for one, other in
                 itertools.combinations(hashes[::1 + len(CHANGES)], 2)]
    assert min(unrelated) > 2 * MOST_BITS


@pytest.mark.parametrize('change', [lambda photo: photo.rotate(90, expand=True),
                                    lambda photo: photo.crop((60, 45, 200, 150))])
def test_turned_and_cut_photographs_are_others(change):
    photo = drawn_photo(0)
    hashes = np.stack([hash_photo(saved(each)) for each in (photo, change(photo))])
    assert group_near_duplicates(hashes).tolist() == [0, 1]


def test_the_hash_is_imagehash_s():
    for seed in range(3):
        photo = drawn_photo(seed).convert('L')
        expected = imagehash.dhash(photo, hash_size=16).hash
        np.testing.assert_array_equal(
            as_bits(hash_photo(saved(photo, form='PNG'))), expected.flatten())


def test_groups_are_those_of_all_pairs_and_of_chains():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**64, (150, 4), np.uint64, endpoint=False)
    first, next_ones = (np.array(bits, np.uint64) for bits in (
        [2**25 - 1, 0, 0, 0], [0, 0, 0, 2**25 - 1]))  # 25 bits each
    hashes[140] = hashes[3] ^ first
    hashes[70] = hashes[140] ^ next_ones  # 25 bits from that, so 50 from the first one
    hashes[99] = hashes[20] ^ first ^ np.array([2**25, 0, 0, 0], np.uint64)  # 26
    groups = group_near_duplicates(hashes)
    assert groups[3] == groups[70] == groups[140]
    assert len(np.unique(groups)) == 148
    assert groups[99] != groups[20]
    assert np.flatnonzero(are_near(hashes[:99], hashes[99:])).tolist() == [3, 70]
    assert group_near_duplicates(hashes[:0]).tolist() == []


def test_what_is_no_picture_is_an_error():
    with pytest.raises(OSError, match='cannot identify'):
        hash_photo(b'no picture')
