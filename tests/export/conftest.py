"""A run, untrained but whole, and photographs to try its formats on."""

import dataclasses
import io
import json

import numpy as np
import pytest
from PIL import Image

LABELS = ('ill', 'pale', 'well')


@pytest.fixture(scope='session')
def run_folder(once):
    """The folder of a run: a network with random weights and statistics, and its summary."""
    def make(folder):
        from dualstream import network
        from dualstream.training.config import TrainConfig

        model = network.build('nano', image_size=(64, 64), classes=len(LABELS))
        draw = np.random.default_rng(0)
        for layer in model.layers:
            if hasattr(layer, 'moving_mean'):
                layer.set_weights([draw.uniform(0.5, 1.5, each.shape) for each in layer.weights])
        model.save(folder / 'model.keras')
        (folder / 'summary.json').write_text(json.dumps({
            'config': dataclasses.asdict(TrainConfig(image_size=(64, 64), crop='array')),
            'label_names': LABELS, 'refusal': {'min_coverage': 0.1, 'min_confidence': 0.4},
            'dataset': {'name': 'none', 'synthetic': True, 'train': 0, 'test': 0},
            'balanced_accuracy': 1 / 3, 'trivial': {'balanced_accuracy': 1 / 3}}))

    return once('export_run', make)


def picture(height, width):
    """A green blob on noise, uint8 (height, width, 3)."""
    draw = np.random.default_rng(height * width)
    pixels = draw.integers(0, 256, (height, width, 3), np.uint8)
    y, x = np.mgrid[:height, :width]
    blob = (y - 0.6 * height) ** 2 + (x - 0.7 * width) ** 2 < (0.25 * min(height, width)) ** 2
    pixels[blob] = (40, 150, 50)
    return pixels


def encode(pixels, kind='JPEG', orientation=None, **options):
    """The bytes of a file of some pixels."""
    sink = io.BytesIO()
    if orientation is not None:
        options['exif'] = Image.Exif()
        options['exif'][0x0112] = orientation
    Image.fromarray(pixels).save(sink, kind, **options)
    return sink.getvalue()


@pytest.fixture(scope='session')
def photographs():
    """JPEGs and PNGs of several sizes: of whole blocks or not, smaller than the image, turned."""
    return [encode(picture(160, 240)), encode(picture(101, 75)), encode(picture(64, 64), 'PNG'),
            encode(picture(50, 200), 'PNG'), encode(picture(120, 180), orientation=6),
            encode(picture(30, 40), quality=50)]
