"""A training as a value: what defines a run, and how and where it runs. Needs no TensorFlow."""

import dataclasses
import math

from dualstream.runtime.choices import (
    CROPS,
    DEVICES,
    FRAME,
    LOOKS,
    MASKS,
    NORMALIZATIONS,
    PRESETS,
    PRIORS,
    SMALLEST_IMAGE,
    TRACE_LEVELS,
    WHOLE,
    WINDOW,
)
from dualstream.runtime.configflags import IMAGE_SIZE, STEPS, ZOOM, field


def _tuples(numbers):
    """Lists of lists as tuples of tuples, and what is no list as it is."""
    return tuple(map(_tuples, numbers)) if isinstance(numbers, (list, tuple)) else numbers


def _require(name: str, value, expected: str, holds: bool) -> None:
    if not holds:
        raise ValueError(f'{name} must be {expected}, got {value!r}')


def _is_zoom(value) -> bool:
    """Whether it is one zoom; infinity, which JSON does not know, is called 'frame'."""
    return value == FRAME or (isinstance(value, (int, float)) and 0 < value < math.inf)


def _is_range(values) -> bool:
    return (isinstance(values, tuple) and len(values) == 2 and all(map(_is_zoom, values))
            and values[0] != FRAME and (values[1] == FRAME or values[0] < values[1]))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """Parts of a training that nobody need choose; they are no flags.

    `experiments/recipe` compares them, one at a time. Those that are off did not help there.

    Attributes:
      class_weights: whether all classes count equally in the loss, instead of all examples; the
        flag --prior=uniform does the like after the training.
      label_smoothing: the share of each target that is spread over all classes, in [0, 1).
      color_jitter: how far brightness, contrast and saturation are moved, in [0, 1]; hue turns a
        tenth as far.
      mixup: alpha of the Beta distribution by which images of a batch are mixed; 0 mixes nothing.
        The default training was measured with it, and not yet without it.
      ema: the momentum of the weights' moving average, which is then scored and saved, in [0, 1).
      early_stopping: epochs without a better balanced accuracy in validation after which the
        training ends, and the best weights are kept; 0 trains to the end and keeps the last.
      views: how each example of the test split is looked at; the probabilities of all views are
        averaged. Each is the zoom of a leafiest window, a number or 'frame', or it is 'whole', the
        whole frame, or 'window', the window that the network is used on, which is the only view
        where none is named: more gained nothing after a training of the default length.

    Raises:
      ValueError: a field is out of its range.
    """

    class_weights: bool = False
    label_smoothing: float = 0.0
    color_jitter: float = 0.0
    mixup: float = 0.2
    ema: float = 0.0
    early_stopping: int = 0
    views: tuple[float | str, ...] = ()

    def __post_init__(self):
        _require('label_smoothing', self.label_smoothing, 'in [0, 1)',
                 0 <= self.label_smoothing < 1)
        _require('color_jitter', self.color_jitter, 'in [0, 1]', 0 <= self.color_jitter <= 1)
        _require('mixup', self.mixup, 'at least 0, and finite', 0 <= self.mixup < math.inf)
        _require('ema', self.ema, 'in [0, 1)', 0 <= self.ema < 1)
        _require('early_stopping', self.early_stopping, 'at least 0', self.early_stopping >= 0)
        object.__setattr__(self, 'views', _tuples(self.views))  # JSON knows lists only
        _require('views', self.views, f'of zooms, {FRAME}, {WHOLE} and {WINDOW}',
                 isinstance(self.views, tuple)
                 and all(each in (WHOLE, WINDOW) or _is_zoom(each) for each in self.views))


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """What defines a run: two runs with equal configurations end with equal weights on a CPU.

    Its fields are the flags of `python -m dualstream.train` and the keys of a run's config.json;
    each field's help says what it means. Change one with `dataclasses.replace`.

    Raises:
      ValueError: a field is out of its range, or two fields contradict each other.

    Example:

    >>> from dualstream.training.config import TrainConfig
    >>> dataclasses.replace(TrainConfig(), crop='random', saccades=4).crop
    'random'
    >>> TrainConfig(epochs=0)
    Traceback (most recent call last):
    ValueError: epochs must be a whole number of at least 1, or None, got 0
    """

    dataset: str = field(
        'cassava_crop', 'The photographs: a TFDS image classification set, as NAME or NAME/CONFIG, '
        'or a folder with one folder of photographs per class.')
    mask: str = field(
        'tf', 'How plant material is found: OpenCV in Python (cv), or tensor ops (tf).',
        choices=MASKS)
    crop: str = field(
        'random', 'How the window is chosen; none resizes whole frames.', choices=CROPS)
    look: str = field(
        'auto', 'What the window is chosen from: the whole frame decoded, a decode at 1/8 scale, '
        'or the leaf grid stored with the photograph; auto takes the grid where there is one, '
        'else the pixels.', choices=LOOKS)
    saccades: int = field(16, 'Windows that --crop=random looks at.')
    zoom: float | str | tuple | None = field(
        None, 'Pixels of the photograph, along each side, for one pixel of the image: 2 shows a '
        'window twice as high and wide, frame the largest that fits. LOW,HIGH with --crop=random '
        'trains on windows of random size; the network is used at the geometric mean. If not '
        'given: 1,frame with --crop=random, else 1.', parser=ZOOM)
    normalize: str = field(
        'none', 'How the images get the stains of --reference, for slides under the microscope.',
        choices=NORMALIZATIONS)
    reference: str = field('', 'The slide whose stains --normalize gives: a JPEG, PNG or BMP.')
    preset: str = field('nano', 'The size of the network.', choices=PRESETS)
    image_size: tuple[int, int] = field(
        (224, 224), 'Size of the images that the network gets, in pixels; one number for a square.',
        parser=IMAGE_SIZE)
    batch_size: int = field(16, 'Images in a batch, on each device.')
    epochs: int | None = field(
        None, 'Passes through the training split. If not given: as many as show the network 96,000 '
        'images, but at least 15 and at most 300.')
    learning_rate: float = field(
        5e-3, 'The highest learning rate, after the warm-up; multiplied by the number of devices.')
    prior: str = field(
        'data', 'How frequent the saved network takes the classes to be: as in the training data, '
        'which serves accuracy, or all equally, which serves balanced accuracy.', choices=PRIORS)
    init_from: str = field(
        '', 'A .keras file or the folder of an earlier run of the same preset, whose weights the '
        'training starts from, but for the last layer.')
    seed: int = field(0, 'Seed of the weights, the order, the crops and the augmentation.')
    recipe: Recipe = Recipe()
    stains: tuple | None = None  # what was learnt from the reference: see training/stains.py

    def __post_init__(self):
        for name, choices in (
                ('mask', MASKS), ('crop', CROPS), ('look', LOOKS), ('normalize', NORMALIZATIONS),
                ('preset', PRESETS), ('prior', PRIORS)):
            _require(name, getattr(self, name), f'one of {", ".join(choices)}',
                     getattr(self, name) in choices)
        if self.mask == 'none':
            _require('crop', self.crop, 'none where mask is none', self.crop == 'none')
        else:
            _require('crop', self.crop, 'loop, array or random where mask is not none',
                     self.crop != 'none')
        _require('reference', self.reference, 'a slide where normalize is not none, and only there',
                 (self.normalize != 'none') == bool(self.reference))
        for name in ('image_size', 'stains', 'zoom'):  # JSON knows lists only
            object.__setattr__(self, name, _tuples(getattr(self, name)))
        _require('image_size', self.image_size, f'at least {SMALLEST_IMAGE} pixels, both ways',
                 len(self.image_size) == 2 and min(self.image_size) >= SMALLEST_IMAGE)
        for name in ('saccades', 'batch_size'):
            _require(name, getattr(self, name), 'a whole number of at least 1',
                     isinstance(getattr(self, name), int) and getattr(self, name) >= 1)
        _require('epochs', self.epochs, 'a whole number of at least 1, or None',
                 self.epochs is None or isinstance(self.epochs, int) and self.epochs >= 1)
        _require('learning_rate', self.learning_rate, 'positive and finite',
                 0 < self.learning_rate < math.inf)
        _require('seed', self.seed, 'from 0 to 2**32 - 1', 0 <= self.seed < 2**32)
        self._check_zooms()

    def _check_zooms(self) -> None:
        _require('zoom', self.zoom, 'a positive number, frame, or two of them as LOW,HIGH',
                 self.zoom is None or _is_zoom(self.zoom) or _is_range(self.zoom))
        _require('zoom', self.zoom, 'one number where crop is not random',
                 not isinstance(self.zoom, tuple) or self.crop == 'random')
        if self.crop == 'none':
            _require('zoom', self.zoom, '1 where crop is none, which shows the whole frame',
                     self.zoom in (None, 1))
            _require('views', self.recipe.views, 'empty where crop is none', not self.recipe.views)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How and where a run is executed; none of it changes what comes out.

    Its fields are flags of `python -m dualstream.train`; each field's help says what it means.

    Raises:
      ValueError: a field is out of its range.
    """

    data_dir: str | None = field(
        None, "Folder of prepared data sets; TFDS's own default if not given.")
    manual_dir: str | None = field(
        None, 'Folder of files that had to be downloaded by hand (kaggle2020).')
    workdir: str = field('runs/demo', 'The folder for the results of this run.')
    device: str = field(
        'auto', 'Where the network runs; auto: a TPU where --tpu names one, else GPUs, else the '
        'CPU.', choices=DEVICES)
    tpu: str = field('', "local on a TPU VM, or a TPU's name or grpc:// address.")
    data_service: tuple[str, ...] = field(
        (), 'grpc://HOST:PORT of each python -m dualstream.feed that makes batches for this '
        'training.')
    profile_steps: tuple[int, int] | None = field(
        None, "Steps to trace for TensorBoard's profile page, counted from 1.",
        parser=STEPS)
    profile_level: str = field(
        'ops', 'What is traced: the steps, every op too, or also every call in Python.',
        choices=TRACE_LEVELS)
    checkpoint_steps: int = field(
        100, 'Steps between checkpoints; one is also written after every epoch.')
    resume: bool = field(
        False, 'Continue an interrupted run in --workdir, if there is one.')

    def __post_init__(self):
        _require('checkpoint_steps', self.checkpoint_steps, 'at least 1',
                 self.checkpoint_steps >= 1)
        for name, choices in (('device', DEVICES), ('profile_level', TRACE_LEVELS)):
            _require(name, getattr(self, name), f'one of {", ".join(choices)}',
                     getattr(self, name) in choices)
        _require('data_service', self.data_service, 'a tuple of addresses',
                 isinstance(self.data_service, tuple))
        if self.profile_steps:
            _require('profile_steps', self.profile_steps, 'FIRST,LAST with 1 <= FIRST <= LAST',
                     len(self.profile_steps) == 2
                     and 1 <= self.profile_steps[0] <= self.profile_steps[1])
