"""What can be chosen about the two streams, with the reason for each default."""

import dataclasses
import math
import numbers
import operator

from dualstream.network.blocks import MERGES, SHORTCUTS
from dualstream.network.lgn import FEEDS, HUES
from dualstream.runtime.choices import SMALLEST_IMAGE

LATERALS = ('hsv_to_gray', 'gray_to_hsv', 'both', 'none')


@dataclasses.dataclass(frozen=True)
class DualStreamConfig:
    """Describes a network of two streams. `dataclasses.asdict` gives what JSON can hold.

    Use `build` with a preset's name unless you vary the architecture. Numbers of NumPy and lists
    are taken, too, and kept as Python's own numbers and tuples.

    Args:
      image_size: (height, width) in pixels, each at least 64; any, not only multiples of 32. On
        torch only multiples of 32 give exactly what the other backends give: Keras pads its pooling
        otherwise there.
      classes: at least 1.
      widths: channels of the gray stream's four areas, V1, V2's thick stripes, MT and STS, which
        work at 1/4, 1/8, 1/16 and 1/32 of the image's size. Multiples of 16 fill a CPU's vectors.
      depth: blocks, of two convolutions, in each gray area after V1. One: the gray stream is
        shallow, which makes it fast.
      depth_ratio: how many times as many blocks an area of the HSV stream has (alpha). One: colour
        needs few convolutions (Gueguen et al., 2018).
      shortcut: what an area adds where its first convolution changes the shape: nothing with
        `'identity'`, the averaged and projected input with `'projection'`; see `blocks.block`.
        Identity: with one block an area, projections cost time and gained nothing.
      hsv_areas: how many areas the HSV stream has, 1 to 4. One: it ends in its first merge, and
        grays and colours go on together, which costs least.
      channel_ratio: an HSV area's channels as a share of those of the gray area of the same number
        (beta), in (0, 1]. It is a lower bound: channels are rounded up to a multiple of 16, but
        to no more than the gray area has. So one half builds 1/2 at widths that are multiples of
        32, 2/3 at 48 and 1 at 16; see `hsv_widths`. One half: colour needs few channels (Gueguen
        et al., 2018).
      delay: in stages, 0 to 3: the HSV stream's stage k meets the gray stream's stage k + delay.
        One: colour comes late, as in the cortex (Chen et al., 2007), and coarse: photographs mostly
        hold it at half resolution (JPEG's 4:2:0), and the eye resolves it at about a third (Mullen,
        1985).
      shrink: the HSV stream sees the image at 1/shrink of its size: 1, 2, 4 and so on, at most
        2^(delay + 1). None: that most, so that the stream's stem need not shrink the image itself.
      fast: what the leading stream sees, one of FEEDS: `'luminance'`, as the magnocellular pathway
        does; the others are for comparisons.
      slow: what the late stream sees, one of FEEDS: `'chroma'`, HSV's hue and chroma as a point of
        the plane: value is what the leading stream sees already, and noise stays small in pale and
        dark pixels. `'hsv'` has value, too; `'ab'` together with `'lightness'` are the two streams
        of Schuler et al. (2022); `'none'` leaves the stream out.
      hue: how hue enters `'hsv'`, `'circular'` or `'raw'`; see `HueSaturationValue`. Circular: a
        reddish leaf lies on both sides of raw hue's seam.
      adapt: whether each plane that a stream sees of an image loses its mean and is divided by its
        spread. True: photographs differ in light, and chroma is small beside luminance.
      lateral: which stream is merged into which. `'hsv_to_gray'`: colour into the leading stream.
        `'gray_to_hsv'`: the fast stream frames the slow one (Chen et al., 2007). `'both'`, or
        `'none'`: the streams meet in the read-out only. To gray only: the streams can then be
        computed in parallel, and a stage of HSV never waits.
      merge: `'concat'`, `'add'` or `'gate'`; see `blocks.merge`. Concat supposes the least.
      skips: whether the HSV stream's stem also goes directly to every merge. True: processing
        starts in several areas at once (Nowak et al., 1995), and it lets the stream catch up.
      dropout: share of the feature vector that is dropped in training, in [0, 1).
      include_top: whether the network ends in probabilities or in its last feature map.
      seed: of the initial weights and of dropout, at least 0.

    Raises:
      ValueError: a field is not as described; the message names it.

    Example:
      >>> from dualstream import DualStreamConfig
      >>> DualStreamConfig(widths=(32, 64, 96, 128), hsv_areas=4).hsv_widths
      (16, 32, 48, 64)
      >>> DualStreamConfig(delay=4)
      Traceback (most recent call last):
      ValueError: delay must be a whole number from 0 to 3, got 4
    """

    image_size: tuple[int, int] = (224, 224)
    classes: int = 5
    widths: tuple[int, int, int, int] = (16, 32, 32, 48)
    depth: int = 1
    depth_ratio: int = 1
    shortcut: str = 'identity'
    hsv_areas: int = 1
    channel_ratio: float = 0.5
    delay: int = 1
    shrink: int | None = None
    fast: str = 'luminance'
    slow: str = 'chroma'
    hue: str = 'circular'
    adapt: bool = True
    lateral: str = 'hsv_to_gray'
    merge: str = 'concat'
    skips: bool = True
    dropout: float = 0.2
    include_top: bool = True
    seed: int = 0

    def __post_init__(self):
        _keep(self, 'image_size', f'(height, width) of at least {SMALLEST_IMAGE} pixels each',
              _whole_numbers(self.image_size, 2, SMALLEST_IMAGE))
        _keep(self, 'classes', 'a whole number of at least 1', _whole(self.classes, 1))
        _keep(self, 'widths', 'four positive whole numbers', _whole_numbers(self.widths, 4, 1))
        _keep(self, 'depth', 'a whole number of at least 1', _whole(self.depth, 1))
        _keep(self, 'depth_ratio', 'a whole number of at least 1', _whole(self.depth_ratio, 1))
        _keep(self, 'shortcut', f'one of {SHORTCUTS}', _one_of(self.shortcut, SHORTCUTS))
        _keep(self, 'hsv_areas', 'a whole number from 1 to 4', _whole(self.hsv_areas, 1, 4))
        _keep(self, 'channel_ratio', 'a number in (0, 1]',
              _real(self.channel_ratio, lambda ratio: 0 < ratio <= 1))
        _keep(self, 'delay', 'a whole number from 0 to 3', _whole(self.delay, 0, 3))
        if self.shrink is not None:
            sizes = tuple(2 ** octaves for octaves in range(self.delay + 2))
            _keep(self, 'shrink', f'None or one of {sizes}', _one_of(self.shrink, sizes))
        _keep(self, 'fast', f'one of {FEEDS}', _one_of(self.fast, FEEDS))
        _keep(self, 'slow', f"one of {FEEDS} or 'none'", _one_of(self.slow, (*FEEDS, 'none')))
        _keep(self, 'hue', f'one of {HUES}', _one_of(self.hue, HUES))
        _keep(self, 'adapt', 'True or False', _one_of(self.adapt, (True, False)))
        _keep(self, 'lateral', f'one of {LATERALS}', _one_of(self.lateral, LATERALS))
        if self.ends_early:
            laterals = ('hsv_to_gray', 'both') if len(self.hsv_widths) > 1 else ('hsv_to_gray',)
            _keep(self, 'lateral', f'{" or ".join(laterals)} where the HSV stream ends in a merge '
                  '(with hsv_areas=4 it ends in the read-out)', _one_of(self.lateral, laterals))
        _keep(self, 'merge', f'one of {MERGES}', _one_of(self.merge, MERGES))
        _keep(self, 'skips', 'True or False', _one_of(self.skips, (True, False)))
        _keep(self, 'dropout', 'a number in [0, 1)',
              _real(self.dropout, lambda share: 0 <= share < 1))
        _keep(self, 'include_top', 'True or False', _one_of(self.include_top, (True, False)))
        _keep(self, 'seed', 'a whole number of at least 0', _whole(self.seed, 0))

    @property
    def ends_early(self) -> bool:
        """Whether the HSV stream ends in a merge, and not in the read-out."""
        return self.slow != 'none' and self.hsv_areas < min(4, 5 - self.delay)

    @property
    def hsv_widths(self) -> tuple[int, ...]:
        """Channels of the HSV stream's areas: V1, V2's thin stripes, V4 and IT.

        With a delay above 1 the last areas would come after the read-out; they are left out.
        Without that stream there are none.
        """
        if self.slow == 'none':
            return ()
        # 1e-9: a product like 0.07 * 1600 may come out above 112.
        widths = [min(width, 16 * math.ceil(self.channel_ratio * width / 16 - 1e-9))
                  for width in self.widths]
        return tuple(widths[:min(self.hsv_areas, 5 - self.delay)])


def _keep(config: DualStreamConfig, name: str, expected: str, value) -> None:
    """Sets the field to its checked value, which is None for one that is not as expected."""
    if value is None:
        raise ValueError(f'{name} must be {expected}, got {getattr(config, name)!r}')
    object.__setattr__(config, name, value)


def _whole(number, least: int, most: float = math.inf) -> int | None:
    if isinstance(number, bool) or not isinstance(number, numbers.Integral):
        return None
    return operator.index(number) if least <= number <= most else None


def _whole_numbers(values, many: int, least: int) -> tuple[int, ...] | None:
    if not isinstance(values, (tuple, list)) or len(values) != many:
        return None
    whole = tuple(_whole(value, least) for value in values)
    return None if None in whole else whole


def _real(number, holds) -> float | None:
    if isinstance(number, bool) or not isinstance(number, numbers.Real) or not holds(number):
        return None
    return float(number)


def _one_of(value, known: tuple):
    """The equal member of `known`, of the same type; 1 is not True."""
    return next((each for each in known if type(value) is type(each) and value == each), None)
