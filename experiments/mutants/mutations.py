"""Photographs that are damaged on purpose, the same ones for the same seed."""

import io
import struct
from collections.abc import Callable, Iterator

import numpy as np
import PIL.Image

from dualstream.datasets.cassava_crop.demo import draw_leaf_photo

Mutation = Callable[[bytes, np.random.Generator], bytes]


def originals() -> list[bytes]:
    """Encodes drawn leaves: JPEGs baseline, progressive, gray and with EXIF, and a PNG."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # turned
    ways = [('JPEG', {'quality': 90}), ('JPEG', {'progressive': True}), ('JPEG', {'exif': exif}),
            ('JPEG', {'restart_marker_blocks': 4}), ('PNG', {})]
    files = []
    for number, (kind, options) in enumerate(ways):
        pixels = draw_leaf_photo(number, 1, number, height=240, width=320)
        files.append(_encoded(PIL.Image.fromarray(pixels), kind, **options))
    return files


def mutate(contents: list[bytes], count: int, *, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Damages photographs in all ways of MUTATIONS, in turn.

    Args:
      contents: the bytes of JPEGs and PNGs.
      count: how many to make.
      seed: of all that is drawn.

    Yields:
      (name of the mutation, bytes of the damaged file).
    """
    names = list(MUTATIONS)
    for number in range(count):
        name = names[number % len(names)]
        original = contents[number // len(names) % len(contents)]
        yield name, MUTATIONS[name](original, np.random.default_rng([seed, number]))


def _encoded(picture: PIL.Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _flip_bits(contents, draw):
    """Turns 1 to 16 bits, half of the time within the first 700 bytes, where headers are."""
    bytes_ = np.frombuffer(contents, np.uint8).copy()
    end = len(bytes_) if draw.random() < 0.5 else 700
    places = draw.integers(0, end, draw.integers(1, 17))
    bytes_[places] ^= np.uint8(1) << draw.integers(0, 8, len(places)).astype(np.uint8)
    return bytes_.tobytes()


def _cut_off(contents, draw):
    return contents[:draw.integers(0, len(contents))]


def _with_size(contents: bytes, height: int, width: int) -> bytes:
    """Writes another size into the header."""
    if contents.startswith(b'\x89PNG'):
        return contents[:16] + struct.pack('>II', width, height) + contents[24:]
    at = next(contents.index(marker) for marker in (b'\xff\xc0', b'\xff\xc2')
              if marker in contents) + 5
    return contents[:at] + struct.pack('>HH', height, width) + contents[at + 4:]


def _lie_about_size(contents, draw):
    """Writes another size into the header, of any ratio; some are larger than is allowed."""
    height, width = np.exp(draw.uniform(0, np.log(65_535), 2)).astype(int)
    return _with_size(contents, height, width)


def _claim_giant_size(contents, draw):
    """Writes a giant size into the header; half of the files get the bytes that it may need."""
    height, width = draw.choice([(65_535, 65_535), (7_000, 7_000), (16_384, 3_000), (1, 65_535)])
    padding = bytes(height * width // 500) if draw.random() < 0.5 and height < 20_000 else b''
    return _with_size(contents, height, width) + padding


def _insert_markers(contents, draw):
    """Inserts 1 to 8 markers of JPEG anywhere."""
    for _ in range(draw.integers(1, 9)):
        at = draw.integers(0, len(contents) + 1)
        marker = bytes([0xFF, draw.integers(0xC0, 0xFF)])
        contents = contents[:at] + marker + contents[at:]
    return contents


def _insert_noise(contents, draw):
    at = draw.integers(0, len(contents) + 1)
    return contents[:at] + draw.bytes(draw.integers(1, 5000)) + contents[at:]


def _noise_behind_header(contents, draw):
    return contents[:draw.choice([2, 3, 8, 20, 200, 700])] + draw.bytes(20_000)


def _another_format(contents, draw):
    """Is a picture of a format that is not read, whatever its file is called."""
    with PIL.Image.open(io.BytesIO(contents)) as picture:
        return _encoded(picture.convert('RGB'), str(draw.choice(['GIF', 'BMP', 'TIFF', 'WEBP'])))


def _largest_empty(contents, draw):
    """Is a valid photograph of one colour, as large as is allowed, in few bytes."""
    del contents
    picture = PIL.Image.new('RGB', (8_000, 6_000), tuple(map(int, draw.integers(0, 256, 3))))
    return _encoded(picture, 'JPEG', quality=1, optimize=True)


MUTATIONS: dict[str, Mutation] = {
    'bits flipped': _flip_bits,
    'cut off': _cut_off,
    'another size in the header': _lie_about_size,
    'a giant size in the header': _claim_giant_size,
    'markers inserted': _insert_markers,
    'noise inserted': _insert_noise,
    'noise behind the header': _noise_behind_header,
    'another format': _another_format,
}

LARGEST: Mutation = _largest_empty
"""No damage, but the most work that a file may ask for: 48 megapixels in 0.4 MB."""
