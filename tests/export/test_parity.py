"""Parity: a format that answers otherwise is found, whatever it is that differs."""

import numpy as np
import pytest

from dualstream.export.parity import Answers, Limits, Parity, check_parity, parity_table
from dualstream.runtime.errors import UserError

EXPECTED = Answers(np.float32([[0.7, 0.3], [0.2, 0.8]]), np.int32([[0, 0, 8, 8], [8, 0, 8, 8]]))


def compared(probabilities=EXPECTED.probabilities, windows=EXPECTED.windows, **limits):
    return Parity.of('one', Answers(np.float32(probabilities), np.int32(windows)), EXPECTED,
                     limits=Limits(**{'difference': 1e-3} | limits))


def test_equal_answers_hold():
    assert compared(difference=0).holds
    check_parity([compared()])


@pytest.mark.parametrize('changes, shares', [
    ({'probabilities': [[0.7, 0.3], [0.21, 0.79]]}, (1.0, 1.0)),
    ({'probabilities': [[0.7, 0.3], [0.8, 0.2]]}, (0.5, 1.0)),
    ({'probabilities': [[np.nan, 0.3], [0.2, 0.8]]}, (1.0, 1.0)),
    ({'windows': [[0, 0, 8, 8], [8, 8, 8, 8]]}, (1.0, 0.5))])
def test_what_differs_is_found_and_named(changes, shares):
    row = compared(**changes)
    assert (row.classes, row.windows) == shares and not row.holds
    assert parity_table([row]).endswith('no |')
    with pytest.raises(UserError, match='^one does not answer'):
        check_parity([compared(), row])


def test_a_class_as_probable_as_python_s_counts_as_the_same():
    even = Answers(np.float32([[0.5003, 0.4997]]), EXPECTED.windows[:1])
    other = Answers(np.float32([[0.4999, 0.5001]]), EXPECTED.windows[:1])
    assert Parity.of('even', other, even, limits=Limits(1e-3)).holds
    assert not Parity.of('even', other, even, limits=Limits(1e-4)).holds


def test_other_photographs_are_a_fault():
    with pytest.raises(ValueError, match='answers must be of shape'):
        compared(probabilities=[[0.7, 0.3]])
