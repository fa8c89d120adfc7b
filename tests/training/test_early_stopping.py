"""Early stopping: when it stops a training, and which weights it keeps."""

import keras
import numpy as np
import pytest

from dualstream.training.early_stopping import KeepBest
from dualstream.training.recipe import compile_network


def run(scores, patience, ema=0.0):
    """Runs epochs with given scores until the training stops; in epoch n all weights are n."""
    network = keras.Sequential([keras.Input([2]), keras.layers.Dense(2, 'softmax')])
    compile_network(network, 0.1, 10, ema=ema)
    network.stop_training = False
    best = KeepBest(patience)
    best.set_model(network)
    assert not best.stopped
    for epoch, score in enumerate(scores):
        for variable in network.variables:
            variable.assign(variable * 0 + epoch)
        best.on_epoch_end(epoch, {'val_balanced_accuracy': score})
        if network.stop_training:
            break
    return best, epoch


@pytest.mark.parametrize('scores, patience, last, kept', [
    ([0.2, 0.5, 0.4, 0.3, 0.9], 2, 3, 1),  # patience runs out before the best would come
    ([0.2, 0.5, 0.4, 0.3, 0.9], 3, 4, 4),
    ([0.2, 0.5, 0.5, 0.5], 2, 3, 1),  # as good is no better
    ([0.1, 0.2, 0.3], 1, 2, 2),
    ([0.0, 0.0], 5, 1, 0),  # even the worst is better than nothing
    ([0.4, 0.3], 1, 1, 0),
])
def test_stops_when_patience_runs_out_and_keeps_the_first_best(scores, patience, last, kept):
    best, epoch = run(scores, patience)
    assert epoch == last
    assert best.scores == scores[:last + 1]
    assert all((weights == kept).all() for weights in best.weights)
    assert best.stopped == (last - kept >= patience)


def test_keeps_the_averages_where_there_are_any():
    best, _ = run([0.4, 0.5], 1, ema=0.9)
    averages = [variable.numpy() for variable in best.model.optimizer.variables
                if 'average' in variable.path]
    assert len(averages) == len(best.weights) == 2
    for kept, average in zip(best.weights, averages):
        np.testing.assert_array_equal(kept, average)
    # No step was taken, so that the averages are still nothing; the weights themselves were 1.
    assert all((weights == 0).all() for weights in best.weights)
