"""Immunohistochemistry with DAB: which share of a picture is positive, and how sure that is.

After Geread, Morreale, Dony et al. (2019), IHC Color Histograms for Unsupervised Ki67 Proliferation
Index Calculation, Frontiers in Bioengineering and Biotechnology 7:226: a histogram of the colours
between blue and brown separates the two without training, a threshold takes overstained background
out, and the size of nuclei is estimated from the picture. Their histogram is of another coordinate;
here it is the angle between the amounts of haematoxylin (0 degrees) and DAB (90 degrees), after
colour deconvolution (Ruifrok and Johnston 2001) with the background that the picture shows.

Amounts are in decades of optical density, as in QuPath. DAB scatters light and does not follow
Beer and Lambert's law (van der Loos 2008, Journal of Histochemistry and Cytochemistry 56:313): its
density says where it is, not how much antigen there is.
"""

import dataclasses

import numpy as np

from dualstream.color import rgb_to_hed, rgb_to_od
from dualstream.color.conventions import QUPATH, RUIFROK_JOHNSTON, StainConvention
from dualstream.runtime.errors import UserError
from dualstream.slides.ihc_config import IhcConfig
from dualstream.slides.nuclei import estimate_radius, find_nuclei

H_DAB = dataclasses.replace(QUPATH, vectors=(RUIFROK_JOHNSTON[0], RUIFROK_JOHNSTON[2]),
                            stains=('hematoxylin', 'dab'))
"""Haematoxylin and DAB of Ruifrok and Johnston, in decades of optical density."""

_STAINED = 0.15  # least length of the optical density; less is background or noise
_APART = 20  # degrees between the mean angles of two hills, below which there is one stain alone
_DARK = 0.05  # share of the background's light, below which more stain hardly darkens a channel
_MANY_DARK = 0.01  # of the positive pixels
_BLOCK = 64  # pixels; what lies nearer to each other is not independent
_MOST = 25_000_000  # pixels


@dataclasses.dataclass(frozen=True)
class Share:
    """A share in [0, 1], with the 95% interval of a bootstrap; None where nothing is stained."""

    value: float | None
    low: float | None
    high: float | None


@dataclasses.dataclass(frozen=True)
class Ihc:
    """What was measured in a picture.

    Attributes:
      by_area: positive pixels among positive and negative ones.
      by_count: positive nuclei among all nuclei; it means something for nuclear stains alone.
      background: red, green and blue of the slide without tissue, in [0, 255].
      split: the angle between haematoxylin (0) and DAB (90) that separates them, in degrees.
      dab_threshold, hematoxylin_threshold: optical densities, as used.
      radius: of a nucleus, in pixels.
      angles: int64 (90,), stained pixels at each degree.
      amounts: float32 (H, W, 3), optical density of haematoxylin, DAB and the residual.
      positive, negative: bool (H, W).
      positive_nuclei, negative_nuclei: int64 (n, 2), rows and columns of their centres.
      warnings: sentences on what not to trust.
    """

    by_area: Share
    by_count: Share
    background: tuple[float, float, float]
    split: float
    dab_threshold: float
    hematoxylin_threshold: float
    radius: float
    angles: np.ndarray
    amounts: np.ndarray
    positive: np.ndarray
    negative: np.ndarray
    positive_nuclei: np.ndarray
    negative_nuclei: np.ndarray
    warnings: tuple[str, ...]


def check_field(height: int, width: int) -> None:
    """Refuses a picture that is too large to be a field, such as a slide.

    Call it before you read the pixels, which may not fit into the memory.

    Raises:
      UserError: it has more than 25 million pixels.
    """
    if height * width > _MOST:
        raise UserError(f'a field has at most {_MOST:,} pixels, got {height:,} x {width:,}; cut it '
                        'out of the slide')


def measure_ihc(
    picture: np.ndarray, config: IhcConfig | None = None, *,
    stains: StainConvention | None = None,
) -> Ihc:
    """Measures the positive share of a picture of haematoxylin and DAB.

    Use it on a field that holds the tissue in question alone. A pixel is stained if the length of
    its optical density is at least 0.15; its angle decides between brown and blue; brown ones are
    positive from the DAB threshold on, blue ones negative from the haematoxylin threshold on.

    Args:
      picture: uint8 (H, W, 3), sRGB, at most 25 million pixels.
      config: what is not to be suggested by the picture; nothing if None.
      stains: vectors and background, haematoxylin first and DAB second; `H_DAB` with the background
        that `estimate_background` finds if None.

    Raises:
      UserError: the picture has another dtype or shape, or is too large.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise UserError(f'a picture must be uint8 (H, W, 3), got {picture.dtype} {picture.shape}')
    check_field(*picture.shape[:2])
    config, warnings = config or IhcConfig(), []
    if stains is None:
        white, found = estimate_background(picture)
        stains = dataclasses.replace(H_DAB, white=white)
        if not found:
            warnings.append('no background was found in the picture; 255 is taken for white')
    amounts = np.asarray(rgb_to_hed(picture, convention=stains), np.float32)
    density = np.linalg.norm(np.asarray(rgb_to_od(picture, convention=stains)), axis=-1)
    stained = density >= _STAINED
    angle = np.degrees(np.arctan2(amounts[..., 1].clip(0), amounts[..., 0].clip(1e-9)))
    angles = np.bincount(angle[stained].astype(int).clip(0, 89), minlength=90)
    split, two = split_angles(angles)
    if stained.any() and not two:
        warnings.append(f'the histogram shows one stain alone; {split:.0f} degrees separate blue '
                        'from brown')
    brown = stained & (angle > split)
    blue = stained & ~brown
    dab = config.dab_threshold or _overstaining(amounts[..., 1], blue)
    hematoxylin = config.hematoxylin_threshold or _hematoxylin_of_nuclei(amounts[..., 0][blue])
    positive, negative = brown & (amounts[..., 1] >= dab), blue & (amounts[..., 0] >= hematoxylin)
    amount = np.where(positive, amounts[..., 1], np.where(negative, amounts[..., 0], 0))
    radius = config.nucleus_radius or estimate_radius(amount)
    nuclei = [find_nuclei(np.where(mask, amount, 0), radius) for mask in (positive, negative)]
    warnings += _saturation(picture, positive, stains)
    rng = np.random.default_rng(config.seed)
    shape = picture.shape[:2]
    return Ihc(
        _bootstrap(positive, negative, config.resamples, rng),
        _bootstrap(_marks(nuclei[0], shape), _marks(nuclei[1], shape), config.resamples, rng),
        stains.white, split, dab, hematoxylin, radius, angles, amounts, positive, negative, *nuclei,
        tuple(warnings))


def estimate_background(picture: np.ndarray) -> tuple[tuple[float, float, float], bool]:
    """Estimates the colour of the slide without tissue: its brightest hill of at least 1%.

    Args:
      picture: uint8 (H, W, 3), sRGB.

    Returns:
      red, green and blue, in [0, 255], and whether such a hill was found: one above 160 in its
      darkest channel. Where there is none, white.

    Example:
      >>> import numpy as np
      >>> from dualstream.slides.ihc import estimate_background
      >>> picture = np.full((50, 50, 3), (120, 90, 60), np.uint8)
      >>> picture[:10] = (240, 238, 243)
      >>> estimate_background(picture)
      ((240.0, 238.0, 243.0), True)
    """
    darkest = picture.min(axis=-1)
    counts = np.bincount(darkest.ravel(), minlength=256)
    # Of 11 levels, centred: the tails of a hill and single bright pixels do not count.
    hill = np.convolve(counts, np.ones(11), 'same')
    for level in range(255, 160, -1):
        if hill[level] >= max(0.01 * darkest.size, 1) and hill[level] >= hill[level - 3:].max():
            inside = np.abs(darkest.astype(int) - level) <= 5
            return tuple(map(float, np.median(picture[inside], axis=0))), True
    return (255.0, 255.0, 255.0), False


def split_angles(angles: np.ndarray) -> tuple[float, bool]:
    """Finds the angle between two hills of a histogram of degrees, by Otsu's method.

    Args:
      angles: (90,), counts.

    Returns:
      the angle in degrees, and whether there are two hills: at least 20 degrees between the means,
      and at least 1% of the counts in each. Where there are not, 45.

    Example:
      >>> import numpy as np
      >>> from dualstream.slides.ihc import split_angles
      >>> angles = np.zeros(90, int)
      >>> angles[10:20], angles[60:80] = 100, 50
      >>> split_angles(angles)
      (40.0, True)
    """
    split = otsu(angles)
    below, above = angles[:split], angles[split:]
    if min(below.sum(), above.sum()) < max(0.01 * angles.sum(), 1):
        return 45.0, False
    degrees = np.arange(90)
    apart = np.average(degrees[split:], weights=above) - np.average(degrees[:split], weights=below)
    return (float(split), True) if apart >= _APART else (45.0, False)


def otsu(counts: np.ndarray) -> int:
    """The bin from which the upper class of a histogram starts (Otsu 1979, IEEE SMC 9:62).

    Of several that are equally good, as between two hills with nothing between, the middle one.
    """
    places = np.arange(len(counts))
    below, first = np.cumsum(counts)[:-1], np.cumsum(counts * places)[:-1]
    total, moment = counts.sum(), (counts * places).sum()
    above = total - below
    variance = (moment * below - total * first) ** 2.0 / np.maximum(below * above, 1)
    best = np.flatnonzero(variance >= variance.max() * (1 - 1e-9))
    return int(best[len(best) // 2] + 1) if variance.max() > 0 else len(counts) // 2


def _hematoxylin_of_nuclei(amounts: np.ndarray) -> float:
    """The density between pale tissue and nuclei; that of stained pixels where there is one hill.

    Otsu's method divides a single hill, too. So what it divides must be two: the variance between
    the classes must be a larger share of all variance than the 75% of an even spread.
    """
    if not amounts.size:
        return _STAINED
    threshold = otsu(np.histogram(amounts.clip(0, 2), 400, (0, 2))[0]) / 200
    dark = amounts >= threshold
    share = dark.mean() * (1 - dark.mean())
    if not 0.01 < share:
        return _STAINED
    between = share * (amounts[dark].mean() - amounts[~dark].mean()) ** 2
    return max(threshold, _STAINED) if between > 0.75 * amounts.var() else _STAINED


def _overstaining(dab: np.ndarray, blue: np.ndarray) -> float:
    """The DAB that 95% of the blue pixels do not reach; it is background in brown ones, too."""
    return max(float(np.percentile(dab[blue], 95)) if blue.any() else 0.0, _STAINED)


def _saturation(picture: np.ndarray, positive: np.ndarray, stains: StainConvention) -> list[str]:
    if not positive.any():
        return []
    dark = (picture[positive] <= _DARK * np.array(stains.white)).any(axis=-1).mean()
    if dark < _MANY_DARK:
        return []
    return [f'DAB is saturated: {dark:.1%} of the positive pixels let less than {_DARK:.0%} of the '
            'light through in a channel, so that more stain would hardly show']


def _marks(places: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    marks = np.zeros(shape, bool)
    marks[tuple(places.T)] = True
    return marks


def _bootstrap(positive, negative, resamples: int, rng: np.random.Generator) -> Share:
    """The positive share, and its interval from resampled blocks of 64 x 64 pixels."""
    counts = np.stack([_block_sums(positive), _block_sums(negative)], axis=-1)
    if not counts.sum():
        return Share(None, None, None)
    drawn = counts[rng.integers(len(counts), size=(resamples, len(counts)))].sum(axis=1)
    drawn = drawn[drawn.sum(axis=-1) > 0]
    low, high = np.percentile(drawn[:, 0] / drawn.sum(axis=-1), (2.5, 97.5))
    return Share(float(counts[:, 0].sum() / counts.sum()), float(low), float(high))


def _block_sums(mask: np.ndarray) -> np.ndarray:
    rows, columns = (np.arange(0, side, _BLOCK) for side in mask.shape)
    sums = np.add.reduceat(np.add.reduceat(mask.astype(np.int64), rows, 0), columns, 1)
    return sums.ravel()
