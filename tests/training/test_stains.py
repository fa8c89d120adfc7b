"""A training that gives its slides the stains of a reference."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf
from slides import OTHER_SCANNER, draw_concentrations, stain

from dualstream.color import StainNormalizer
from dualstream.color.stains.normalizer import METHODS
from dualstream.runtime.choices import NORMALIZATIONS
from dualstream.runtime.errors import UserError
from dualstream.training.config import TrainConfig
from dualstream.training.looking import routine_of
from dualstream.training.stains import with_stains

SLIDE, REFERENCE = stain(draw_concentrations(64)), stain(draw_concentrations(64, 1), OTHER_SCANNER)


@pytest.fixture
def config(tmp_path):
    (tmp_path / 'reference.png').write_bytes(tf.io.encode_png(REFERENCE).numpy())
    return TrainConfig(mask='none', crop='none', image_size=(64, 64), normalize='macenko',
                       reference=str(tmp_path / 'reference.png'))


def test_images_get_the_stains_of_the_reference(config):
    routine = routine_of(config)
    data = tf.data.Dataset.from_tensors({'image': tf.io.encode_png(SLIDE)})
    image = next(iter(data.map(lambda example: routine(example, seed=(0, 0)))))
    assert image.shape == (64, 64, 3) and image.dtype == tf.float32
    normalizer = StainNormalizer('macenko')
    normalizer.adapt(REFERENCE)
    expected = normalizer(SLIDE).numpy() / 255
    assert np.abs(image - expected).max() < 0.01 < np.abs(SLIDE / 255 - expected).mean()


def test_what_was_learnt_is_kept_in_the_configuration(config, tmp_path):
    learnt = with_stains(config)
    stored = json.loads(json.dumps(dataclasses.asdict(learnt)))
    (tmp_path / 'reference.png').unlink()
    again = TrainConfig(**stored | {'recipe': config.recipe})
    assert again == learnt and with_stains(again) is again
    np.testing.assert_array_equal(
        routine_of(again).normalizer.target[0], routine_of(learnt).normalizer.target[0])


def test_a_training_offers_every_method():
    assert NORMALIZATIONS == ('none', *METHODS)


def test_without_normalisation_nothing_is_read():
    config = TrainConfig()
    assert with_stains(config) is config and routine_of(config).normalizer is None


@pytest.mark.parametrize('contents, reason', [
    (None, 'No such file'), (b'no picture', 'Unknown image file format'),
    (tf.io.encode_png(np.full([32, 32, 3], 255, np.uint8)).numpy(), 'no tissue')],
    ids=['missing', 'no picture', 'white'])
def test_a_reference_that_cannot_be_used_is_one_error(config, tmp_path, contents, reason):
    (tmp_path / 'reference.png').unlink()
    if contents is not None:
        (tmp_path / 'reference.png').write_bytes(contents)
    with pytest.raises(UserError, match=f'--reference=.*cannot be used: .*{reason}'):
        with_stains(config)


@pytest.mark.parametrize('fields, message', [
    ({'normalize': 'macenko'}, '^reference must be'), ({'reference': 'slide.png'}, '^reference'),
    ({'normalize': 'khan'}, '^normalize must be one of none, macenko, reinhard, vahadane')])
def test_normalisation_needs_a_method_and_a_reference(fields, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**fields)
