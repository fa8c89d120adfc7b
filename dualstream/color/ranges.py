"""Ranges of colours that a mask looks for: boxes in HSV, or in CIE LCh."""

import dataclasses
import math
import numbers


@dataclasses.dataclass(frozen=True)
class HsvRange:
    """A box in HSV space; both ends of each range belong to it.

    Attributes:
      hue: (lo, hi) in whole degrees of [0, 360]. lo > hi wraps through red: (340, 20); 360 is
        red again, so (300, 360) holds it, too.
      saturation: (lo, hi) in [0, 1], whole hundredths.
      value: (lo, hi) in [0, 1], whole hundredths.

    Lists, and numbers of NumPy, are taken, too, and kept as tuples of Python's own numbers. A gray
    pixel has hue 0 and saturation 0, as in OpenCV and scikit-image.

    Raises:
      ValueError: not two numbers, a bound outside its interval or between two whole steps, or an
        upside-down saturation or value range.

    Example:
      >>> from dualstream import HsvRange
      >>> HsvRange(hue=(340, 20)).wraps
      True
      >>> HsvRange(hue=[35.0, 170]).hue
      (35, 170)
    """

    hue: tuple[int, int] = (35, 170)
    saturation: tuple[float, float] = (0.20, 1.0)
    value: tuple[float, float] = (0.12, 1.0)

    def __post_init__(self):
        for name, top, steps in (('hue', 360, 1), ('saturation', 1, 100), ('value', 1, 100)):
            given = getattr(self, name)
            bounds = _two_numbers(given)
            if not bounds or not all(0 <= bound <= top for bound in bounds):
                raise ValueError(f'{name} must be (lo, hi) with both in [0, {top}], got {given}')
            if any(abs(bound * steps - round(bound * steps)) > 1e-5 for bound in bounds):
                unit = 'whole degrees' if name == 'hue' else 'whole hundredths'
                raise ValueError(f'{name} must be in {unit}, got {given}')
            if name != 'hue' and bounds[0] > bounds[1]:
                raise ValueError(f'{name} must be (lo, hi) with lo <= hi, got {given}')
            whole = tuple(round(bound * steps) for bound in bounds)
            object.__setattr__(
                self, name, whole if name == 'hue' else tuple(bound / steps for bound in whole))

    @property
    def wraps(self) -> bool:
        """Whether the hue range passes through red, from 360 degrees on to 0."""
        return self.hue[0] > self.hue[1]

    def hues_around(self, center: int) -> list[tuple[int, int]]:
        """The parts of the hue range within 60 degrees of a hue: (lo, hi), relative to it."""
        lo, hi = self.hue
        lo -= 360 * self.wraps
        turns = ((lo + turn - center, hi + turn - center) for turn in (-360, 0, 360))
        parts = [(max(lo, -60), min(hi, 60)) for lo, hi in turns]
        return [(lo, hi) for lo, hi in parts if lo <= hi]


@dataclasses.dataclass(frozen=True)
class LchRange:
    """A box in CIE LCh, the cylinder of CIELAB; both ends of each range belong to it.

    Use it where colours should be told apart as people see them: one step of hue or chroma looks
    about the same everywhere, which it does not in HSV, and lightness is not mixed up with colour.
    On a CPU its mask takes some twenty times as long as that of an `HsvRange`, which is compared in
    whole numbers without roots and powers.

    Attributes:
      hue: (lo, hi) in degrees of [0, 360]. lo > hi wraps: (340, 20). Red lies at 40 degrees, yellow
        at 103, green at 136, blue at 306. 360 is 0 again, so (300, 360) holds it, too.
      chroma: (lo, hi), at least 0; the colours of sRGB go up to 133.8.
      lightness: (lo, hi) in [0, 100].

    Lists, and numbers of NumPy, are taken, too, and kept as tuples of Python's own floats. A gray
    pixel has chroma 0 and hue 0.

    Raises:
      ValueError: not two numbers, a bound outside its interval, or an upside-down chroma or
        lightness range.

    Example:
      >>> from dualstream import LchRange
      >>> LchRange(hue=(340, 20)).wraps
      True
    """

    hue: tuple[float, float]
    chroma: tuple[float, float] = (10.0, math.inf)
    lightness: tuple[float, float] = (0.0, 100.0)

    def __post_init__(self):
        for name, top in (('hue', 360), ('chroma', math.inf), ('lightness', 100)):
            given = getattr(self, name)
            bounds = _two_numbers(given)
            if not bounds or not all(0 <= bound <= top for bound in bounds):
                raise ValueError(f'{name} must be (lo, hi) with both in [0, {top}], got {given}')
            if name != 'hue' and bounds[0] > bounds[1]:
                raise ValueError(f'{name} must be (lo, hi) with lo <= hi, got {given}')
            object.__setattr__(self, name, bounds)

    @property
    def wraps(self) -> bool:
        """Whether the hue range passes from 360 degrees on to 0."""
        return self.hue[0] > self.hue[1]

    @property
    def width(self) -> float:
        """How many degrees of hue it holds, in [0, 360]."""
        return self.hue[1] - self.hue[0] + 360 * self.wraps

    def holds_hue(self, degrees: float) -> bool:
        """Whether a hue lies in the range of hues; 0 and 360 are one."""
        return (degrees - self.hue[0]) % 360 <= self.width


def _two_numbers(bounds) -> tuple[float, float] | None:
    try:
        lo, hi = bounds
    except (TypeError, ValueError):
        return None
    real = all(isinstance(bound, numbers.Real) and not isinstance(bound, bool)
               for bound in (lo, hi))
    return (float(lo), float(hi)) if real else None


LEAF = HsvRange()
"""Leaves from yellow-green to blue-green; soil is redder, sky bluer, straw and concrete paler."""
