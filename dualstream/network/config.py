"""What can be chosen about the two streams, with the reason for each default."""

import dataclasses

from dualstream.network.blocks import MERGES
from dualstream.network.lgn import FEEDS, HUES

SMALLEST = 64
"""Pixels along an image's shorter side: the last stages see it 2 cells high."""

LATERALS = ('hsv_to_gray', 'gray_to_hsv', 'both', 'none')


@dataclasses.dataclass(frozen=True)
class DualStreamConfig:
    """A dual-stream network, written down. `dataclasses.asdict` gives it as keyword arguments.

    Args:
      image_size: (height, width) in pixels, each at least 64; any, not only multiples of 32. On
        torch only those give the other backends' very numbers: Keras pads its pooling otherwise.
      classes: at least 1.
      widths: channels of the gray stream's four areas, V1, V2's thick stripes, MT and STS, which
        work at 1/4, 1/8, 1/16 and 1/32 of the image's size. Multiples of 16 fill a CPU's vectors.
      depth: blocks, of two convolutions, in each gray area after V1. One: the gray stream is
        shallow, which makes it fast.
      depth_ratio: how many times as many blocks an area of the HSV stream has (alpha). With 2, each
        of its areas sees as far as the gray one that it meets, in twice as many convolutions.
      channel_ratio: an HSV area's channels as a share of the gray area's of the same number (beta),
        in (0, 1], rounded to a multiple of 16. One half: it makes the deeper stream cost less
        than the leading one.
      delay: in stages, 0 to 3: the HSV stream's stage k meets the gray stream's stage k + delay,
        and sees the image at 1/2^delay of its size, so that they meet at one size. One: photographs
        mostly hold colour at half resolution (JPEG's 4:2:0), and the eye resolves it at about a
        third (Mullen, 1985); it also quarters the stream's cost.
      fast: what the leading stream is fed, of FEEDS: `'luminance'`, as the magnocellular pathway
        is; others are there to compare with.
      slow: what the late stream is fed, likewise: `'hsv'`; `'ab'` beside `'lightness'` are the two
        streams of Schuler et al. (2022); `'none'` leaves the stream out.
      hue: how hue enters, `'circular'` or `'raw'`; see `HueSaturationValue`. Circular: a reddish
        leaf lies on both sides of raw hue's seam.
      lateral: who is told at a merge. `'hsv_to_gray'`: the leading stream is told the colour, once
        that has arrived. `'gray_to_hsv'`: the fast stream frames the slow one (Chen et al., 2007).
        `'both'`, or `'none'`: the streams meet in the read-out alone. To gray only: the streams can
        then be computed side by side, and a stage of HSV never waits.
      merge: `'concat'`, `'add'` or `'gate'`; see `blocks.merge`. Concat supposes the least.
      skips: whether the HSV stream's stem goes straight to every merge, too. True: processing
        starts in several areas at once (Nowak et al., 1995), and it lets the stream catch up.
      dropout: share of the feature vector that is dropped in training, in [0, 1).
      include_top: whether the network ends in probabilities or in its last feature map.
      seed: of the initial weights and of dropout.

    Raises:
      ValueError: a field is not as said here.
    """

    image_size: tuple[int, int] = (224, 224)
    classes: int = 5
    widths: tuple[int, int, int, int] = (16, 32, 32, 48)
    depth: int = 1
    depth_ratio: int = 2
    channel_ratio: float = 0.5
    delay: int = 1
    fast: str = 'luminance'
    slow: str = 'hsv'
    hue: str = 'circular'
    lateral: str = 'hsv_to_gray'
    merge: str = 'concat'
    skips: bool = True
    dropout: float = 0.2
    include_top: bool = True
    seed: int = 0

    def __post_init__(self):
        for name in ('image_size', 'widths'):  # JSON knows lists only
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        _require(self, 'image_size', f'(height, width) of at least {SMALLEST} pixels each',
                 _whole_numbers(self.image_size, 2, SMALLEST))
        _require(self, 'classes', 'a whole number of at least 1', _whole(self.classes, 1))
        _require(self, 'widths', 'four positive whole numbers', _whole_numbers(self.widths, 4, 1))
        _require(self, 'depth', 'a whole number of at least 1', _whole(self.depth, 1))
        _require(self, 'depth_ratio', 'a whole number of at least 1', _whole(self.depth_ratio, 1))
        _require(self, 'channel_ratio', 'a number in (0, 1]',
                 _real(self.channel_ratio) and 0 < self.channel_ratio <= 1)
        _require(self, 'delay', 'a whole number from 0 to 3', _whole(self.delay, 0, 3))
        _require(self, 'fast', f'one of {FEEDS}', self.fast in FEEDS)
        _require(self, 'slow', f"one of {FEEDS} or 'none'", self.slow in (*FEEDS, 'none'))
        _require(self, 'hue', f'one of {HUES}', self.hue in HUES)
        _require(self, 'lateral', f'one of {LATERALS}', self.lateral in LATERALS)
        _require(self, 'merge', f'one of {MERGES}', self.merge in MERGES)
        _require(self, 'dropout', 'a number in [0, 1)',
                 _real(self.dropout) and 0 <= self.dropout < 1)
        _require(self, 'seed', 'a whole number of at least 0', _whole(self.seed, 0))

    @property
    def hsv_widths(self) -> tuple[int, ...]:
        """Channels of the HSV stream's areas: V1, V2's thin stripes, V4 and IT.

        With a delay above 1 the last areas would answer after the decision; they are left out.
        Without that stream there are none.
        """
        if self.slow == 'none':
            return ()
        widths = [max(16, 16 * round(self.channel_ratio * width / 16)) for width in self.widths]
        return tuple(widths[:5 - self.delay])


def _require(config: DualStreamConfig, name: str, expected: str, holds: bool) -> None:
    if not holds:
        raise ValueError(f'{name} must be {expected}, got {getattr(config, name)!r}')


def _whole(number, least: int, most: float = float('inf')) -> bool:
    return isinstance(number, int) and least <= number <= most


def _whole_numbers(numbers, many: int, least: int) -> bool:
    return isinstance(numbers, tuple) and len(numbers) == many and all(
        _whole(number, least) for number in numbers)


def _real(number) -> bool:
    return isinstance(number, (int, float))
