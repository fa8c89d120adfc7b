"""Runs one cell of the table: one way of treating colours, one task, one seed."""

import functools

import keras
import numpy as np
import tensorflow as tf

from dualstream import network
from dualstream.color import StainNormalizer, hed_to_rgb, rgb_to_hed
from dualstream.runtime.choices import NORMALIZATIONS
from experiments.stains.slides import SCANNERS, SIZE, draw_tissue

WAYS = (*NORMALIZATIONS, 'stain augmentation')
TRAINING, TEST, REFERENCES = 256, 256, 8
BATCH, EPOCHS = 32, 12

_JITTER = 0.2  # of the concentrations, after Tellez et al. 2018, which took 0.2 as `strong`


def run_cell(task: str, way: str, seed: int, epochs: int = EPOCHS) -> dict:
    """Trains `nano` on scanner A and scores it on other tissue, pictured by both scanners.

    All ways have the same tissue, initial weights and order of tiles.

    Returns:
      What was run; scanner -> accuracy on the test tiles, of which each class has half; and the
      share of the tiles that could not be normalised.
    """
    tissue, labels = draw_tissue(task, TRAINING, 2 * seed)
    other, other_labels = draw_tissue(task, TEST, 2 * seed + 1)
    prepare = _preparation(way, SCANNERS['A'].scan(tissue[:REFERENCES]))
    tiles, refused = prepare(SCANNERS['A'].scan(tissue))
    model = _fresh_network(seed, epochs)
    draw = np.random.default_rng(seed)
    for _ in range(epochs):
        order = draw.permutation(TRAINING)
        for chosen in order.reshape(-1, BATCH):
            batch = _turn(tiles[chosen], draw)
            if way == 'stain augmentation':
                batch = jitter_stains(batch, draw).numpy()
            model.train_on_batch(batch, labels[chosen])
    scores, refusals = {}, [refused]
    for name, scanner in SCANNERS.items():
        seen, refused = prepare(scanner.scan(other))
        found = model.predict_on_batch(seen).argmax(axis=1)
        scores[name] = float(np.mean(found == other_labels))
        refusals.append(refused)
    return {'task': task, 'way': way, 'seed': seed, 'epochs': epochs, 'accuracy': scores,
            'refused': float(np.mean(refusals))}


def jitter_stains(images, draw: np.random.Generator) -> tf.Tensor:
    """Changes how much haematoxylin, eosin and residual images hold, at random, each by itself.

    Tellez et al. (2018), Whole-Slide Mitosis Detection in H&E Breast Histology Using PHH3 as a
    Reference, IEEE Transactions on Medical Imaging 37:2126-2136: each amount is multiplied by, and
    moved by, a random number.

    Args:
      images: float32 (B, H, W, 3), sRGB in [0, 1].
      draw: the generator.

    Returns:
      float32 (B, H, W, 3), sRGB in [0, 1].
    """
    factors, offsets = draw.uniform(-_JITTER, _JITTER, [2, len(images), 1, 1, 3]).astype(np.float32)
    return _jitter(tf.constant(images), 1 + factors, 0.05 * offsets)


@tf.function(jit_compile=True)
def _jitter(images, factors, offsets):
    return hed_to_rgb(rgb_to_hed(images) * factors + offsets)


def _preparation(way: str, references: np.ndarray):
    """A function of tiles, uint8 (N, H, W, 3): float32 in [0, 1], and the share it refused."""
    if way not in NORMALIZATIONS[1:]:
        return lambda tiles: ((tiles / 255).astype(np.float32), 0.0)
    normalizer = StainNormalizer(way)
    normalizer.adapt(references)
    normalize = tf.function(normalizer.normalize)

    def prepare(tiles):
        made, validity = normalize(tiles)
        return (made.numpy() / 255).astype(np.float32), float(np.mean(validity.numpy() > 0))

    return prepare


def _turn(tiles: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Turns and mirrors a batch, all alike: in half of the steps each."""
    tiles = np.rot90(tiles, draw.integers(4), axes=(1, 2))
    return np.ascontiguousarray(tiles[:, ::-1] if draw.integers(2) else tiles)


def _fresh_network(seed: int, epochs: int) -> keras.Model:
    """The network with the weights of a seed, compiled once: that takes longer than a cell."""
    model = _compiled_network(epochs)
    model.set_weights(network.build('nano', image_size=(SIZE, SIZE), classes=2, seed=seed)
                      .get_weights())
    for variable in model.optimizer.variables:
        variable.assign(keras.ops.zeros_like(variable))
    return model


@functools.cache
def _compiled_network(epochs: int) -> keras.Model:
    model = network.build('nano', image_size=(SIZE, SIZE), classes=2, seed=0)
    steps = epochs * TRAINING // BATCH
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - steps // 10, warmup_target=2e-3, warmup_steps=steps // 10)
    model.compile(keras.optimizers.AdamW(schedule, weight_decay=0.01),
                  'sparse_categorical_crossentropy', jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model
