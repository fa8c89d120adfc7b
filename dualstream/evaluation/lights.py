"""Images in another light, or by another camera, and how a network does with them."""

import keras
import numpy as np
import scipy.ndimage
import tensorflow as tf
import tqdm

from dualstream.evaluation.predictions import Predictions


def changed_light(images: np.ndarray, *, seed: int = 0) -> dict[str, np.ndarray]:
    """Changes images as another light or camera might, in nine ways.

    Args:
      images: float32 (n, h, w, 3) in [0, 1].
      seed: of the noise.

    Returns:
      Name of the change -> float32 (n, h, w, 3) in [0, 1].
    """
    rng = np.random.default_rng(seed)
    pixels = tf.constant(images)
    changed = {
        'darker': 0.6 * images,
        'brighter': 1.4 * images,
        'warmer': images * np.float32([1.15, 1, 0.85]),
        'cooler': images * np.float32([0.85, 1, 1.15]),
        'hue + 15 degrees': tf.image.adjust_hue(pixels, 15 / 360).numpy(),
        'hue - 15 degrees': tf.image.adjust_hue(pixels, -15 / 360).numpy(),
        'blur': scipy.ndimage.gaussian_filter(images, (0, 1.5, 1.5, 0), mode='nearest'),
        'JPEG, quality 20': np.stack(
            [tf.image.adjust_jpeg_quality(image, 20).numpy() for image in images]),
        'noise': images + rng.normal(0, 0.08, images.shape),
    }
    return {name: np.clip(value, 0, 1).astype(np.float32) for name, value in changed.items()}


def predict_in_changed_light(
    network: keras.Model, batches: tf.data.Dataset, label_names: list[str]
) -> dict[str, Predictions]:
    """Predicts the examples of a data set in each changed light, with a progress bar.

    Each image is made once. A network that does much worse in one of these lights than in its own
    is likely to do worse with other cameras and at other times of the day.

    Args:
      network: outputs probabilities (batch, classes).
      batches: as `predict` takes them.
      label_names: the classes.

    Returns:
      Name of the change -> predictions, in the order of the data set.
    """
    labels, probabilities, size = [], {}, 0
    batches = batches.as_numpy_iterator()
    for number, (images, batch_labels) in enumerate(
            tqdm.tqdm(batches, 'Changing the light', unit=' batches', disable=None)):
        labels.append(batch_labels)
        each = images.reshape([-1, *images.shape[-3:]])
        size = max(size, len(each))  # to which a smaller last batch is filled up, as in `predict`
        for name, changed in changed_light(each, seed=number).items():
            filled = np.resize(changed, [size, *changed.shape[1:]])
            outputs = keras.ops.convert_to_numpy(network.predict_on_batch(filled))[:len(each)]
            of_views = outputs.reshape([len(batch_labels), -1, outputs.shape[-1]])
            probabilities.setdefault(name, []).append(of_views.mean(axis=1))
    return {name: Predictions(label_names, np.concatenate(labels), np.concatenate(outputs))
            for name, outputs in probabilities.items()}
