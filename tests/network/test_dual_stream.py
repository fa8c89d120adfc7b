"""The network as a Keras model: seeds, precision, files and backends."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys

import commands
import keras
import numpy as np
import pytest

from dualstream.network import build, features


@pytest.fixture
def half_precision():
    keras.config.set_dtype_policy('mixed_bfloat16')
    yield
    keras.config.set_dtype_policy('float32')


def in_a_fresh_process(code: str, *arguments, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, '-c', code, *map(str, arguments)],
        env={**os.environ, **environment}, check=True, capture_output=True, text=True)


def test_it_gives_probabilities(nano, images):
    probabilities = nano(classes=7).predict(images, verbose=0)
    assert probabilities.shape == (2, 7) and probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_the_same_seed_gives_the_same_weights_and_the_same_dropout(images):
    one, other = (build('nano', image_size=(64, 64), seed=3) for _ in range(2))
    for weight, again in zip(one.get_weights(), other.get_weights(), strict=True):
        assert np.array_equal(weight, again)
    outputs = [keras.ops.convert_to_numpy(model(images, training=True)) for model in (one, other)]
    assert np.array_equal(*outputs)


def test_another_seed_gives_other_weights():
    kernels = [
        build('nano', image_size=(64, 64), seed=seed).get_layer('mt_conv').get_weights()[0]
        for seed in (0, 1)]
    assert not np.array_equal(*kernels)


def test_no_two_layers_start_alike(nano):
    starts = [layer.get_weights()[0].ravel()[:8].tobytes() for layer in nano().layers
              if isinstance(layer, keras.layers.Conv2D)]
    assert len(set(starts)) == len(starts)


def test_mixed_precision_keeps_colours_and_probabilities_in_float32(nano, half_precision, images):
    half = build('nano', image_size=(64, 64))
    assert half.get_layer('mt_conv').compute_dtype == 'bfloat16'
    assert half(images).dtype == 'float32'
    for name in ('lgn_magno', 'lgn_parvo'):
        outcome, exact = (
            keras.Model(model.input, model.get_layer(name).output)(images)
            for model in (half, nano()))
        assert outcome.dtype == 'float32'
        np.testing.assert_allclose(outcome, exact, atol=1e-5)


CALLS = {
    'call': lambda model, images: model(images),
    'predict': lambda model, images: model.predict(images, verbose=0),
    'fit': lambda model, images: model.fit(
        images, np.zeros(len(images)), shuffle=False, verbose=0).history['loss'],
    'features': lambda model, images: features(model)(images)}


@pytest.mark.parametrize('call', [
    pytest.param(call, id=name, marks=[pytest.mark.slow] if name == 'fit' else [])
    for name, call in CALLS.items()])
def test_8_bit_images_give_what_scaled_ones_give(call):
    outcomes = []
    images = np.random.default_rng(4).integers(0, 256, [2, 64, 64, 3], np.uint8)
    for given in (images, images.astype(np.float32) / 255):
        model = build('nano', image_size=(64, 64))  # each trains its own
        model.compile(loss='sparse_categorical_crossentropy', jit_compile=False)
        outcomes.append(keras.tree.flatten(call(model, given)))
    # Compilers multiply by 1/255 instead of dividing, which may change an image's last bit.
    for outcome, expected in zip(*outcomes, strict=True):
        np.testing.assert_allclose(outcome, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('call', CALLS.values(), ids=CALLS)
def test_integers_of_unknown_range_are_refused(call):
    model = build('nano', image_size=(64, 64))
    model.compile(loss='sparse_categorical_crossentropy')
    with pytest.raises(ValueError, match=r'8-bit \(uint8\) or floating-point .*, got int32'):
        call(model, np.full([2, 64, 64, 3], 128, np.int32))


def test_a_saved_model_scales_8_bit_images_too(nano, tmp_path):
    nano().save(tmp_path / 'model.keras')
    loaded = keras.saving.load_model(tmp_path / 'model.keras')
    images = np.random.default_rng(5).integers(0, 256, [1, 64, 64, 3], np.uint8)
    for model in (loaded, type(loaded).from_config(loaded.get_config())):
        np.testing.assert_array_equal(model(images), model(images.astype(np.float32) / 255))
        with pytest.raises(ValueError, match='got int32'):
            model(images.astype(np.int32))


CHANNELS_FIRST = '''
import sys
import keras, numpy as np
from dualstream.network import build, features
assert keras.config.image_data_format() == 'channels_first'
weights, images, outputs = sys.argv[1:]
for lateral in ('hsv_to_gray', 'both'):
    model = build('nano', image_size=(64, 96), lateral=lateral, hsv_areas=4)
    features(model)
model = build('nano', image_size=(64, 96))
model.load_weights(weights)
np.save(outputs, model.predict(np.load(images), verbose=0))
'''


def test_a_user_s_channels_first_changes_nothing(nano, tmp_path):
    (tmp_path / 'keras.json').write_text(json.dumps(
        {'image_data_format': 'channels_first', 'backend': 'tensorflow'}))
    model = nano(image_size=(64, 96))
    images = np.random.default_rng(3).random((2, 64, 96, 3), dtype=np.float32)
    model.save_weights(tmp_path / 'model.weights.h5')
    np.save(tmp_path / 'images.npy', images)
    in_a_fresh_process(
        CHANNELS_FIRST,
        *(tmp_path / name for name in ('model.weights.h5', 'images.npy', 'outputs.npy')),
        KERAS_HOME=str(tmp_path))
    np.testing.assert_allclose(
        np.load(tmp_path / 'outputs.npy'), model.predict(images, verbose=0), atol=1e-5)


LOADED = '''
import sys
{imports}
import numpy as np
model = keras.saving.load_model(sys.argv[1])
model.summary()
np.save(sys.argv[3], model.predict(np.load(sys.argv[2]), verbose=0))
'''


@pytest.mark.parametrize('imports', [
    'import dualstream, keras',
    pytest.param('import keras, dualstream', marks=pytest.mark.slow),
    pytest.param('import dualstream; from dualstream import build; import keras',
                 marks=pytest.mark.slow),
    pytest.param('import keras, dualstream.network', marks=pytest.mark.slow)])
def test_a_saved_model_is_the_same_in_a_fresh_process(nano, tmp_path, images, imports):
    model = nano(hue='raw')
    model.save(tmp_path / 'model.keras')
    np.save(tmp_path / 'images.npy', images)
    in_a_fresh_process(
        LOADED.format(imports=imports),
        *(tmp_path / name for name in ('model.keras', 'images.npy', 'outputs.npy')))
    np.testing.assert_allclose(
        np.load(tmp_path / 'outputs.npy'), model.predict(images, verbose=0), atol=1e-6)


def test_a_loaded_model_shows_its_features(nano, tmp_path, images):
    nano().save(tmp_path / 'model.keras')
    loaded = keras.saving.load_model(tmp_path / 'model.keras')
    expected, again = (features(model)(images) for model in (nano(), loaded))
    keras.tree.assert_same_structure(expected, again)
    for one, other in zip(keras.tree.flatten(expected), keras.tree.flatten(again)):
        assert np.array_equal(one, other)


@pytest.mark.skipif(not shutil.which('dot'), reason='Graphviz is not installed')
def test_keras_draws_every_layer(nano, tmp_path):
    model = nano()
    keras.utils.plot_model(model, tmp_path / 'model.svg', show_layer_names=True)
    drawn = (tmp_path / 'model.svg').read_text()
    for layer in model.layers:
        assert layer.name in drawn, layer.name


ON_ANOTHER_BACKEND = '''
import os, sys
import keras, numpy as np
from dualstream.network import build
assert keras.backend.backend() == os.environ['KERAS_BACKEND'] and 'tensorflow' not in sys.modules
hue, height, width, weights, images, outputs = sys.argv[1:]
model = build('nano', image_size=(int(height), int(width)), hue=hue)
model.load_weights(weights)
np.save(outputs, model.predict(np.load(images), verbose=0))
'''


@pytest.mark.parametrize('backend, image_size, hue', [
    ('jax', (65, 97), 'circular'),
    pytest.param('jax', (65, 97), 'raw', marks=pytest.mark.slow),
    # At odd sizes Keras pads its average pooling otherwise on torch.
    pytest.param('torch', (64, 96), 'circular', marks=pytest.mark.slow),
    pytest.param('torch', (64, 96), 'raw', marks=pytest.mark.slow)])
def test_other_backends_give_the_same_numbers(nano, tmp_path, backend, image_size, hue):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f'{backend} is not installed')
    model = nano(image_size=image_size, hue=hue)
    images = np.random.default_rng(2).random((2, *image_size, 3), dtype=np.float32)
    model.save_weights(tmp_path / 'model.weights.h5')
    np.save(tmp_path / 'images.npy', images)
    in_a_fresh_process(
        ON_ANOTHER_BACKEND, hue, *image_size,
        *(tmp_path / name for name in ('model.weights.h5', 'images.npy', 'outputs.npy')),
        KERAS_BACKEND=backend, XLA_FLAGS=commands.COMPILE_QUICKLY)
    np.testing.assert_allclose(
        np.load(tmp_path / 'outputs.npy'), model.predict(images, verbose=0), atol=1e-4)
