"""Explanations: they keep the streams apart, add up, and look where the evidence is."""

import keras
import numpy as np
import pytest

from dualstream import network
from dualstream.evaluation.explanation import areas_looked_at, explain


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


def test_in_a_uniform_photograph_no_stream_contributes(image):
    model = build()
    uniform = np.full_like(image, [0.2, 0.6, 0.1])
    assert explain(model, uniform, 0).contributions == pytest.approx(
        {'gray': 0, 'hsv': 0}, abs=1e-4)
    assert abs(explain(model, image, 0).contributions['hsv']) > 1e-3


SIZE = 192
"""Pixels along the image; a cell of the maps sees 31 of them (gray) and 20 (HSV)."""


@pytest.fixture(scope='module')
def sees_red():
    """A network whose weights are set by hand: its gray stream sees light, its HSV stream red.

    Every kernel averages, so each map is bright where something was seen and zero elsewhere. The
    HSV stream's first kernel takes the cosine of the hue alone, positive for red and negative, so
    nothing after the activation, for green.
    """
    model = network.build('nano', image_size=(SIZE, SIZE), classes=2, adapt=False)
    for layer in model.layers:
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)):
            kernel = np.abs(layer.kernel.numpy())
            if layer.name == 'v1_parvo_stem_conv':
                kernel[:, :, 1:] = 0
            kernel /= kernel.sum(axis=tuple(range(kernel.ndim - 1)))
            layer.kernel.assign(kernel)
    logits = model.get_layer('logits')
    logits.kernel.assign(logits.kernel.numpy() * [-1, 1])  # all that is seen speaks for label 1
    return model


@pytest.mark.parametrize('red, green', [
    ((32, 32), (144, 144)), ((32, 144), (144, 32)), ((144, 96), (48, 32))])
def test_it_looks_where_the_evidence_is(sees_red, red, green):
    image = np.zeros([SIZE, SIZE, 3], np.float32)
    for (y, x), color in ((red, [0.9, 0.1, 0.1]), (green, [0.1, 0.9, 0.1])):
        image[y - 12:y + 12, x - 12:x + 12] = color
    looked = explain(sees_red, image, 1).looked

    def share_near(place, heat):
        y, x = np.mgrid[:SIZE, :SIZE]
        near = np.maximum(np.abs(y - place[0]), np.abs(x - place[1])) < 50
        return (heat * near).sum() / heat.sum()

    assert share_near(red, looked['hsv']) > 0.9
    assert share_near(green, looked['hsv']) < 0.05
    for place in (red, green):  # both are brighter than black
        assert share_near(place, looked['gray']) > 0.15
    assert share_near(red, looked['gray']) + share_near(green, looked['gray']) > 0.95
    for stream, place in (('hsv', red), ('gray', green)):  # green is the brighter one
        peak = np.unravel_index(looked[stream].argmax(), (SIZE, SIZE))
        assert np.abs(np.subtract(peak, place)).max() <= 24


@pytest.mark.parametrize('lateral', ['hsv_to_gray', 'gray_to_hsv', 'both', 'none'])
@pytest.mark.parametrize('delay', [0, 1, 2, 3])
def test_where_a_stream_looked_depends_on_that_stream_alone(delay, lateral):
    model = build(delay=delay, lateral=lateral, hsv_areas=4)
    areas = areas_looked_at(model)
    retinas = [model.get_layer(name).output for name in ('lgn_magno', 'lgn_parvo')]
    maps = keras.Model(retinas, {
        stream: model.get_layer(area).output for stream, area in areas.items()})
    draw = np.random.default_rng(2)
    one, other = ([draw.random((1, *retina.shape[1:]), np.float32) for retina in retinas]
                  for _ in range(2))
    before, hsv_changed, gray_changed = (
        maps(seen) for seen in (one, [one[0], other[1]], [other[0], one[1]]))
    assert np.array_equal(before['gray'], hsv_changed['gray'])
    assert np.array_equal(before['hsv'], gray_changed['hsv'])
    assert not np.array_equal(before['gray'], gray_changed['gray'])
    assert not np.array_equal(before['hsv'], hsv_changed['hsv'])


def test_by_default_the_gray_stream_is_looked_at_before_colour_is_merged_in():
    assert areas_looked_at(build()) == {'gray': 'v2_thick', 'hsv': 'v1_parvo'}
    apart = build(lateral='none', hsv_areas=4)
    assert areas_looked_at(apart) == {'gray': 'mt', 'hsv': 'v2_thin'}


def test_another_network_is_refused(image):
    other = keras.Sequential([keras.layers.Input((64, 96, 3)), keras.layers.Flatten(),
                              keras.layers.Dense(3, activation='softmax')])
    with pytest.raises(ValueError, match='two streams'):
        explain(other, image)
    with pytest.raises(ValueError, match='label'):
        explain(build(), image, 3)
