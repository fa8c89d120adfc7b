"""The recipe: what classes weigh, and how the learning rate goes."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualstream.training.recipe import class_weights, compile_network


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
