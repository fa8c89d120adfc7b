"""The model card: YAML for programs, the same for people, and the files' own hashes."""

import hashlib
import re

import pytest
import yaml

from dualstream.export.card import FILE, write_card
from dualstream.export.parity import Limits, Parity
from dualstream.training.config import TrainConfig
from dualstream.training.finished import FinishedRun

SUMMARY = {
    'accuracy': 0.75, 'balanced_accuracy': 0.5, 'trivial': {'accuracy': 0.6,
                                                           'balanced_accuracy': 0.5},
    'per_class_recall': {'ill: "very"': 0.9, 'no': 0.1}, 'parameters': 1234, 'temperature': 1.5,
    'refusal': {'min_coverage': 0.25, 'min_confidence': 0.5},
    'dataset': {'name': 'leaves/1.0.0', 'synthetic': True, 'train': 80, 'validation': 10,
                'test': 10}}
ROW = Parity('onnx', 12, 1.0, 2.345e-7, 1.0, Limits(1e-4))


def written(folder, config=None, **changes):
    """The front matter and the text of a card."""
    run = FinishedRun(None, config or TrainConfig(), ('ill: "very"', 'no'), SUMMARY | changes)
    write_card(folder, run, photos=None, parity=[ROW])
    _, header, text = re.split(r'^---\n', (folder / FILE).read_text(), maxsplit=2,
                               flags=re.MULTILINE)
    return yaml.safe_load(header), text


def test_the_hashes_are_those_of_all_files(tmp_path):
    (tmp_path / 'inner').mkdir()
    contents = {'model.onnx': b'network', 'inner/variables': bytes(range(256))}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    for _ in range(2):  # a card is not one of its own files
        facts, text = written(tmp_path)
        assert {file['path']: (file['bytes'], file['sha256']) for file in facts['files']} == {
            name: (len(content), hashlib.sha256(content).hexdigest())
            for name, content in contents.items()}
        assert all(file['sha256'] in text for file in facts['files'])


def test_names_and_numbers_come_back_from_yaml(tmp_path):
    facts, text = written(tmp_path)
    assert facts['label_names'] == ['ill: "very"', 'no']  # which YAML 1.1 would read as false
    assert facts['recalls'] == {'ill: "very"': {'value': 0.9}, 'no': {'value': 0.1}}
    assert facts['metrics']['accuracy'] == {'value': 0.75, 'trivial': 0.6}
    assert facts['refusal'] == SUMMARY['refusal']
    assert facts['parity'] == [{'format': 'onnx', 'photographs': 12, 'same_class': 1.0,
                                'largest_difference': 2.3e-7, 'same_window': 1.0}]
    assert facts['measured'] == 'by the training' and 'not stated' in facts['data']['licence']
    assert '| accuracy | 0.750 | 0.600 |' in text and '25.0%' in text and '50.0%' in text


@pytest.mark.parametrize('config, zoom, said', [
    ({}, [1.0, 'frame'], 'a size in the middle between zoom 1.0 and frame'),
    ({'crop': 'array', 'zoom': 2.0}, 2.0, 'the leafiest window of zoom 2.0'),
    ({'mask': 'none', 'crop': 'none'}, 1.0, 'It looks at the whole photograph')])
def test_the_window_is_that_of_the_routine(tmp_path, config, zoom, said):
    facts, text = written(tmp_path, TrainConfig(image_size=(96, 128), **config))
    assert facts['window']['zoom'] == zoom
    assert said in text and 'as an image of 96 x 128 pixels' in text


@pytest.mark.parametrize('synthetic', [True, False])
def test_synthetic_data_are_called_synthetic(tmp_path, synthetic):
    facts, text = written(tmp_path, dataset=SUMMARY['dataset'] | {'synthetic': synthetic})
    assert facts['data']['synthetic'] is synthetic
    assert ('must not be used' in text) == ('synthetic' in text) == synthetic
