"""Baselines: other libraries' ways from the same bytes to an image."""

import io
import os
from collections.abc import Callable

import cv2
import numpy as np
import tensorflow as tf
from PIL import Image

from dualstream.runtime.errors import UserError
from experiments.preprocessing.ways import TARGET, opencv_bounds, opencv_window

os.environ['NO_ALBUMENTATIONS_UPDATE'] = '1'  # or it looks for its newest version on the network

try:
    import albumentations
    import smartcrop
except ModuleNotFoundError as error:
    raise UserError(
        f"{error.name} is not installed: pip install --editable '.[experiments]'") from error

Baseline = Callable[[bytes], np.ndarray]


def in_python() -> dict[str, Baseline]:
    """Lists the baselines in Python by name: bytes -> image, uint8 (height, width, 3)."""
    return {
        'OpenCV alone, leafiest window': opencv_alone,
        'albumentations CropNonEmptyMaskIfExists': _Albumentations(),
        'smartcrop (saliency)': _smartcrop,
        'Pillow, draft mode, whole frame': _pillow_draft,
        'Pillow, window in the middle': _pillow_middle,
    }


def opencv_alone(contents: bytes) -> np.ndarray:
    """Decodes, masks and cuts the leafiest window, all in OpenCV's C++."""
    frame = _opencv_frame(contents)
    y, x, height, width = opencv_window(frame)
    return frame[y:y + height, x:x + width]


def distorted_box(example: dict[str, tf.Tensor]) -> tf.Tensor:
    """Cuts ImageNet's usual random crop in tf.data: a box of at least 8% of the frame, resized."""
    begin, size, _ = tf.image.stateless_sample_distorted_bounding_box(
        tf.io.extract_jpeg_shape(example['image']), tf.zeros([1, 0, 4]),
        tf.stack([tf.cast(example['index'], tf.int32), 0]), area_range=(0.08, 1.0),
        use_image_if_no_bounding_boxes=True)
    window = tf.concat([begin[:2], size[:2]], axis=0)
    pixels = tf.io.decode_and_crop_jpeg(example['image'], window, channels=3)
    return tf.image.resize(pixels, TARGET) / 255


def _opencv_frame(contents):
    frame = cv2.imdecode(np.frombuffer(contents, np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)


class _Albumentations:
    def __init__(self):
        crop = albumentations.CropNonEmptyMaskIfExists(*TARGET)
        self._compose = albumentations.Compose([crop], seed=0)

    def __call__(self, contents):
        frame = _opencv_frame(contents)
        mask = cv2.inRange(cv2.cvtColor(frame, cv2.COLOR_RGB2HSV), *opencv_bounds())
        return self._compose(image=frame, mask=mask)['image']


def _smartcrop(contents):
    frame = Image.open(io.BytesIO(contents)).convert('RGB')
    box = smartcrop.SmartCrop().crop(frame, *TARGET[::-1])['top_crop']
    corners = (box['x'], box['y'], box['x'] + box['width'], box['y'] + box['height'])
    return np.asarray(frame.crop(corners).resize(TARGET[::-1]))


def _pillow_draft(contents):
    frame = Image.open(io.BytesIO(contents))
    frame.draft('RGB', TARGET[::-1])
    return np.asarray(frame.resize(TARGET[::-1], Image.Resampling.BILINEAR))


def _pillow_middle(contents):
    frame = Image.open(io.BytesIO(contents))
    x, y = ((full - part) // 2 for full, part in zip(frame.size, TARGET[::-1]))
    return np.asarray(frame.crop((x, y, x + TARGET[1], y + TARGET[0])))
