"""SYNTHETIC photographs: leaves drawn by a program, so that everything works offline.

No real leaf is in them. A picture is a leaf, sometimes with companions, off the frame's centre,
against soil, concrete, straw or sky. Scene, light, leaf colour, size and turn never depend on the
class; only the marks of demo_leaf.py do. As those are a few pixels wide, they show where the leaf
is seen at native resolution, and much less so in a frame shrunk to the size of a window.
"""

import colorsys
import io

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from dualstream.datasets.arrange import choose_interval
from dualstream.datasets.cassava_crop.demo_leaf import clouds, draw_leaf

KAGGLE_2020_COUNTS = (1087, 2189, 2386, 13158, 2577)  # pictures of cbb, cbsd, cgm, cmd, healthy
WINDOW = 224  # px: what leaves avoid in the middle of the frame
PLACES = 3  # a leaf takes the best of so many random places

# A ground is a texture and the colours of its darkest, middle and lightest places. All of them lie
# outside of the plant mask: soil is too red, sky too blue, concrete and straw are too gray.
BROWN_SOIL = ((44, 26, 18), (122, 78, 52), (190, 138, 100))
RED_SOIL = ((52, 24, 14), (142, 74, 44), (204, 140, 104))
CONCRETE = ((84, 82, 82), (156, 153, 151), (206, 203, 200))
STRAW = ((88, 82, 76), (168, 158, 149), (226, 216, 207))
SKY = ((104, 150, 206), (150, 190, 232), (238, 242, 250))
SHADE = (30, 20, 14)


def draw_leaf_photo(label: int, seed: int, index: int, *, height: int = 600,
                    width: int = 800) -> np.ndarray:
    """Draws one synthetic photograph.

    The same seed and index give the same scene for every label, and the same arguments the same
    pixels.

    Args:
      label: class, 0 to 4 for cbb, cbsd, cgm, cmd, healthy.
      seed: of the data set, not negative.
      index: of the picture in the data set, not negative.
      height, width: of the frame, in pixels; the main leaf is 240 to 370 px across in any frame.

    Returns:
      uint8 (height, width, 3), sRGB.
    """
    scene, marks = np.random.default_rng([seed, index]).spawn(2)
    frame = _background(scene, height, width)
    _weeds(frame, scene)
    green = _leaf_green(scene)
    length = scene.uniform(158, 212)
    companions = scene.choice(3, p=(0.5, 0.37, 0.13))
    for size in (*scene.uniform(0.45, 0.7, companions), 1.0):
        _lay_leaf(frame, draw_leaf(label, size * length, green, scene=scene, marks=marks), scene)
    return _expose(frame, scene)


def demo_labels(pictures: int, seed: int) -> np.ndarray:
    """Gives the labels of the synthetic photographs, as imbalanced as Kaggle's set of 2020.

    Args:
      pictures: how many, not negative.
      seed: of the order.

    Returns:
      int64 (pictures,), each in 0..4. The counts are Kaggle's shares, by largest remainder.
    """
    quotas = pictures * np.array(KAGGLE_2020_COUNTS) / sum(KAGGLE_2020_COUNTS)
    counts = np.floor(quotas).astype(int)
    neediest = np.argsort(counts - quotas, kind='stable')[:pictures - counts.sum()]
    counts[neediest] += 1
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))


def encode_jpeg(pixels: np.ndarray) -> bytes:
    """Encodes uint8 (H, W, 3) as a JPEG of quality 90, with chroma at half the size (4:2:0).

    It has the restart markers that `arrange` would give it, so that a window can be decoded alone.
    """
    sink = io.BytesIO()
    interval = choose_interval(-(-pixels.shape[1] // 16), 16)
    Image.fromarray(pixels).save(sink, 'JPEG', quality=90, subsampling='4:2:0',
                                 restart_marker_blocks=interval)
    return sink.getvalue()


def _background(rng: np.random.Generator, height: int, width: int) -> Image.Image:
    """Ground with a shadow on it, with or without sky above it, or sky alone."""
    kind = rng.random()
    if kind < 0.2:
        return _tint(_sky(rng, height, width), SKY)
    texture, colours = GROUNDS[rng.integers(len(GROUNDS))]
    ground = _tint(texture(rng, height, width), colours)
    ground.paste(SHADE, mask=_shadow(rng, height, width))
    if kind > 0.45:
        return ground
    ridge = height * (rng.uniform(0.1, 0.45) + rng.normal(0, 0.01, 9))
    outline = [*zip(np.linspace(0, width, 9), ridge), (width, height), (0, height)]
    land = Image.new('L', (width, height))
    ImageDraw.Draw(land).polygon(outline, 255)
    return Image.composite(ground, _tint(_sky(rng, height, width), SKY), land)


def _tint(texture: Image.Image, colours) -> Image.Image:
    """Colours a texture, mode L to RGB: dark, middle and light places as in `colours`."""
    return Image.merge('RGB', [
        texture.point(np.interp(range(256), (0, 128, 255), stops).astype(int).tolist())
        for stops in zip(*colours)])


def _soil(rng: np.random.Generator, height: int, width: int) -> Image.Image:
    """Uneven soil with pebbles that are lit from above."""
    texture = Image.blend(clouds(rng, (height, width), 90), clouds(rng, (height, width), 16), 0.5)
    texture = Image.blend(texture, clouds(rng, (height, width), 4), 0.3)
    draw = ImageDraw.Draw(texture)
    for x, y, radius in rng.uniform((0, 0, 2), (width, height, 11), (90, 3)):
        tone = int(rng.integers(110, 230))
        draw.ellipse((x - radius, y - 0.5 * radius, x + radius, y + radius), tone // 3)
        draw.ellipse((x - radius, y - 0.8 * radius, x + radius, y + 0.6 * radius), tone)
    return texture


def _concrete(rng: np.random.Generator, height: int, width: int) -> Image.Image:
    """Stains and grit, with a few cracks."""
    texture = Image.blend(clouds(rng, (height, width), 120), clouds(rng, (height, width), 3), 0.4)
    draw = ImageDraw.Draw(texture)
    for _ in range(rng.integers(1, 4)):
        course = np.cumsum(rng.normal(rng.normal(0, 30, 2), 14, (25, 2)), axis=0)
        course += rng.uniform((0, 0), (width, height))
        draw.line(course.ravel().tolist(), 20, int(rng.integers(1, 4)))
    return texture


def _straw(rng: np.random.Generator, height: int, width: int) -> Image.Image:
    """Stalks of straw in all directions."""
    texture = clouds(rng, (height, width), 40).point(lambda level: level // 2)
    draw = ImageDraw.Draw(texture)
    feet = rng.uniform((0, 0), (width, height), (420, 2))
    turns, reaches = rng.normal(rng.uniform(0, 3), 0.5, 420), rng.uniform(20, 130, 420)
    ends = feet + reaches[:, None] * np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    for stalk, tone, breadth in zip(np.c_[feet, ends].tolist(), rng.integers(60, 255, 420).tolist(),
                                    rng.integers(1, 6, 420).tolist()):
        draw.line(stalk, tone, breadth)
    return texture


GROUNDS = (
    (_soil, BROWN_SOIL), (_soil, RED_SOIL), (_concrete, CONCRETE), (_straw, STRAW))


def _sky(rng: np.random.Generator, height: int, width: int) -> Image.Image:
    """Soft clouds."""
    return Image.blend(clouds(rng, (height, width), 170), clouds(rng, (height, width), 50), 0.3)


def _shadow(rng: np.random.Generator, height: int, width: int) -> Image.Image:
    """The opacity, mode L, of the soft-edged shadow of foliage above."""
    dapples = clouds(rng, (height, width), 110)
    edge = rng.uniform(100, 255)
    return dapples.point(lambda level: int(np.clip(2 * (level - edge), 0, 130)))


def _weeds(frame: Image.Image, rng: np.random.Generator) -> None:
    """Sometimes adds blades of grass, which the mask covers, but which cannot fill a window."""
    draw = ImageDraw.Draw(frame)
    for _ in range(rng.integers(2, 8) if rng.random() < 0.4 else 0):
        turns = rng.uniform(0, 2 * np.pi) + np.linspace(0, rng.normal(0, 0.8), 8)
        steps = rng.uniform(6, 20) * np.stack([np.cos(turns), np.sin(turns)], axis=-1)
        course = rng.uniform((0, 0), frame.size) + np.cumsum(steps, axis=0)
        draw.line(course.ravel().tolist(), _leaf_green(rng), int(rng.integers(2, 5)), 'curve')


def _leaf_green(rng: np.random.Generator) -> tuple[int, ...]:
    """A leaf's mean colour, from yellowish to bluish green and from pale to deep."""
    hue, saturation, value = rng.uniform((82, 0.42, 0.36), (132, 0.70, 0.64))
    return tuple(round(255 * tone) for tone in colorsys.hsv_to_rgb(hue / 360, saturation, value))


def _lay_leaf(frame: Image.Image, leaf, rng: np.random.Generator) -> None:
    """Puts a leaf and its shadow where they cover the middle of the frame as little as they can."""
    blade, opacity = leaf
    size = np.array(blade.size)
    # A little of the leaf may stick out of the frame.
    corners = -0.06 * size + rng.random((PLACES, 2)) * (frame.size - 0.88 * size)
    inner = (np.array(frame.size) - WINDOW) / 2
    overlaps = np.clip(np.minimum(corners + size, inner + WINDOW) - np.maximum(corners, inner),
                       0, None).prod(axis=1)
    x, y = corners[overlaps.argmin()].round().astype(int).tolist()
    dx, dy = rng.integers(-14, 15, 2).tolist()
    frame.paste(SHADE, (x + dx, y + dy), opacity.point(lambda level: level // 3))
    frame.paste(blade, (x, y), opacity)


def _expose(frame: Image.Image, rng: np.random.Generator) -> np.ndarray:
    """Uneven light, exposure, white balance and the sensor's noise: uint8 RGB."""
    # Pillow's 8-bit channel operations take a fifth of the time of float arithmetic here.
    corners = Image.fromarray(rng.integers(190, 256, (2, 2), np.uint8))
    frame = ImageChops.multiply(frame, _gray(corners.resize(frame.size, Image.Resampling.BILINEAR)))
    gains = rng.uniform(0.8, 1.25) * rng.uniform(0.96, 1.04, 3)
    frame = frame.point(np.minimum(np.outer(gains, range(256)), 255).astype(int).ravel().tolist())
    # The same noise in all channels keeps the hue of dark pixels.
    peak = int(rng.integers(2, 8))
    grain = rng.integers(0, peak + 1, (2, frame.height, frame.width), np.uint8).sum(0, np.uint8)
    return np.array(ImageChops.add(frame, _gray(Image.fromarray(grain)), offset=-peak))


def _gray(channel: Image.Image) -> Image.Image:
    """RGB of three equal channels."""
    return Image.merge('RGB', [channel] * 3)
