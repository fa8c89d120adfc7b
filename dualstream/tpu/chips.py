"""The TPUs that can be planned for, and their hosts, with published figures."""

import dataclasses

from dualstream.runtime.errors import UserError

CHIPS_A_HOST = 8
PCIE_SOURCE = 'https://jax-ml.github.io/scaling-book/tpus/'
VCPUS_SOURCE = 'https://cloud.google.com/kubernetes-engine/docs/concepts/plan-tpus'


@dataclasses.dataclass(frozen=True)
class Chip:
    """One TPU chip, and what connects it, as published.

    Attributes:
      name: in the compiler's terms.
      rented_as: its name where slices are rented, before the number of chips.
      peak_flops: bfloat16 floating-point operations a second, at best.
      bandwidth: bytes a second between the chip and its memory (HBM), at best.
      hbm_bytes: size of that memory.
      link: bytes a second from the host to one chip, by PCIe (see PCIE_SOURCE).
      network: bytes a second into a host of 8 chips, by all its network cards together.
      source: address of the page that publishes the other figures.
    """

    name: str
    rented_as: str
    peak_flops: float
    bandwidth: float
    hbm_bytes: float
    link: float
    network: float
    source: str


@dataclasses.dataclass(frozen=True)
class Slice:
    """Some chips that work together, on one host.

    Attributes:
      name: what it is rented as, such as 'v5litepod-8'.
      chip: the kind of all of them.
      layout: (rows, columns) of the chips.
      vcpus: of its virtual machine (see VCPUS_SOURCE); each is one thread of a core.
    """

    name: str
    chip: Chip
    layout: tuple[int, int]
    vcpus: int

    @property
    def chips(self) -> int:
        rows, columns = self.layout
        return rows * columns

    @property
    def link(self) -> float:
        """Bytes a second from the host to all chips together."""
        return self.chips * self.chip.link

    @property
    def network(self) -> float:
        """Bytes a second into its virtual machine: its chips' share of the host's."""
        return self.chip.network * self.chips / CHIPS_A_HOST


V5E = Chip('v5e', 'v5litepod', peak_flops=197e12, bandwidth=819e9, hbm_bytes=16e9, link=15e9,
           network=2 * 100e9 / 8, source='https://cloud.google.com/tpu/docs/v5e')
V6E = Chip('v6e', 'v6e', peak_flops=918e12, bandwidth=1638e9, hbm_bytes=32e9, link=32e9,
           network=4 * 200e9 / 8, source='https://cloud.google.com/tpu/docs/v6e')

SLICES = {each.name: each for each in (
    Slice(f'{chip.rented_as}-{rows * columns}', chip, (rows, columns), vcpus)
    for chip, all_vcpus in ((V5E, (24, 112, 224)), (V6E, (44, 180, 180)))
    for (rows, columns), vcpus in zip(((1, 1), (2, 2), (2, 4)), all_vcpus))}
"""Name -> slice, of one host only: what several hosts must deliver is not planned here."""


def find_slice(name: str) -> Slice:
    """Finds a slice by name.

    Args:
      name: such as 'v5litepod-8'.

    Raises:
      UserError: there is none; the message lists the known ones.

    Example:
      >>> find_slice('v5litepod-8').chips
      8
    """
    if name not in SLICES:
        raise UserError(f'--tpu must be one of {", ".join(SLICES)}; got {name!r}')
    return SLICES[name]
