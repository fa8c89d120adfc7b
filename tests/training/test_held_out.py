"""Held-out predictions: classes go by their names, and either prior gives the other."""

import types

import keras
import numpy as np
import pytest

from dualstream.evaluation.predictions import Predictions
from dualstream.runtime.errors import UserError
from dualstream.training.config import TrainConfig
from dualstream.training.held_out import by_prior, labelled_batches, predict_photos

SHARES = [0.6, 0.4, 0.0]
SUMMARY = {'shares': SHARES, 'dataset': {}, 'temperature': 1.0, 'training_seconds': 1.0,
           'refusal': {}}


def run_of(label_names, prior='data', network=None, summary=SUMMARY):
    return types.SimpleNamespace(
        config=TrainConfig(image_size=(64, 64), prior=prior, look='grid'), network=network,
        label_names=tuple(label_names), summary=summary)


def test_either_prior_gives_the_other():
    own = Predictions(list('abc'), np.array([0, 1]), np.float32([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]]))
    data = by_prior(run_of('abc'), own)
    assert data['data'] is own
    np.testing.assert_allclose(
        data['uniform'].probabilities, own.with_uniform_prior(SHARES).probabilities)
    uniform = by_prior(run_of('abc', 'uniform'), data['uniform'])
    assert uniform['uniform'] is data['uniform']
    np.testing.assert_allclose(uniform['data'].probabilities, own.probabilities, rtol=1e-5)
    with pytest.raises(UserError, match='no dataset, shares, .*; train it again'):
        by_prior(run_of('abc', summary={}), own)


def test_labels_get_the_run_s_numbers(photos):
    names = ['another', *photos.label_names[::-1]]
    inputs = keras.Input([64, 64, 3])
    one_for_all = keras.layers.Dense(6, 'softmax')(keras.layers.GlobalAveragePooling2D()(inputs))
    run = run_of(names, network=keras.Model(inputs, one_for_all))
    predictions = predict_photos(run, photos, 'test')
    stored = photos.labels('test')
    assert [names[label] for label in predictions.labels] == [
        photos.label_names[label] for label in stored]
    back = predictions.in_order(sorted(names))
    assert [sorted(names)[label] for label in back.labels] == [
        photos.label_names[label] for label in stored]
    np.testing.assert_array_equal(
        back.probabilities[:, sorted(names).index('cmd')],
        predictions.probabilities[:, names.index('cmd')])


def test_a_class_that_the_run_does_not_know_is_named(photos):
    with pytest.raises(UserError, match='does not know: cmd'):
        labelled_batches(run_of([name for name in photos.label_names if name != 'cmd']),
                         photos, 'test')
