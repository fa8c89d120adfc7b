"""Trainings as a function of their configuration, in this process."""

import dataclasses

import keras
import numpy as np
import pytest

from dualstream.color import tf_color_mask
from dualstream.evaluation.predictions import predict
from dualstream.evaluation.scores import Scores
from dualstream.network import build
from dualstream.pipeline import make_evaluation_batches
from dualstream.runtime.devices import Place
from dualstream.runtime.errors import UserError
from dualstream.training.config import Recipe, RunOptions, TrainConfig
from dualstream.training.initial_weights import take_weights
from dualstream.training.looking import routine_of, views_of
from dualstream.training.run import train
from dualstream.training.workdir import Workdir

CPU = Place('CPU', ['/device:CPU:0'])
QUICK = TrainConfig(image_size=(64, 64), epochs=1, batch_size=8, saccades=4, zoom=1.0)


@pytest.fixture
def train_in(photos, tmp_path):
    """Trains in a folder of its own."""
    def train_in(name, config, **more):
        with Workdir(tmp_path / name, dataclasses.asdict(config), resume=False) as workdir:
            return train(config, photos=photos, place=CPU, workdir=workdir, verbose=0, **more)

    return train_in


@pytest.mark.slow
def test_equal_configurations_give_equal_networks_and_another_seed_another(train_in):
    one, same, other = (train_in(name, dataclasses.replace(QUICK, seed=seed))
                        for name, seed in (('one', 0), ('same', 0), ('other', 1)))
    for variable, equal in zip(one.model.variables, same.model.variables, strict=True):
        np.testing.assert_array_equal(variable, equal)
    pairs = zip(one.model.variables, other.model.variables)
    assert any(not np.array_equal(*pair) for pair in pairs)
    assert [row['epoch'] for row in one.rows] == [1]
    assert one.scores is one.one_view


@pytest.mark.slow
def test_a_recipe_with_several_views_scores_their_mean(train_in, photos):
    config = dataclasses.replace(QUICK, recipe=Recipe(
        label_smoothing=0.1, color_jitter=0.1, mixup=0.2, ema=0.9, early_stopping=2,
        views=(0.5, 'frame', 'whole'), class_weights=True))
    trained = train_in('run', config)
    for scores, looked in ((trained.one_view, routine_of(config)),
                           (trained.scores, views_of(config))):
        batches = make_evaluation_batches(
            photos, 'test', looked, batch_size=8, seed=0)
        again = Scores.of(predict(trained.model, batches, photos.label_names))
        np.testing.assert_array_equal(scores['data'].confusion, again.confusion)


@pytest.mark.slow
def test_another_network_is_trained_and_calibrated_as_ours_are(train_in):
    def other(preset, *, image_size, classes, seed):
        keras.utils.set_random_seed(seed)
        return keras.Sequential([
            keras.Input([*image_size, 3]), keras.layers.AveragePooling2D(32),
            keras.layers.Flatten(), keras.layers.Dense(classes, 'softmax', name='logits')])

    trained = train_in('run', QUICK, build=other)
    assert isinstance(trained.model, keras.Sequential) and trained.temperature > 0
    before = other('nano', image_size=(64, 64), classes=5, seed=QUICK.seed).get_weights()
    assert not np.allclose(trained.model.get_weights()[0] * trained.temperature, before[0])


def test_steps_to_trace_past_the_end_are_refused_before_the_training(train_in):
    with pytest.raises(UserError, match='past the end: the training has 4 steps'):
        train_in('run', QUICK, options=RunOptions(profile_steps=(3, 5)))


@pytest.mark.slow
def test_prior_and_thresholds_are_those_of_the_saved_network(train_in, photos):
    trained = train_in('run', dataclasses.replace(QUICK, prior='uniform'))
    batches = make_evaluation_batches(
        photos, 'test', routine_of(QUICK), batch_size=8, seed=0)
    uniform = predict(trained.model, batches, photos.label_names)
    counts = photos.label_counts('train')
    data = uniform.with_uniform_prior(counts.sum() / counts)
    assert not np.allclose(uniform.probabilities, data.probabilities, atol=0.01)
    for prior, predictions in (('uniform', uniform), ('data', data)):
        assert trained.scores[prior].cross_entropy == pytest.approx(
            Scores.of(predictions).cross_entropy, rel=1e-4)
    # The validation split is so small that no leaf of it may be refused.
    batches = make_evaluation_batches(
        photos, 'validation', routine_of(QUICK), batch_size=8, seed=0)
    confidences = trained.model.predict(batches, verbose=0).max(axis=1)
    coverages = [tf_color_mask(image).numpy().mean() for images, _ in batches for image in images]
    assert 1 < len(coverages) == len(confidences) < 50
    assert trained.refusal.min_confidence == pytest.approx(confidences.min(), abs=2e-4)
    assert trained.refusal.min_coverage == pytest.approx(min(coverages), abs=2e-4)


@pytest.mark.slow
def test_a_training_starts_from_the_weights_of_another(train_in, tmp_path):
    earlier = build('nano', (96, 64), classes=3, seed=5)
    earlier.save(tmp_path / 'earlier.keras')
    still = dataclasses.replace(
        QUICK, learning_rate=1e-30, init_from=str(tmp_path / 'earlier.keras'))
    trained = train_in('run', still)
    layers = [layer for layer in trained.model.layers if layer.weights]
    assert layers[-1].name == 'logits' and layers[-1].bias.shape == (5,)
    for layer in layers[:-1]:
        for weight, before in zip(
                layer.trainable_weights, earlier.get_layer(layer.name).trainable_weights):
            np.testing.assert_allclose(weight, before, atol=1e-20)


@pytest.mark.parametrize('source, message', [
    ('missing.keras', 'missing.keras does not exist'),
    ('.', 'model.keras does not exist'),
    ('text.keras', 'is not a saved network'),
    ('old.h5', 'is in the HDF5 format'),
    ('tiny.keras', r'another size: layer \w+ has weights of .*; use the same --preset'),
    ('other.keras', 'is another network: it has no layer ')])
def test_weights_of_another_network_are_refused(tmp_path, source, message):
    (tmp_path / 'text.keras').write_text('no network')
    (tmp_path / 'old.h5').write_bytes(b'\x89HDF')
    build('tiny', (64, 64)).save(tmp_path / 'tiny.keras')
    build('nano', (64, 64), slow='none').save(tmp_path / 'other.keras')
    network = build('nano', (64, 64))
    before = network.get_weights()
    with pytest.raises(UserError, match=message):
        take_weights(network, str(tmp_path / source))
    for weight, same in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, same)
