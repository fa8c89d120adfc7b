"""What binds a training on TPUs: the chips, the links to them, or their host.

A slice trains no faster than its slowest part: the chips, by their roofline; the PCIe links, which
carry every image; the network; and the processors of the host, where that makes the images itself.
All figures but the chips' and the processors' are published peaks; real transfers stay below them.
"""

import dataclasses
import math

from dualstream.tpu.chips import Slice
from dualstream.tpu.host import Host

PIXEL_BYTES = {'uint8': 1, 'float32': 4}


@dataclasses.dataclass(frozen=True)
class Limits:
    """Images per second that each part allows at most.

    Attributes:
      allows: part -> images per second; parts are 'chips', 'links', 'network' and 'vCPUs'.
    """

    allows: dict[str, float]

    @property
    def binding(self) -> str:
        """The part that allows the least."""
        return min(self.allows, key=self.allows.get)

    @property
    def images_per_second(self) -> float:
        """What the binding part allows."""
        return self.allows[self.binding]


def image_bytes(image_size: tuple[int, int], *, pixels: str = 'uint8') -> int:
    """Computes the bytes of one image on its way to a chip.

    Args:
      image_size: (height, width) in pixels.
      pixels: 'uint8' or 'float32'.

    Example:
      >>> image_bytes((224, 224)), image_bytes((224, 224), pixels='float32')
      (150528, 602112)
    """
    return 3 * math.prod(image_size) * PIXEL_BYTES[pixels]


def find_limits(
    images_per_second: float, tpu: Slice, host: Host, *, image_size: tuple[int, int]
) -> dict[str, Limits]:
    """Computes the limits of a slice, by who makes its images.

    Args:
      images_per_second: that the chips consume, by their roofline.
      tpu: the slice.
      host: a measured machine, whose cores stand in for the slice's vCPUs.
      image_size: (height, width) of the images, which travel as uint8.

    Returns:
      'alone': the slice's host reads photographs over the network and makes all images itself.
      'fed': other machines make them, and they come over the network.

    Example:
      >>> from dualstream.tpu import find_slice
      >>> host = Host('photographs', 100_000, 2, {'tf-array': {'pixels': 300.0, 'grid': 600.0}})
      >>> limits = find_limits(300_000, find_slice('v5litepod-8'), host, image_size=(224, 224))
      >>> limits['alone'].binding, limits['fed'].binding
      ('vCPUs', 'network')
    """
    image = image_bytes(image_size)
    both = {'chips': images_per_second, 'links': tpu.link / image}
    return {'alone': Limits({**both, 'network': tpu.network / host.photo_bytes,
                             'vCPUs': tpu.vcpus * host.rate}),
            'fed': Limits({**both, 'network': tpu.network / image})}
