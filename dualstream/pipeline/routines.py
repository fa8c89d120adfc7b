"""The seven routines: from the bytes of a photograph to the image that the network sees.

Two masks times three crops, and none. First a window is chosen, then that window is decoded. The
routine's `look` says what the window is chosen from:

- 'grid': the leaf grid that was stored with the photograph. No pixel is decoded to choose, so this
  is the fastest; use it wherever the data set stores grids.
- 'glance': a decode at 1/8 scale, one pixel a block, is masked. Faster than 'pixels' and almost as
  good; use it for JPEGs without a grid.
- 'pixels': the whole frame is decoded and masked. The exact choice; use it for photographs without
  a grid where time does not matter, and to compare with.
"""

import dataclasses
import functools

import tensorflow as tf

from dualstream.color import (
    LEAF,
    HsvRange,
    LchRange,
    StainNormalizer,
    cv_color_mask,
    tf_color_mask,
)
from dualstream.color.packed import count_blocks, packed_mask, unpack
from dualstream.crop import BLOCK, array_crop, loop_crop, max_rand_crop, window_size
from dualstream.crop.zoom import Zoom, check_zoom, middle_zoom, random_zoom
from dualstream.pipeline.decode import (
    checked,
    cut,
    decode_frame,
    decode_image,
    decode_jpeg,
    decode_window,
    frame_size,
    to_image,
)
from dualstream.runtime.choices import CROPS, LOOKS, MASKS


@dataclasses.dataclass(frozen=True)
class Routine:
    """Makes images of photographs in one of the seven ways; for `tf.data.Dataset.map`.

    Attributes:
      target_size: (height, width) in pixels of the image to make.
      mask: 'tf' (tensor ops), 'cv' (OpenCV in Python: the same mask, slower; to compare with), or
        'none'.
      crop: 'random' to train, 'array' to evaluate and to predict, 'loop' (the same window as
        'array', slower; to compare with), or 'none' (the whole frame, resized).
      look: 'grid', 'glance', 'pixels', or 'auto': the grid where there is one, else the pixels.
      saccades: how many windows crop='random' looks at, at least 1.
      mask_step: 'pixels' masks every such row and column of pixels: 1, 2, 4 or 8. With 1 the window
        is exactly the leafiest; with 4 it is hardly less leafy: see docs/routines.md. Frames that
        are not made of whole blocks of 8 x 8 pixels, or whose windows are not, are masked in full.
      color_range: the colours that the mask covers, an HsvRange, or with mask='tf' an LchRange; a
        stored grid was made with its own.
      normalizer: gives the images the stains of a reference, if not None; it has been adapted.
      zoom: pixels of the frame for one pixel of the image, greater than 0. The window is zoom times
        as large as the image, or the largest of the image's proportions where that does not fit;
        math.inf is always the largest. Of a range (low, high), crop='random' draws a zoom for each
        image, uniformly in its logarithm, and the other crops take the geometric mean.

    Raises:
      ValueError: a name is not one of the above, a mask is without a crop or a crop without a mask,
        or a number is not positive, or zoom is not 1 without a crop.

    Example:
      >>> import tensorflow as tf
      >>> from dualstream import Routine
      >>> photo = tf.io.encode_jpeg(tf.zeros([60, 80, 3], tf.uint8))
      >>> routine = Routine((32, 32), crop='random', look='glance')
      >>> dataset = tf.data.Dataset.from_tensors({'image': photo})
      >>> image = next(iter(dataset.map(lambda example: routine(example, seed=(0, 1)))))
      >>> image.shape, image.dtype.name
      (TensorShape([32, 32, 3]), 'float32')
    """

    target_size: tuple[int, int]
    mask: str = 'tf'
    crop: str = 'array'
    look: str = 'auto'
    saccades: int = 16
    color_range: HsvRange | LchRange = LEAF
    normalizer: StainNormalizer | None = None
    mask_step: int = 4
    zoom: Zoom = 1.0

    def __post_init__(self):
        for name, known in (('mask', MASKS), ('crop', CROPS), ('look', LOOKS)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f'{name} must be one of {", ".join(known)}; got {getattr(self, name)!r}')
        if (self.mask == 'none') != (self.crop == 'none'):
            raise ValueError(
                f'a mask needs a crop and a crop needs a mask: got mask={self.mask}, '
                f'crop={self.crop}')
        if self.mask == 'cv' and not isinstance(self.color_range, HsvRange):
            raise ValueError(
                f"color_range must be an HsvRange where mask is 'cv'; got {self.color_range}")
        if self.mask_step not in (1, 2, 4, 8):
            raise ValueError(f'mask_step must be 1, 2, 4 or 8; got {self.mask_step}')
        if min(self.target_size) < 1 or self.saccades < 1:
            raise ValueError(
                f'target_size and saccades must be positive; got {self.target_size} and '
                f'{self.saccades}')
        check_zoom(self.zoom)
        if self.crop == 'none' and self.zoom != 1:
            raise ValueError(
                f"zoom must be 1 where crop is 'none', which shows the frame; got {self.zoom}")

    @property
    def name(self) -> str:
        """'none', or mask and crop: 'tf-array'."""
        return 'none' if self.mask == 'none' else f'{self.mask}-{self.crop}'

    def __call__(self, example: dict[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
        """Makes the image of one example.

        Args:
          example: 'image', the bytes of a JPEG or PNG, a string; and, for the grid, 'leaf_grid',
            uint8 (ceil(H / 8), ceil(W / 8)), with 'height' and 'width' of the frame, H and W;
            and, so that only the window is decoded, 'restarts', as `decode_window` takes them.
          seed: int (2,), of a stateless generator; only crop='random' draws from it.

        Returns:
          float32 (height, width, 3), sRGB in [0, 1].

        Raises:
          ValueError: look='grid' and the example has no leaf grid.
        """
        return self.normalize(self._image(example, seed))

    def normalize(self, image: tf.Tensor) -> tf.Tensor:
        """Gives an image the stains of the normaliser's reference; without one, as it is.

        Args:
          image: float32 (height, width, 3), sRGB in [0, 1], of the target's size.
        """
        if self.normalizer is None:
            return image
        with tf.name_scope('normalize'):
            return _compiled(self.normalizer)(tf.ensure_shape(image, [*self.target_size, 3]))

    def image_of_frame(self, frame: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
        """Makes the image of one window of a decoded frame, not normalised.

        Use it where frames come decoded. A call makes the same image of the bytes of a PNG, and of
        those of a JPEG whose window is less than twice as large as the image. Larger windows of
        JPEGs, and with crop='none' larger frames, it decodes at a reduced scale: they are sharper.

        Args:
          frame: uint8 (H, W, 3), sRGB.
          window: int32 (4,), (y, x, height, width) in pixels, inside the frame; with crop='none'
            all of it.

        Returns:
          float32 (height, width, 3), sRGB in [0, 1].
        """
        return to_image(cut(frame, window), self.target_size)

    def _image(self, example: dict[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
        contents = example['image']
        if self.crop == 'none':
            return decode_image(contents, *self.target_size)
        frame = None
        if self._looks_at(example) == 'pixels':
            frame = decode_frame(contents)
            window = self.window_of_frame(frame, seed)
        else:
            window = self.window_of_example(example, seed)
        return decode_window(
            contents, window, self.target_size, restarts=example.get('restarts'), frame=frame)

    def look_at(
        self, frame: tf.Tensor, seed: tf.Tensor, *, contents: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Chooses the window of a decoded frame, and makes its image; to predict.

        Args:
          frame: uint8 (H, W, 3), sRGB.
          seed: int (2,), of a stateless generator; only crop='random' draws from it.
          contents: string, the bytes that the frame was decoded from, if they are known. The image
            is then exactly that of a call, also where it decodes a JPEG at a reduced scale.

        Returns:
          (int32 (4,), float32, float32 (height, width, 3)): the window (y, x, height, width), with
          crop='none' the whole frame; its coverage, in [0, 1]; and the image, sRGB in [0, 1].
        """
        window = (tf.concat([[0, 0], tf.shape(frame)[:2]], axis=0) if self.crop == 'none'
                  else self.window_of_frame(frame, seed))
        if contents is None:
            image = self.image_of_frame(frame, window)
        elif self.crop == 'none':
            image = decode_image(contents, *self.target_size)
        else:
            image = decode_window(contents, window, self.target_size, frame=frame)
        return window, self.coverage(image), self.normalize(image)

    def coverage(self, images: tf.Tensor) -> tf.Tensor:
        """Computes the share of images that this routine's range of colours covers.

        Use it on the images that the routine makes, to find those that show no leaf. Of a window
        that was not resized it is exactly the mask's share of the window; with crop='none' it is
        that of the whole frame, resized.

        Args:
          images: float32 (..., height, width, 3), sRGB in [0, 1], not normalised.

        Returns:
          float32 (...), in [0, 1].
        """
        with tf.name_scope('coverage'):
            mask = tf_color_mask(images, self.color_range)
            return tf.reduce_mean(tf.cast(mask, tf.float32), axis=[-2, -1])

    def window_of_example(self, example: dict[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
        """Chooses the window of an example; not for a routine without a crop.

        Args:
          example: as a call of the routine takes it.
          seed: int (2,), of a stateless generator; only crop='random' draws from it.

        Returns:
          int32 (4,), the window (y, x, height, width) in pixels of the frame.

        Raises:
          ValueError: look='grid' and the example has no leaf grid.
        """
        contents = example['image']
        look = self._looks_at(example)
        if look == 'pixels':
            return self.window_of_frame(decode_frame(contents), seed)
        if look == 'glance':
            mask = self._mask(_glance(contents))
            return self.window(tf.cast(mask, tf.uint8), seed, frame_size(contents), block=BLOCK)
        if 'leaf_grid' not in example:
            raise ValueError(
                "look='grid' needs examples with a leaf_grid, as those of cassava_crop")
        size = tf.stack([example['height'], example['width']])
        return self.window(example['leaf_grid'], seed, tf.cast(size, tf.int32), block=BLOCK)

    def window_of_frame(self, frame: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Chooses the window of a decoded frame; not for a routine without a crop.

        Args:
          frame: uint8 (H, W, 3), sRGB; or floating in [0, 1], for which the same window is chosen
            by single ops, without XLA and without a branch, as other runtimes can.
          seed: int (2,), of a stateless generator; only crop='random' draws from it.

        Returns:
          int32 (4,), the window (y, x, height, width) in pixels of the frame.
        """
        size = tf.shape(frame)[:2]
        # Where all windows start and end with a block, blocks give the counts of pixels.
        of_window = window_size(size, self.target_size, self.zoom_of(size, seed))
        edges = tf.concat([size, of_window], axis=0)
        in_blocks = tf.reduce_all(tf.equal(edges % BLOCK, 0))
        if self.mask == 'cv' or self.crop == 'loop':
            step = self.mask_step
            return tf.cond(
                in_blocks,
                lambda: self.window(
                    self._mask(frame[::step, ::step]), seed, size, block=step),
                lambda: self.window(self._mask(frame), seed))

        if frame.dtype != tf.uint8:
            step = tf.where(in_blocks, self.mask_step, 1)
            rows, columns = (tf.equal(tf.range(side) % step, 0) for side in tf.unstack(size))
            return self.window(self._mask(frame) & rows[:, None] & columns, seed)

        def from_blocks():
            with tf.name_scope('mask'):
                counts = count_blocks(frame, self.color_range, step=self.mask_step)
            return self.window(counts, seed, size, block=BLOCK)

        def from_mask():
            with tf.name_scope('mask'):
                mask = unpack(packed_mask(frame, self.color_range), size)
            return self.window(mask, seed)

        return tf.cond(in_blocks, from_blocks, from_mask)

    def window(
        self,
        leafiness: tf.Tensor,
        seed: tf.Tensor,
        frame_size: tf.Tensor | None = None,
        *,
        block: int | tf.Tensor = 1,
    ) -> tf.Tensor:
        """Chooses a window by this routine's crop.

        Args:
          leafiness: a mask, bool (H, W); a leaf grid, uint8 (ceil(H / block), ceil(W / block)); or
            float32 of either shape, whole numbers from 0 to 256.
          seed: int (2,), of a stateless generator; only crop='random' draws from it.
          frame_size: int32 (2,), (H, W); needed for a leaf grid, which does not say it.
          block: pixels along the side of the leaf grid's blocks; 1 for a mask.

        Returns:
          int32 (4,), the window (y, x, height, width) in pixels of the frame.
        """
        size = tf.shape(leafiness) if frame_size is None else frame_size
        place = {'frame_size': frame_size, 'block': block, 'zoom': self.zoom_of(size, seed)}
        with tf.name_scope('crop'):
            if self.crop == 'loop':
                return loop_crop(leafiness, self.target_size, **place)
            if self.crop == 'array':
                return array_crop(leafiness, self.target_size, **place)
            return max_rand_crop(
                leafiness, self.target_size, seed, saccades=self.saccades, **place)

    def zoom_of(self, frame_size: tf.Tensor, seed: tf.Tensor) -> float | tf.Tensor:
        """Gives the zoom of the windows that are chosen from.

        Args:
          frame_size: int32 (2,), (H, W) in pixels.
          seed: int (2,), as a call of the routine takes it; only crop='random' draws from it.

        Returns:
          The routine's own zoom, or one of its range: a float64 tensor, ().
        """
        if not isinstance(self.zoom, tuple):
            return self.zoom
        if self.crop != 'random':
            return middle_zoom(self.zoom, frame_size, self.target_size)
        apart = tf.random.experimental.stateless_fold_in(seed, 1)  # from what the saccades draw
        return random_zoom(self.zoom, frame_size, self.target_size, seed=apart)

    def _looks_at(self, example):
        if self.look == 'auto':
            return 'grid' if 'leaf_grid' in example else 'pixels'
        return self.look

    def _mask(self, frame: tf.Tensor) -> tf.Tensor:
        color_mask = {'cv': cv_color_mask, 'tf': tf_color_mask}[self.mask]
        with tf.name_scope('mask'):
            return color_mask(frame, self.color_range)


@functools.cache
def _compiled(normalizer: StainNormalizer):
    # As single ops, each of its steps writes maps as large as the image.
    return tf.function(lambda image: normalizer.normalize(image)[0], jit_compile=True)


def _glance(contents: tf.Tensor) -> tf.Tensor:
    """The frame at 1/8 scale, uint8 (ceil(H/8), ceil(W/8), 3): of a JPEG, each block's mean."""
    return tf.cond(
        tf.io.is_jpeg(contents),
        lambda: decode_jpeg(checked(contents), ratio=BLOCK),
        lambda: _shrink(decode_frame(contents)))


def _shrink(frame: tf.Tensor) -> tf.Tensor:
    size = -(-tf.shape(frame)[:2] // BLOCK)
    return tf.cast(tf.round(tf.image.resize(frame, size, method='area')), tf.uint8)
