"""The TPUs that can be planned for, with the figures that their maker publishes."""

import dataclasses

from dualstream.runtime.errors import UserError


@dataclasses.dataclass(frozen=True)
class Chip:
    """One TPU chip, as its maker documents it.

    Attributes:
      name: in the compiler's terms.
      peak_flops: bfloat16 floating-point operations a second, at best.
      bandwidth: bytes a second between the chip and its memory (HBM), at best.
      hbm_bytes: size of that memory.
      source: address of the page that publishes these figures.
    """

    name: str
    peak_flops: float
    bandwidth: float
    hbm_bytes: float
    source: str


@dataclasses.dataclass(frozen=True)
class Slice:
    """Some chips that work together, on one host.

    Attributes:
      name: what it is rented as, such as 'v5e-8'.
      chip: the kind of all of them.
      layout: (rows, columns) of the chips.
    """

    name: str
    chip: Chip
    layout: tuple[int, int]

    @property
    def chips(self) -> int:
        rows, columns = self.layout
        return rows * columns


V5E = Chip('v5e', 197e12, 819e9, 16e9, 'https://cloud.google.com/tpu/docs/v5e')
V6E = Chip('v6e', 918e12, 1640e9, 32e9, 'https://cloud.google.com/tpu/docs/v6e')

SLICES = {each.name: each for each in (
    Slice(f'{chip.name}-{rows * columns}', chip, (rows, columns))
    for chip in (V5E, V6E) for rows, columns in ((1, 1), (2, 2), (2, 4)))}
"""Name -> slice, of one host only: what several hosts must deliver is not planned here."""


def find_slice(name: str) -> Slice:
    """Finds a slice by name.

    Args:
      name: such as 'v5e-8'.

    Raises:
      UserError: there is none; the message lists the known ones.

    Example:
      >>> find_slice('v5e-8').chips
      8
    """
    if name not in SLICES:
        raise UserError(f'--tpu must be one of {", ".join(SLICES)}; got {name!r}')
    return SLICES[name]
