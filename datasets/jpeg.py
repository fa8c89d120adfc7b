"""Photographs in any format, and the one format that every reader can rely on: upright JPEGs."""

import contextlib
import io
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageFile, ImageOps

_ORIENTATION = 0x0112  # the EXIF tag (CIPA DC-008)
_TURNED = range(2, 9)  # 1 is upright; other values are invalid, and are taken as upright


@contextlib.contextmanager
def refusing_truncated() -> Iterator[None]:
    """Makes Pillow refuse truncated files inside it, in all threads of the process.

    TFDS tells Pillow to accept them as soon as it decodes an image with Pillow itself.
    """
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def check_readable(contents: bytes) -> None:
    """Decodes a photograph, at the lowest scale that still reads every byte.

    Use it inside `refusing_truncated`.

    Args:
      contents: the bytes of a file.

    Raises:
      ValueError: it is truncated, damaged or in no known format, or its pixels are floating-point
        numbers, whose range no file says.
    """
    try:
        with Image.open(io.BytesIO(contents)) as picture:
            picture.draft('RGB', (1, 1))
            picture.load()
            floating = picture.mode == 'F'
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        # Pillow names the in-memory file by its address; the caller names the real one.
        reason = 'not a picture' if 'cannot identify' in str(error) else str(error)
        raise ValueError(f'{reason} ({len(contents):,} bytes)') from error
    if floating:
        raise ValueError('floating-point pixels: save them as 8 or 16 bits')


def upright_jpeg(contents: bytes) -> bytes:
    """Gives the bytes of an upright JPEG, gray or RGB, of a photograph in any format.

    Such a JPEG is returned as it is. Others are converted at quality 95 without chroma subsampling:
    a PNG or another format (also one that is named .jpg), a CMYK JPEG, and one with an EXIF
    orientation, which `tf.io.decode_jpeg` ignores. Of 16 bits per channel the upper 8 remain.

    Args:
      contents: the bytes of a file that `check_readable` accepts.
    """
    with Image.open(io.BytesIO(contents)) as picture:
        turned = picture.getexif().get(_ORIENTATION) in _TURNED
        if picture.format in ('JPEG', 'MPO') and picture.mode in ('RGB', 'L') and not turned:
            return contents
        upright = _eight_bits(ImageOps.exif_transpose(picture)).convert('RGB')
    converted = io.BytesIO()
    upright.save(converted, 'JPEG', quality=95, subsampling='4:4:4')
    return converted.getvalue()


def _eight_bits(picture: Image.Image) -> Image.Image:
    if not picture.mode.startswith('I'):  # Pillow's modes of gray with 16 bits: I;16, I;16B, I
        return picture
    # Pillow's own conversion would make every value above 255 white.
    return Image.fromarray((np.asarray(picture).clip(0, 65535) // 256).astype(np.uint8))
