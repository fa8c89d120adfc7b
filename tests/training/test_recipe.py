"""The recipe: weights of classes, the learning rate, weight decay and averaged weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from dualstream.network import build
from dualstream.training.loop import fit
from dualstream.training.recipe import WEIGHT_DECAY, averaged, class_weights, compile_network


@given(counts=st.lists(st.integers(0, 10_000), min_size=1, max_size=20).filter(any))
def test_all_classes_weigh_alike(counts):
    weights = class_weights(np.array(counts))
    totals = [count * weights[label] for label, count in enumerate(counts) if count]
    assert totals == pytest.approx([totals[0]] * len(totals))
    assert sum(totals) == pytest.approx(sum(counts))


def test_learning_rate_warms_up_and_ends_at_zero():
    network = keras.Sequential([keras.Input([3]), keras.layers.Dense(2, 'softmax')])
    compile_network(network, 0.01, 200)
    rates = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            rates.append(float(network.optimizer.learning_rate))

    network.fit(np.ones([200, 3]), np.zeros([200]), batch_size=1, verbose=0, callbacks=[Watch()])
    assert max(rates) == pytest.approx(0.01, rel=0.01)
    assert rates[0] < 0.001 and rates[-1] < 0.0001
    peak = int(np.argmax(rates))
    assert 5 <= peak <= 15
    assert rates[:peak + 1] == sorted(rates[:peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)


def test_kernels_decay_and_neither_biases_nor_normalisation():
    network = build('nano', image_size=(64, 64), classes=3)
    compile_network(network, 0.1, 1)
    for variable in network.trainable_variables:
        variable.assign(np.ones(variable.shape))
    network.optimizer.iterations.assign(1)  # the first step's learning rate is 0
    rate = float(network.optimizer.learning_rate)
    network.optimizer.apply([keras.ops.zeros(variable.shape)
                             for variable in network.trainable_variables])
    assert rate > 0
    kinds = {}
    for variable in network.trainable_variables:
        kinds.setdefault(variable.name, set()).update(
            np.unique(keras.ops.convert_to_numpy(variable)))
    assert set(kinds) == {'kernel', 'bias', 'gamma', 'beta'}
    for kind in ('bias', 'gamma', 'beta'):
        assert kinds[kind] == {1.0}
    assert list(kinds['kernel']) == pytest.approx([1 - WEIGHT_DECAY * rate])
    assert list(kinds['kernel'])[0] < 1 - 1e-3


def small_network():
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input([3]), keras.layers.Dense(2, 'softmax')])


def test_label_smoothing_spreads_a_share_of_each_target():
    network = small_network()
    compile_network(network, 0.01, 10, label_smoothing=0.2)
    images, targets = np.eye(3, dtype=np.float32), np.float32([[1, 0], [0, 1], [0.3, 0.7]])
    log_probabilities = np.log(network.predict(images, verbose=0))
    smooth = 0.8 * targets + 0.2 / 2
    loss = network.evaluate(images, targets, verbose=0)[0]
    assert loss == pytest.approx(-(smooth * log_probabilities).sum(axis=1).mean(), rel=1e-5)


class Weights(keras.callbacks.Callback):
    """Records all trainable weights after each step."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append([variable.numpy() for variable in self.model.trainable_variables])


def steps_of(count):
    rng = np.random.default_rng(0)
    return tf.data.Dataset.from_tensor_slices(
        (rng.normal(size=(count, 4, 3)), np.eye(2)[rng.integers(0, 2, (count, 4))]))


@pytest.mark.parametrize('start_step', [0, 3, 5])
def test_a_training_ends_with_the_average_of_its_weights(start_step):
    network, weights = small_network(), Weights()
    compile_network(network, 0.1, 15, label_smoothing=0.0, ema=0.7)
    fit(network, lambda start, stop: steps_of(stop - start), steps_per_epoch=5, epochs=3,
        start_step=start_step, callbacks=[weights], verbose=0)
    average = weights.seen[0]
    for own in weights.seen[1:]:
        average = [0.7 * mean + 0.3 * value for mean, value in zip(average, own)]
    for variable, mean, last in zip(network.trainable_variables, average, weights.seen[-1]):
        np.testing.assert_allclose(variable, mean, rtol=1e-5, atol=1e-6)
        assert not np.allclose(mean, last)


def test_averages_replace_the_weights_which_are_restored_bit_for_bit():
    network = small_network()
    compile_network(network, 0.1, 6, label_smoothing=0.0, ema=0.5)
    for images, targets in steps_of(3):
        network.train_on_batch(images, targets)
    own = [variable.numpy() for variable in network.trainable_variables]

    def fail():
        with averaged(network):
            for variable, value in zip(network.trainable_variables, own):
                assert not np.array_equal(variable, value)
            raise RuntimeError('validation failed')

    with pytest.raises(RuntimeError):
        fail()
    for variable, value in zip(network.trainable_variables, own):
        np.testing.assert_array_equal(variable, value)


def test_without_averages_the_weights_stay():
    network = small_network()
    compile_network(network, 0.1, 6)
    own = [variable.numpy() for variable in network.trainable_variables]
    with averaged(network):
        for variable, value in zip(network.trainable_variables, own):
            np.testing.assert_array_equal(variable, value)
