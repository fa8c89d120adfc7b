"""Files from strangers: none crashes or stops what reads it, or fills its memory."""

import pytest

from experiments.mutants.asking import ask_about_mutants, make_models
from experiments.mutants.mutations import MUTATIONS, mutate, originals
from experiments.preprocessing.apart import in_fresh_process

COUNT = 2000

REASONS = {'', 'cannot be decoded', 'not a JPEG or PNG', 'no pixels', 'empty',
           'above 16,384 pixels along a side', 'above 50 megapixels',
           'fewer bytes than its pixels need'}


def test_the_same_seed_damages_alike():
    one, same, other = (list(mutate(originals(), 40, seed=seed)) for seed in (1, 1, 2))
    assert one == same and one != other
    assert {name for name, _ in one} == set(MUTATIONS)


@pytest.fixture(scope='module')
def models(tmp_path_factory):
    return in_fresh_process(make_models, str(tmp_path_factory.mktemp('models')))


@pytest.mark.slow
@pytest.mark.parametrize('name', ['a run', 'its SavedModel'])
def test_damaged_photographs_are_answered_or_refused(models, name):
    # In a process of its own, for its memory. A crash would raise here.
    asked = in_fresh_process(ask_about_mutants, models[name], COUNT)
    damaged = [each for kind in MUTATIONS for each in asked['kinds'][kind]]
    assert len(damaged) == COUNT
    assert {each['error'] for each in damaged} <= REASONS
    assert {'', 'cannot be decoded', 'above 50 megapixels'} < {each['error'] for each in damaged}
    # A photograph of 49 megapixels may take two seconds of work; a hang would take any number.
    assert max(each['cpu_seconds'] for each in damaged) < 10
    largest = asked['kinds']['as large as is allowed']
    assert not any(each['error'] for each in largest)
    # Of 50 megapixels, 150 MB decoded, several copies are alive at once.
    assert asked['peak_mb'] - asked['before_mb'] < 2500
