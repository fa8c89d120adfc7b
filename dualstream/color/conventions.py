"""Conventions of optical density and stains in which tools differ, as presets.

Numbers from two tools can be compared only where their conventions are one. `SKIMAGE`, `QUPATH`,
`TORCHSTAIN` and `HISTOMICSTK` state those of four tools; docs/microscopy.md has them in a table.
"""

import dataclasses
import math

Vector = tuple[float, float, float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class StainConvention:
    """How a tool computes optical density, finds tissue and names stains.

    With I an intensity in [0, 255], the optical density of a channel is
    scale * -log(max(I + offset, floor) / white), to the base `base`. One step of density is thus
    another number in each tool: the `natural` method converts.

    Attributes:
      base: of the logarithm.
      white: I0 of red, green and blue, the intensity without stain; or one number for all three.
        Change it with `dataclasses.replace` where the slide's background was measured.
      offset: added to each intensity, so that black is finite.
      floor: the least that I + offset counts as, for the same end.
      scale: what the density is multiplied by.
      nonnegative: whether what is brighter than white has density 0, not a negative one.
      tissue: how `beta` is compared: 'all' takes a pixel for tissue if every channel reaches beta,
        'any' if one does, 'norm' if the length of the three densities does; None: the tool
        looks at every pixel.
      beta: the least density of tissue, in the tool's own scale; None with tissue None.
      vectors: the tool's default stains, one per row: density in red, green and blue of one unit.
        Two, or three; to two, `stain_matrix` adds the residual.
      stains: their names.
      stains_in: 'rows' or 'columns' of the tool's own matrices; the functions here take rows.
      unit_length: whether vectors are scaled to length 1 before use.

    Raises:
      ValueError: a value is outside its range.

    Example:
      >>> import dataclasses
      >>> from dualstream.color.conventions import QUPATH
      >>> dataclasses.replace(QUPATH, white=(243, 246, 244)).white
      (243.0, 246.0, 244.0)
    """

    base: float
    white: Vector | float
    offset: float = 0.0
    floor: float = 1.0
    scale: float = 1.0
    nonnegative: bool = False
    tissue: str | None = None
    beta: float | None = None
    vectors: tuple[Vector, ...]
    stains: tuple[str, ...]
    stains_in: str = 'rows'
    unit_length: bool = True

    def __post_init__(self):
        white = self.white if isinstance(self.white, (tuple, list)) else 3 * [self.white]
        object.__setattr__(self, 'white', tuple(map(float, white)))
        object.__setattr__(
            self, 'vectors', tuple(tuple(map(float, vector)) for vector in self.vectors))
        if not self.base > 1:
            raise ValueError(f'base must be above 1, got {self.base}')
        if len(self.white) != 3 or not all(0 < channel < math.inf for channel in self.white):
            raise ValueError(f'white must be one or three numbers above 0, got {self.white}')
        if not 0 <= self.offset < math.inf:
            raise ValueError(f'offset must be at least 0, got {self.offset}')
        for name in ('floor', 'scale'):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f'{name} must be above 0, got {getattr(self, name)}')
        if self.tissue not in (None, 'all', 'any', 'norm'):
            raise ValueError(f"tissue must be None, 'all', 'any' or 'norm', got {self.tissue!r}")
        if (self.tissue is None) != (self.beta is None):
            raise ValueError('beta and tissue must be given together or not at all')
        if len(self.vectors) not in (2, 3) or any(len(vector) != 3 for vector in self.vectors):
            raise ValueError(f'vectors must be two or three triples, got {self.vectors}')
        if len(self.stains) != len(self.vectors):
            raise ValueError(f'stains must name each of the vectors, got {self.stains}')
        if self.stains_in not in ('rows', 'columns'):
            raise ValueError(f"stains_in must be 'rows' or 'columns', got {self.stains_in!r}")

    @property
    def natural(self) -> float:
        """How many of the tool's units one unit of natural density, -ln(I / I0), is."""
        return self.scale / math.log(self.base)


RUIFROK_JOHNSTON = ((0.65, 0.70, 0.29), (0.07, 0.99, 0.11), (0.27, 0.57, 0.78))
"""Haematoxylin, eosin and DAB of Ruifrok and Johnston (2001), Anal. Quant. Cytol. 23:291-299."""

SKIMAGE = StainConvention(
    base=1e6, white=255, floor=255e-6, vectors=RUIFROK_JOHNSTON,
    stains=('hematoxylin', 'eosin', 'dab'), unit_length=False)
"""scikit-image's rgb2hed: the darkest intensity, a millionth of white, has density 1."""

QUPATH = StainConvention(
    base=10, white=255, nonnegative=True, tissue='all', beta=0.05,
    vectors=((0.65, 0.70, 0.29), (0.2159, 0.8012, 0.5581)),
    stains=('hematoxylin', 'eosin'))
"""QuPath's default H&E stains, in decades of absorbance; beta as where it estimates stains."""

TORCHSTAIN = StainConvention(
    base=math.e, white=240, offset=1, tissue='all', beta=0.15,
    vectors=((0.5626, 0.7201, 0.4062), (0.2159, 0.8012, 0.5581)),
    stains=('hematoxylin', 'eosin'), stains_in='columns')
"""torchstain's Macenko normaliser; a pixel is left out if any channel is below beta."""

HISTOMICSTK = StainConvention(
    base=256, white=256, offset=1, scale=255, nonnegative=True, tissue='norm', beta=16,
    vectors=RUIFROK_JOHNSTON[:2], stains=('hematoxylin', 'eosin'), stains_in='columns')
"""HistomicsTK's stain darkness, in [0, 255], with its default background."""

CONVENTIONS = {'skimage': SKIMAGE, 'qupath': QUPATH, 'torchstain': TORCHSTAIN,
               'histomicstk': HISTOMICSTK}


def find_convention(convention: StainConvention | str) -> StainConvention:
    """Finds a preset by its name; a convention is given back as it is.

    Raises:
      ValueError: no preset has the name.

    Example:
      >>> from dualstream.color.conventions import find_convention
      >>> find_convention('torchstain').white
      (240.0, 240.0, 240.0)
    """
    if isinstance(convention, StainConvention):
        return convention
    if convention not in CONVENTIONS:
        raise ValueError(f'convention must be one of {", ".join(CONVENTIONS)}, got {convention!r}')
    return CONVENTIONS[convention]
