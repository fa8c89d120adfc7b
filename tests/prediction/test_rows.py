"""Which photographs are meant, which belong together, and what is written of them."""

import csv
import json

import pytest

from dualstream.prediction.groups import Naming, combine
from dualstream.prediction.predictor import Prediction
from dualstream.prediction.rows import row_maker
from dualstream.prediction.sources import find_photographs
from dualstream.runtime.errors import UserError

LEAF = Prediction('a "leaf", field.jpg', 'diagnosis', {'ill': 0.75, 'well': 0.25}, (8, 16, 64, 96),
                  0.5)
FAULTY = Prediction('torn.jpg', error='cannot be decoded')


def test_files_folders_patterns_and_lines_are_found_once(tmp_path):
    for name in ('a/x.jpg', 'a/b/y.PNG', 'a/b/z.txt', 'c/x.jpeg', 'w[1].jpg'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    def found(*names, lines=()):
        paths = find_photographs([name if name == '-' else f'{tmp_path}/{name}' for name in names],
                                 lines)
        return [path.removeprefix(f'{tmp_path}/') for path in paths]

    assert found('a') == ['a/b/y.PNG', 'a/x.jpg']
    assert found('**/x.*') == ['a/x.jpg', 'c/x.jpeg']
    assert found('w[1].jpg', 'missing.jpg') == ['w[1].jpg', 'missing.jpg']
    assert found('a/x.jpg', '-', 'a', lines=['l.jpg\r\n', '\n', 'l.jpg']) == [
        'a/x.jpg', 'l.jpg', 'a/b/y.PNG']
    for nothing in (('*.bmp',), ('-',), ()):
        with pytest.raises(UserError):
            found(*nothing)


def test_json_and_csv_hold_what_was_predicted():
    _, to_json = row_maker('json', 1, grouped=False)
    assert json.loads(to_json(LEAF)) == {
        'photograph': LEAF.name, 'verdict': 'diagnosis', 'coverage': 0.5,
        'window': [8, 16, 64, 96], 'top': [{'label': 'ill', 'probability': 0.75}]}
    assert json.loads(to_json(FAULTY)) == {'photograph': 'torn.jpg', 'error': 'cannot be decoded'}
    head, to_csv = row_maker('csv', 3, grouped=False)
    leaf, faulty = csv.DictReader([*head, to_csv(LEAF), to_csv(FAULTY)])
    assert leaf == {
        'photograph': LEAF.name, 'y': '8', 'x': '16', 'height': '64', 'width': '96',
        'verdict': 'diagnosis', 'coverage': '0.500000', 'label_1': 'ill',
        'probability_1': '0.750000', 'label_2': 'well', 'probability_2': '0.250000',
        'label_3': '', 'probability_3': '', 'error': ''}
    assert faulty['error'] == 'cannot be decoded' and faulty['verdict'] == faulty['y'] == ''


def test_rows_of_groups_say_how_many_photographs_count():
    group = combine('plant', [LEAF, FAULTY, Prediction('b', 'unsure', {'ill': 0.4, 'well': 0.6})])
    head, to_csv = row_maker('csv', 1, grouped=True)
    row, = csv.DictReader([*head, to_csv(group)])
    assert (row['group'], row['photographs'], row['counted'], row['label_1']) == (
        'plant', '2', '1', 'ill')
    assert json.loads(row_maker('json', 1, grouped=True)[1](group))['counted'] == 1
    assert 'plant (1 of 2)' in row_maker('table', 1, grouped=True)[1](group)


def test_a_group_is_no_leaf_only_where_none_of_its_photographs_is():
    bare = Prediction('b', 'not a leaf', {'ill': 0.1, 'well': 0.9})
    unsure = Prediction('u', 'unsure', {'ill': 0.45, 'well': 0.55})
    for photographs, verdict, label in (
            ([bare, bare], 'not a leaf', 'well'), ([bare, unsure], 'unsure', 'well'),
            ([bare, unsure, LEAF], 'diagnosis', 'ill')):
        prediction = combine('plant', photographs).prediction
        assert prediction.verdict == verdict and prediction.top(1)[0][0] == label


def test_a_pattern_that_is_none_or_does_not_match_is_refused():
    for by, message in (('(', 'neither folder nor a regular'), (r'plant(\d+)', 'does not match')):
        with pytest.raises(UserError, match=message):
            Naming(by)('field/leaf.jpg')
