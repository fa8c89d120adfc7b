"""Explanations: that they tell the streams apart, add up, and look where the evidence is."""

import itertools

import keras
import numpy as np
import pytest

from dualstream import network
from dualstream.evaluation.explanation import explain


@pytest.fixture(scope='module')
def image():
    return np.random.default_rng(0).random((64, 96, 3), np.float32)


def build(**overrides):
    return network.build('nano', image_size=(64, 96), classes=3, **overrides)


def log_odds(model, image, label):
    probabilities = model(image[None])[0].numpy().astype(np.float64)
    return np.log(probabilities[label]) - np.log(1 - probabilities[label])


@pytest.mark.parametrize('delay', [0, 1, 2, 3])
def test_contributions_add_up_to_the_decision(image, delay):
    model = build(delay=delay)
    for label in range(3):
        explanation = explain(model, image, label)
        total = explanation.prior + sum(explanation.contributions.values())
        assert total == pytest.approx(log_odds(model, image, label), abs=1e-4)
        for heat in explanation.looked.values():
            assert heat.shape == (64, 96) and heat.min() >= 0 and heat.max() in (0, 1)


def test_by_default_the_most_probable_label_is_explained(image):
    model = build()
    assert explain(model, image).label == model(image[None])[0].numpy().argmax()


@pytest.mark.parametrize(
    'blind, retina', [('gray', 'v1_magno_conv'), ('hsv', 'v1_parvo_stem_conv')])
def test_a_stream_that_sees_nothing_contributes_nothing(image, blind, retina):
    model = build()
    first = model.get_layer(retina)
    first.kernel.assign(np.zeros(first.kernel.shape))
    contributions = explain(model, image, 0).contributions
    assert contributions.pop(blind) == pytest.approx(0, abs=1e-5)
    assert abs(contributions.popitem()[1]) > 1e-3


def test_a_uniform_photograph_has_nothing_to_tell(image):
    model = build()
    uniform = np.full_like(image, [0.2, 0.6, 0.1])
    assert explain(model, uniform, 0).contributions == pytest.approx(
        {'gray': 0, 'hsv': 0}, abs=1e-4)
    assert abs(explain(model, image, 0).contributions['hsv']) > 1e-3


def test_it_looks_where_the_evidence_is():
    """Both streams of a network that has learned to tell red from green spots look at the spot."""
    rng = np.random.default_rng(0)
    size, spot = 192, 32

    def picture(red, row, column):
        pixels = rng.normal(0.5, 0.03, (size, size, 3)).clip(0, 1)
        place = np.s_[spot * row:spot * (row + 1), spot * column:spot * (column + 1)]
        pixels[place] = [0.9, 0.1, 0.1] if red else [0.1, 0.9, 0.1]
        return pixels.astype(np.float32)

    labels = rng.integers(0, 2, 192)
    pictures = np.stack([picture(label, *rng.integers(0, (6, 6))) for label in labels])
    keras.utils.set_random_seed(0)
    model = network.build('nano', image_size=(size, size), classes=2, dropout=0.0)
    model.compile(keras.optimizers.Adam(3e-3), 'sparse_categorical_crossentropy')
    model.fit(pictures, labels, batch_size=32, epochs=8, verbose=0)
    hits = {'gray': 0, 'hsv': 0}
    for row, column in itertools.product((0, 2, 4), repeat=2):
        for stream, heat in explain(model, picture(True, row, column), 1).looked.items():
            y, x = np.unravel_index(heat.argmax(), heat.shape)
            hits[stream] += (abs(y - spot * (row + 0.5)) <= spot
                             and abs(x - spot * (column + 0.5)) <= spot)
    assert min(hits.values()) >= 8  # of 9


def test_another_network_is_refused(image):
    other = keras.Sequential([keras.layers.Input((64, 96, 3)), keras.layers.Flatten(),
                              keras.layers.Dense(3, activation='softmax')])
    with pytest.raises(ValueError, match='two streams'):
        explain(other, image)
    with pytest.raises(ValueError, match='label'):
        explain(build(), image, 3)
