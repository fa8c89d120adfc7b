"""A synthetic cassava leaf and the marks that five conditions leave on it; demo.py photographs it.

A leaf is five to seven lanceolate lobes around the end of the petiole. Each lobe has its own
coordinates: `along` runs from 0 at the petiole to 1 at the tip, `across` from -1 to 1 between the
margins, 0 on the midrib. Marks are placed in these coordinates, so they follow the veins, and sized
in pixels, so a larger leaf has more of them, not larger ones.

What the marks imitate is described in Mwebaze, Gebru, Frome, Nsumba, Tusubira (2019), iCassava 2019
Fine-Grained Visual Categorization Challenge, arXiv:1908.02900, and in the CABI Compendium's and
IITA's pages on cassava bacterial blight, brown streak, green mite and mosaic. The drawings are
caricatures: nothing about a real disease can be learnt from them.
"""

import dataclasses

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE_VEINS = 9  # on each side of a midrib
VEIN_SLANT = 0.10  # how much nearer to the tip a side vein ends than it starts, in `along`
FAN = np.radians(128)  # the outermost lobes stand this far from the middle one

YELLOW = (222, 208, 70)
STRAW = (196, 190, 104)
WATER_SOAKED = (40, 66, 30)
BROWN = (74, 54, 26)
PALE = (226, 236, 176)
GLINT = (236, 246, 240)
DUST = (150, 126, 92)


@dataclasses.dataclass(frozen=True)
class Lobe:
    """One lobe; lengths in pixels, angles in radians.

    Attributes:
      foot: (x, y) of the petiole's end, which all lobes share.
      heading: where the lobe points; 0 is rightwards, and it turns clockwise.
      length, half_width: of the blade.
      bend: sideways shift of the tip, in lengths.
      skew: how much wider the right half is than the left one, in half widths.
      ripple, phase: the margin's waviness, in half widths, and where its waves begin.
    """

    foot: tuple[float, float]
    heading: float
    length: float
    half_width: float
    bend: float
    skew: float = 0.0
    ripple: float = 0.0
    phase: float = 0.0

    def at(self, along, across) -> np.ndarray:
        """Pixels (..., 2), x before y, of points given in the lobe's coordinates, each (...)."""
        along, across = np.broadcast_arrays(np.asarray(along, float), np.asarray(across, float))
        blade = 3.23 * np.clip(along, 0, 1) ** 0.9 * np.clip(1 - along, 0, 1) ** 0.8  # at most 1
        waves = 1 + self.skew * np.sign(across) + self.ripple * np.sin(
            16 * along + self.phase * (2 + np.sign(across)))
        forwards = self.length * along
        sideways = self.length * self.bend * along ** 2 + self.half_width * across * blade * waves
        cos, sin = np.cos(self.heading), np.sin(self.heading)
        return np.stack([
            self.foot[0] + cos * forwards - sin * sideways,
            self.foot[1] + sin * forwards + cos * sideways], axis=-1)

    def half(self, side: int) -> np.ndarray:
        """The outline (n, 2) of the half on one side of the midrib, -1 or 1."""
        along = np.linspace(0, 1, 20)
        return self.at(np.r_[along, along[::-1]], np.r_[side + 0 * along, 0 * along])

    def side_veins(self) -> np.ndarray:
        """The courses (2 * SIDE_VEINS, 5, 2) of the secondary veins, from midrib to margin."""
        out = np.linspace(0, 0.9, 5)
        starts = np.linspace(0.12, 0.82, SIDE_VEINS)[:, None] + VEIN_SLANT * out
        return np.concatenate([self.at(starts, -out), self.at(starts, out)])


def grow_lobes(rng: np.random.Generator, length: float) -> list[Lobe]:
    """Five to seven healthy lobes, the middle one `length` pixels long, drawn outermost first."""
    count = int(rng.integers(5, 8))
    heading = rng.uniform(0, 2 * np.pi)
    foot = (1.1 * length, 1.1 * length)
    half_width = rng.uniform(1.05, 1.25) * length / count  # the more lobes, the narrower
    lobes = []
    for turn in sorted(np.linspace(-1, 1, count), key=abs, reverse=True):
        reach = length * (1 - 0.3 * turn ** 2) * rng.uniform(0.93, 1.0)
        lobes.append(Lobe(
            foot, heading + FAN * turn + rng.uniform(-0.06, 0.06), reach,
            half_width * (1 - 0.15 * abs(turn)) * rng.uniform(0.92, 1.08),
            bend=rng.uniform(-0.06, 0.06), ripple=0.03, phase=rng.uniform(0, 6)))
    return lobes


def distort(lobes: list[Lobe], rng: np.random.Generator) -> list[Lobe]:
    """The same lobes deformed by mosaic: narrow, twisted and one-sided."""
    return [dataclasses.replace(
        lobe, half_width=lobe.half_width * rng.uniform(0.75, 1.0), bend=rng.uniform(-0.22, 0.22),
        skew=rng.uniform(-0.3, 0.3), ripple=rng.uniform(0.08, 0.2)) for lobe in lobes]


def clouds(rng: np.random.Generator, size: tuple[int, int], cell: int) -> Image.Image:
    """A smooth random field, mode L, of size (height, width), with hills about `cell` px wide."""
    height, width = size
    coarse = rng.integers(0, 256, (height // cell + 3, width // cell + 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def paint_blade(lobes: list[Lobe], green, rng: np.random.Generator) -> Image.Image:
    """The leaf without marks, RGB: two-toned lobes with midribs and side veins."""
    size = 2 * round(lobes[0].foot[0])
    canvas = Image.new('RGB', (size, size), tuple(green))
    draw = ImageDraw.Draw(canvas, 'RGBA')
    vein = (*(int(0.55 * tone + 0.45 * pale) for tone, pale in zip(green, PALE)), 150)
    for lobe in lobes:
        for side, tone in ((-1, rng.uniform(0.9, 1.0)), (1, rng.uniform(1.0, 1.1))):
            draw.polygon(_flat(lobe.half(side)), tuple(int(tone * value) for value in green))
            draw.line(_flat(lobe.half(side)[:20]), (0, 0, 0, 70), 2)
        for course in lobe.side_veins():
            draw.line(_flat(course), vein, 1)
        draw.line(_flat(lobe.at(np.linspace(0, 0.97, 12), 0)), vein, 3)
    return canvas


def silhouette(lobes: list[Lobe]) -> Image.Image:
    """The leaf's opacity, mode L, with smooth edges: drawn at twice the size and reduced."""
    size = 2 * round(lobes[0].foot[0])
    canvas = Image.new('L', (2 * size, 2 * size))
    draw = ImageDraw.Draw(canvas)
    for lobe in lobes:
        for side in (-1, 1):
            draw.polygon(_flat(2 * lobe.half(side)), 255)
    return canvas.reduce(2)


def mark_blight(canvas: Image.Image, lobes: list[Lobe], rng: np.random.Generator) -> None:
    """Bacterial blight: dark angular lesions between small veins, a yellow halo, wilted tips."""
    draw = ImageDraw.Draw(canvas, 'RGBA')
    coats = ((1.9, (*YELLOW, 90)), (1.35, (*WATER_SOAKED, 190)), (0.9, (*BROWN, 230)))
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) - 0.5
    for lobe in lobes:
        lesions = rng.poisson(lobe.length / 11)
        centres = rng.uniform((0.2, -0.8), (0.85, 0.8), (lesions, 1, 2))
        shapes = corners + rng.uniform(-0.12, 0.12, (lesions, 4, 2))
        shapes *= rng.uniform(4, 9, (lesions, 1, 2)) / (lobe.length, lobe.half_width)
        for grown, colour in coats:
            along, across = np.moveaxis(centres + grown * shapes, -1, 0)
            # The slant keeps two edges parallel to the side veins, which hold the lesion in.
            along = along + VEIN_SLANT * (np.abs(across) - np.abs(centres[..., 1]))
            for outline in lobe.at(along, across):
                draw.polygon(_flat(outline), colour)
        if rng.random() < 0.35:
            along = np.linspace(rng.uniform(0.82, 0.92), 1, 6)
            draw.polygon(_flat(lobe.at(np.r_[along, along[::-1]], np.repeat((-1, 1), 6))),
                         (*BROWN, 170))


def mark_brown_streak(canvas: Image.Image, lobes: list[Lobe], rng: np.random.Generator) -> None:
    """Brown streak: yellow feathers along the secondary veins, brown where tissue has died."""
    draw = ImageDraw.Draw(canvas, 'RGBA')
    for lobe in lobes:
        for course in lobe.side_veins():
            if rng.random() < 0.3:
                continue
            spots = np.linspace(0.05, rng.uniform(0.6, 0.95), int(lobe.half_width / 3) + 4)
            steps = np.arange(5) / 4
            stems = np.stack([np.interp(spots, steps, course[:, i]) for i in (0, 1)], axis=-1)
            barbs = rng.normal(0, 2.6, stems.shape)
            for feather in np.concatenate([stems - barbs, stems + barbs], axis=1).tolist():
                draw.line(feather, (*YELLOW, 150), 2)
            for x, y in stems[rng.random(len(stems)) < 0.3].tolist():
                draw.ellipse((x - 1, y - 1, x + 1.5, y + 1.5), (*BROWN, 170))


def mark_green_mite(canvas: Image.Image, lobes: list[Lobe], rng: np.random.Generator) -> None:
    """Green mite: dense pale stippling, a pixel or two a dot, where mites fed on single cells."""
    del lobes  # mites roam over all of the leaf
    size = canvas.width
    crowd = np.asarray(clouds(rng, (size, size), 60), np.float32) / 255
    dots = rng.random((size, size), np.float32) < 0.02 + 0.07 * crowd
    dots[:, 1:] |= dots[:, :-1] & (rng.random((size, size - 1), np.float32) < 0.5)
    dots[1:] |= dots[:-1] & (rng.random((size - 1, size), np.float32) < 0.4)
    canvas.paste(PALE, mask=Image.fromarray(dots.astype(np.uint8) * np.uint8(150)))


def mark_mosaic(canvas: Image.Image, lobes: list[Lobe], rng: np.random.Generator) -> None:
    """Mosaic: chlorotic patches with irregular borders, which small veins cut up."""
    del lobes
    size = canvas.width
    patches = Image.blend(clouds(rng, (size, size), 9), clouds(rng, (size, size), 4), 0.3)
    canvas.paste(STRAW, mask=patches.point(lambda level: min(190, max(0, 9 * (level - 132)))))


def mark_healthy(canvas: Image.Image, lobes: list[Lobe], rng: np.random.Generator) -> None:
    """Healthy: no mark at all."""


MARKS = (mark_blight, mark_brown_streak, mark_green_mite, mark_mosaic, mark_healthy)
MOSAIC = MARKS.index(mark_mosaic)


def wear(canvas: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Adds what leaves of every class have: unevenness, dust and reflections of the sky."""
    size = canvas.width
    uneven = clouds(rng, (size, size), int(rng.integers(25, 60)))
    canvas = Image.composite(canvas.point(lambda level: int(0.82 * level)), canvas, uneven)
    draw = ImageDraw.Draw(canvas, 'RGBA')
    for colour, count in (((*DUST, 170), rng.poisson(25)), ((*GLINT, 120), rng.poisson(12))):
        for x, y, radius in rng.uniform((0, 0, 0.5), (size, size, 2.5), (count, 3)):
            draw.ellipse((x - radius, y - radius, x + 1.6 * radius, y + radius), colour)
    return canvas


def match_mean(canvas: Image.Image, opacity: Image.Image, green) -> Image.Image:
    """Scales each channel until the blade's mean is `green`, so that the mean shows no class."""
    pixels = np.asarray(canvas)
    gain = np.asarray(green) / pixels[np.asarray(opacity) > 127].mean(axis=0)
    tones = np.clip(np.arange(256)[:, None] * gain, 0, 255).round().astype(np.uint8)
    return canvas.point(list(tones.T.ravel()))


def draw_leaf(label: int, length: float, green, *, scene: np.random.Generator,
              marks: np.random.Generator) -> tuple[Image.Image, Image.Image]:
    """One synthetic leaf, cut out.

    Args:
      label: class, 0 to 4.
      length: of the middle lobe, in pixels.
      green: (r, g, b), 0..255: the mean colour of the blade, marks included.
      scene: draws what does not depend on the class, always in the same order.
      marks: draws the rest.

    Returns:
      (blade, opacity), modes RGB and L, of one size, trimmed to the leaf.
    """
    lobes = grow_lobes(scene, length)
    if label == MOSAIC:
        lobes = distort(lobes, marks)
    blade = paint_blade(lobes, green, scene)
    MARKS[label](blade, lobes, marks)
    blade = wear(blade, scene).filter(ImageFilter.GaussianBlur(scene.uniform(0.3, 0.7)))
    opacity = silhouette(lobes)
    box = opacity.getbbox()
    return match_mean(blade, opacity, green).crop(box), opacity.crop(box)


def _flat(points: np.ndarray) -> list[float]:
    """Gives x0, y0, x1, y1 ..., the form that Pillow takes."""
    return points.ravel().tolist()
