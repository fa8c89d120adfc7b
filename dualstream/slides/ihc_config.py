"""How a picture of immunohistochemistry is measured; in a file that needs no TensorFlow."""

import dataclasses
import math

from dualstream.runtime.configflags import field


@dataclasses.dataclass(frozen=True, kw_only=True)
class IhcConfig:
    """How a picture is measured; what is None is suggested by the picture.

    Raises:
      ValueError: a value is outside its range.
    """

    dab_threshold: float | None = field(
        None, 'Least optical density (base 10) of DAB in a positive pixel; suggested by the '
        'picture if not given.')
    hematoxylin_threshold: float | None = field(
        None, 'Least optical density (base 10) of haematoxylin in a negative pixel; suggested by '
        'the picture if not given.')
    nucleus_radius: float | None = field(
        None, 'Radius of a nucleus in pixels; estimated from the picture if not given.')
    resamples: int = field(1000, 'Resamples of the bootstrap that the intervals come from.')
    seed: int = field(0, 'Seed of the bootstrap.')

    def __post_init__(self):
        for name in ('dab_threshold', 'hematoxylin_threshold', 'nucleus_radius'):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f'{name} must be above 0, got {value}')
        if self.nucleus_radius is not None and not 2 <= self.nucleus_radius <= 50:
            raise ValueError(f'nucleus_radius must be in [2, 50], got {self.nucleus_radius}')
        if self.resamples < 100:
            raise ValueError(f'resamples must be at least 100, got {self.resamples}')
