"""Why a network decided as it did: where each stream looked, and how much each contributed."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from dualstream.network.dual_stream import GRAY_AREAS, HSV_AREAS


@dataclasses.dataclass(frozen=True)
class Explanation:
    """A decision taken apart.

    Attributes:
      label: the class that is explained.
      probabilities: float32 (classes,).
      looked: 'gray' and 'hsv' -> float32 (H, W) of the image's size in [0, 1]: where that stream
        saw what speaks for the label (Grad-CAM; Selvaraju et al. 2017, ICCV, 618-626). All zero
        where nothing did.
      contributions: 'gray' and 'hsv' -> what that stream adds to the log-odds of the label, against
        seeing the mean of the image alone; their Shapley values (Shapley 1953), so they sum up to
        what both add.
      prior: the log-odds of the label where both streams see the mean of the image alone.
    """

    label: int
    probabilities: np.ndarray
    looked: dict[str, np.ndarray]
    contributions: dict[str, float]
    prior: float


def explain(network: keras.Model, image: np.ndarray, label: int | None = None) -> Explanation:
    """Takes the decision on one image apart.

    Args:
      network: of two streams, with its top, on Keras' TensorFlow backend.
      image: float32 (H, W, 3), sRGB in [0, 1], of the network's size.
      label: the class to explain; the most probable one if None.

    Raises:
      ValueError: the network is another, or there is no such label.
    """
    names = {layer.name for layer in network.layers}
    if not {'lgn_magno', 'lgn_parvo', 'logits', GRAY_AREAS[-1]} <= names:
        raise ValueError(f'{network.name} is not a network of two streams with its top')
    probabilities = network(image[None])[0].numpy()
    label = int(probabilities.argmax()) if label is None else label
    if not 0 <= label < len(probabilities):
        raise ValueError(f'label must be from 0 to {len(probabilities) - 1}, got {label}')
    # The last areas but one, at 1/16 of the image's size: the very last blur places, and the HSV
    # stream's comes so late that the decision may hardly need it.
    areas = {'gray': GRAY_AREAS[-2], 'hsv': [area for area in HSV_AREAS if area in names][-2]}
    prior, contributions = _contributions(network, image, label)
    return Explanation(label, probabilities, _grad_cam(network, image, label, areas),
                       contributions, prior)


def _grad_cam(network, image, label, areas) -> dict[str, np.ndarray]:
    maps = {stream: network.get_layer(area).output for stream, area in areas.items()}
    seen = keras.Model(network.input, {'logits': network.get_layer('logits').output, **maps})
    with tf.GradientTape() as tape:
        outputs = seen(image[None])
        score = outputs['logits'][0, label]
    gradients = tape.gradient(score, {stream: outputs[stream] for stream in areas})
    return {stream: _heat(outputs[stream], gradients[stream], image.shape[:2])
            for stream in areas}


def _heat(features, gradient, size) -> np.ndarray:
    weights = tf.reduce_mean(gradient, axis=[1, 2], keepdims=True)
    heat = tf.nn.relu(tf.reduce_sum(weights * features, axis=-1, keepdims=True))
    heat = tf.image.resize(heat, size, method='bicubic')[0, ..., 0].numpy().clip(min=0)
    return heat / heat.max() if heat.max() > 0 else heat


def _contributions(network, image, label) -> tuple[float, dict[str, float]]:
    """The log-odds with both streams silent, and each stream's Shapley value.

    A stream is silenced by showing it a uniform image, of the mean of what it would have seen: its
    stream alone, so the other still sees everything.
    """
    retinas = [network.get_layer(name).output for name in ('lgn_magno', 'lgn_parvo')]
    seen = [plane.numpy() for plane in keras.Model(network.input, retinas)(image[None])]
    silent = [np.broadcast_to(plane.mean(axis=(1, 2), keepdims=True), plane.shape)
              for plane in seen]
    cortex = keras.Model(retinas, network.get_layer('logits').output)
    # In the order: none, gray alone, HSV alone, both.
    gray, hsv = (np.concatenate([planes[choice] for choice in choices]) for planes, choices in (
        ((silent[0], seen[0]), (0, 1, 0, 1)), ((silent[1], seen[1]), (0, 0, 1, 1))))
    neither, gray_alone, hsv_alone, both = _log_odds(cortex([gray, hsv]).numpy(), label)
    return float(neither), {
        'gray': float((gray_alone - neither + both - hsv_alone) / 2),
        'hsv': float((hsv_alone - neither + both - gray_alone) / 2)}


def _log_odds(logits: np.ndarray, label: int) -> np.ndarray:
    others = np.delete(logits, label, axis=1)
    return logits[:, label] - np.logaddexp.reduce(others, axis=1)
