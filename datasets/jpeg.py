"""Pictures as they come, and as every reader can rely on: upright JPEGs of gray or RGB."""

import io

from PIL import Image, ImageOps

_ORIENTATION = 0x0112  # the EXIF tag (CIPA DC-008)


def check_readable(contents: bytes) -> None:
    """Decodes a picture, at the lowest scale that still reads every byte.

    Raises:
      ValueError: it is truncated, damaged or no picture.
    """
    try:
        with Image.open(io.BytesIO(contents)) as picture:
            picture.draft('RGB', (1, 1))
            picture.load()
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        # Pillow names the in-memory file by its address; the caller names the real one.
        reason = 'not a picture' if 'cannot identify' in str(error) else str(error)
        raise ValueError(f'{reason} ({len(contents):,} bytes)') from error


def upright_jpeg(contents: bytes) -> bytes:
    """The bytes as they came, where they are an upright JPEG of gray or RGB; else such a JPEG.

    Converted at quality 95, without chroma subsampling: a PNG or other format (also one that is
    named .jpg), a CMYK JPEG, and one that its EXIF orientation says to turn, since
    `tf.io.decode_jpeg` heeds none.
    """
    with Image.open(io.BytesIO(contents)) as picture:
        upright = picture.getexif().get(_ORIENTATION, 1) == 1
        if picture.format in ('JPEG', 'MPO') and picture.mode in ('RGB', 'L') and upright:
            return contents
        turned = ImageOps.exif_transpose(picture).convert('RGB')
    converted = io.BytesIO()
    turned.save(converted, 'JPEG', quality=95, subsampling='4:4:4')
    return converted.getvalue()
