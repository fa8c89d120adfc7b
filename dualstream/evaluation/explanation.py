"""Why a network decided as it did: where each stream looked, and how much each contributed."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from dualstream.network.dual_stream import GRAY_AREAS, HSV_AREAS


@dataclasses.dataclass(frozen=True)
class Explanation:
    """What made a network decide as it did on one image.

    Attributes:
      label: the class that is explained.
      probabilities: float32 (classes,).
      looked: 'gray' and 'hsv' -> float32 (H, W) of the image's size in [0, 1]: where that stream
        saw evidence for the label (Grad-CAM; Selvaraju et al. 2017, ICCV, 618-626), in an area
        that the other stream has not been merged into. All zero if it saw none.
      contributions: 'gray' and 'hsv' -> how much that stream adds to the log-odds of the label,
        compared with a stream that sees only the image's mean; Shapley values (Shapley 1953), so
        their sum is what both add.
      prior: the log-odds of the label where both streams see only the image's mean.
    """

    label: int
    probabilities: np.ndarray
    looked: dict[str, np.ndarray]
    contributions: dict[str, float]
    prior: float


def explain(network: keras.Model, image: np.ndarray, label: int | None = None) -> Explanation:
    """Explains the decision on one image: where each stream looked, and how much each added.

    Args:
      network: of two streams, with its top, on Keras's TensorFlow backend.
      image: float32 (H, W, 3), sRGB in [0, 1], of the network's size.
      label: the class to explain, from 0; the most probable one if None.

    Raises:
      ValueError: the network has not two streams and a top, or there is no such label.

    Example:
      >>> import numpy as np
      >>> from dualstream import build
      >>> from dualstream.evaluation.explanation import explain
      >>> image = np.random.default_rng(0).random((64, 64, 3), np.float32)
      >>> explanation = explain(build('nano', (64, 64)), image, label=2)
      >>> explanation.looked['hsv'].shape, sorted(explanation.contributions)
      ((64, 64), ['gray', 'hsv'])
    """
    if not is_explainable(network):
        raise ValueError(f'{network.name} is not a network of two streams with its top')
    probabilities = network(image[None])[0].numpy()
    label = int(probabilities.argmax()) if label is None else label
    if not 0 <= label < len(probabilities):
        raise ValueError(f'label must be from 0 to {len(probabilities) - 1}, got {label}')
    prior, contributions = _contributions(network, image, label)
    return Explanation(label, probabilities,
                       _grad_cam(network, image, label, areas_looked_at(network)),
                       contributions, prior)


def is_explainable(network: keras.Model) -> bool:
    """Tells whether a model is a network of two streams with its top, which `explain` needs."""
    names = {layer.name for layer in network.layers}
    return {'lgn_magno', 'lgn_parvo', 'logits', GRAY_AREAS[-1]} <= names


def areas_looked_at(network: keras.Model) -> dict[str, str]:
    """Names the area of each stream whose map shows where that stream looked.

    It is the last area that the other stream has not been merged into and that works at 1/16 of the
    image's size or finer, since coarser maps blur places; with a delay of 3 the HSV stream has none
    so fine, and its first area is taken.

    Args:
      network: of two streams.

    Returns:
      {'gray': area, 'hsv': area}, each the name of a layer.
    """
    names = {layer.name for layer in network.layers}
    fine = -(-network.input_shape[1] // 16)
    looked_at = {}
    for stream, areas in (('gray', GRAY_AREAS), ('hsv', HSV_AREAS)):
        areas = [area for area in areas if area in names
                 and network.get_layer(area).output.shape[1] >= fine] or areas[:1]
        # A map is taken before the merge in its own area, and so is free of it.
        merged = [area for area in areas if f'{area}_merged' in names]
        looked_at[stream] = merged[0] if merged else areas[-1]
    return looked_at


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

    To silence a stream, it alone is shown a uniform image, of the mean of what it would have seen;
    the other stream still sees everything.
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
