"""The pixels of slides as all stain functions see them: as densities, with their tissue."""

import dataclasses

from dualstream.color.conventions import StainConvention
from dualstream.color.optical_density import density_planes
from dualstream.color.planes import join_image, split_image
from dualstream.color.stains.tissue import Spread, find_tissue, measure_spread


@dataclasses.dataclass(frozen=True)
class Pixels:
    """The pixels of one picture or of a batch.

    Attributes:
      ops: that work on them.
      images: uint8 or floating (..., H, W, 3), as they were given.
      planes: three float32 (..., H, W) in [0, 1], sRGB; where a pixel is no number, white.
      densities: three float32 (..., H, W), in the convention's scale.
      missing: bool (..., H, W), pixels that are no number; None for whole numbers.
      tissue: bool (..., H, W).
      spread: of the densities of the tissue.
    """

    ops: object
    images: object
    planes: list
    densities: list
    missing: object
    tissue: object
    spread: Spread

    @classmethod
    def of(cls, images, convention: StainConvention) -> 'Pixels':
        """Reads pictures.

        Args:
          images: uint8 (..., H, W, 3), or floating, sRGB; floats are clipped to [0, 1].
          convention: of densities and tissue.

        Raises:
          ValueError: they are of another dtype, or have not three channels and two more axes.
        """
        import keras  # not above, see tensor_ops

        if len(images.shape) < 3:
            raise ValueError(f'images must be (..., H, W, 3), got shape {tuple(images.shape)}')
        ops, planes, _ = split_image(images)
        images = images if keras.utils.is_keras_tensor(images) else ops.convert_to_tensor(images)
        missing = None
        if keras.backend.is_float_dtype(keras.backend.standardize_dtype(images.dtype)):
            nan = [ops.isnan(plane) for plane in planes]
            missing = ops.logical_or(ops.logical_or(nan[0], nan[1]), nan[2])
            planes = [ops.where(missing, 1.0, ops.clip(plane, 0.0, 1.0)) for plane in planes]
        densities = density_planes(ops, planes, convention)
        tissue = find_tissue(ops, densities, convention)
        if missing is not None:
            tissue = ops.logical_and(tissue, ops.logical_not(missing))
        return cls(ops, images, planes, densities, missing, tissue,
                   measure_spread(ops, densities, tissue))

    def joined(self, planes, where):
        """Joins planes in [0, 1] as images of the dtype given, with the given pixels elsewhere.

        Args:
          planes: three float32 (..., H, W).
          where: bool, of a shape that broadcasts to (..., H, W).
        """
        ops = self.ops
        if self.missing is not None:
            where = ops.logical_and(where, ops.logical_not(self.missing))
        made = join_image(ops, planes, self.images.dtype, clip=True)
        return ops.where(where[..., None], made, self.images)
