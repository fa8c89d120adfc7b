"""The measurements, one method each; results.json holds what they return."""

import dataclasses
import os
import pathlib
import platform

import keras
import numpy as np
import tensorflow as tf
import tqdm

from dualstream.pipeline import Routine, crop_frames, prepare
from dualstream.runtime.errors import UserError
from experiments.preprocessing import apart, baselines, calls, coverages, loaders, training, ways
from experiments.preprocessing.timing import (
    cpu_milliseconds,
    interleave,
    pipeline_run,
    python_run,
    ratio,
)


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes:
      repeats: rounds.
      seconds: of each run in a round.
      pictures: photographs.
      trained: ways measured while the network trains.
      remembered: ways whose peak memory is measured.
      called: crops whose kinds of call are measured.
    """

    repeats: int
    seconds: float
    pictures: int
    trained: tuple[str, ...]
    remembered: tuple[str, ...]
    called: tuple[str, ...]


QUICK = Plan(
    repeats=3, seconds=0.4, pictures=64,
    trained=('none', 'cv_py_function', 'tf-array', 'grid'),
    remembered=('cv_py_function', 'tf-array', 'grid'),
    called=('array', 'random'))
FULL = Plan(
    repeats=9, seconds=1.0, pictures=480,
    trained=('none', 'none_antialiased', 'cv-loop', 'cv-array', 'cv-random', 'tf-loop', 'tf-array',
             'tf-random', 'cv_py_function', 'glance', 'grid'),
    remembered=('none', 'cv-array', 'cv_py_function', 'tf-array', 'glance', 'grid'),
    called=('loop', 'array', 'random'))

_BESIDE = ('none', 'half_scale', 'tf-array', 'tf-random', 'glance', 'grid', 'window_known',
           'ceiling')


class Bench:
    """Some photographs of a set, in memory, and the measurements on them.

    Raises:
      UserError: the set has no leaf grids, or a photograph is smaller than the crop.
    """

    def __init__(self, dataset: str, data_dir: str | None, plan: Plan):
        self._where, self._plan = (dataset, data_dir), plan
        self._photos = prepare(dataset, data_dir)
        self._count = min(plan.pictures, self._photos.count('train'))
        examples = self._photos.read('train').take(self._count)
        if 'leaf_grid' not in examples.element_spec:
            raise UserError(f'{dataset} has no leaf grids, as cassava_crop has')
        if 'restarts' not in examples.element_spec:
            raise UserError(f'{dataset} was prepared by an earlier version; prepare it again')
        sizes = {(int(example['height']), int(example['width'])) for example in examples}
        if min(map(min, sizes)) < min(ways.TARGET):
            raise UserError(f'the photographs of {dataset} must be at least 224 x 224')
        self._one_size = len(sizes) == 1
        self._examples = examples.map(ways.with_window).cache()
        self._contents = [example['image'].numpy() for example in self._examples]
        self._ours = ways.our_ways()
        self._runs = {name: pipeline_run(self._examples, way) for name, way in self._ours.items()}
        self._devices = [device.name.split('device:')[-1]
                         for device in tf.config.list_physical_devices()]

    def described(self) -> dict:
        return {
            'made_by': {
                'machine': platform.machine(), 'cpu': _cpu(), 'cores': os.cpu_count(),
                'devices': self._devices, 'python': platform.python_version(),
                'tensorflow': tf.__version__, 'keras': keras.__version__},
            'dataset': {
                'name': self._photos.builder.info.full_name, 'pictures': self._count,
                'train': self._photos.count('train'),
                'synthetic': self._photos.synthetic,
                'bytes': float(np.mean([len(contents) for contents in self._contents]))},
            'repeats': self._plan.repeats,
        }

    def rates(self) -> dict:
        """Measures images per second through tf.data alone."""
        runs = dict(self._runs)
        if self._one_size:  # frames of different sizes cannot be batched
            runs |= {f'tf-array on {device}': self._cropped_on(device) for device in self._devices}
        rates = self._interleave(runs, 'tf.data alone')
        ratios = {name: ratio(rates, name, ways.BASELINE) for name in rates}
        return {'images_per_second': rates,
                'ratio_to_none': {**ratios, 'pixels': ratios['tf-array']},
                'grid_to_ceiling': ratio(rates, 'grid', 'ceiling')}

    def training(self) -> dict:
        """Measures images per second while the network trains on each device."""
        chosen = {name: self._ours[name] for name in self._plan.trained}
        classes = len(self._photos.label_names)
        return {'training': {
            device: self._interleave(
                training.training_runs(self._examples, chosen, classes, device),
                f'Training on {device}')
            for device in self._devices}}

    def beside_others(self) -> dict:
        """Measures images per second and leafiness of our ways and of the baselines."""
        others = baselines.in_python()
        in_pipelines = {**{name: self._ours[name] for name in _BESIDE},
                        'sample_distorted_bounding_box': baselines.distorted_box}
        here = {
            **{name: pipeline_run(self._examples, way) for name, way in in_pipelines.items()},
            **{name: python_run(self._contents, baseline) for name, baseline in others.items()}}
        samples = [(example['image'].numpy(), example['window'].numpy())
                   for example in self._examples]
        with loaders.open_loaders(samples) as opened:
            theirs = {name: loaders.loader_run(each) for name, each in opened.items()}
            rates = self._interleave({**here, **theirs}, 'Beside others')
            in_this_process = {**here, **{
                name: run for name, run in theirs.items() if 'processes' not in name}}
            cpu = cpu_milliseconds(in_this_process, max(128, self._count))
            images = {
                **{name: (image.numpy() for image in self._examples.map(way))
                   for name, way in in_pipelines.items()},
                **{name: map(baseline, self._contents) for name, baseline in others.items()},
                **{name: loaders.some_images(each, self._count)
                   for name, each in opened.items()}}
            leafiness = {
                name: float(np.mean([coverages.coverage_of_image(image) for image in made]))
                for name, made in tqdm.tqdm(images.items(), 'Leafiness', unit=' ways')}
        return {'images_per_second_beside_baselines': rates,
                'cpu_ms_an_image': cpu,
                'ratio_to_none_beside_baselines': {
                    name: ratio(rates, name, ways.BASELINE) for name in rates},
                'leafiness': leafiness}

    def coverage(self) -> dict:
        """Measures what glance and grid lose, and what more saccades gain."""
        some = tqdm.tqdm(self._examples, 'Coverage', self._count, unit=' photographs')
        return {'coverage': coverages.of_windows(some)}

    def calls(self) -> dict:
        """Measures milliseconds from a frame to its window, by how the function is called."""
        frame = tf.io.decode_jpeg(self._contents[0], channels=3).numpy()
        return {'milliseconds_a_call': calls.milliseconds(
            frame, self._plan.called, self._plan.repeats,
            lambda each: tqdm.tqdm(each, 'Calls', unit=' calls'))}

    def one_core(self) -> dict:
        """Images a second on one core, stage by stage, and of OpenCV's C++."""
        return {'one_core': apart.in_fresh_process(
            apart.one_core, *self._where, self._count, self._plan.repeats)}

    def memory(self) -> dict:
        """Measures peak memory in MB above that of a process that only reads."""
        def peak(name):
            return apart.in_fresh_process(apart.peak_memory, *self._where, self._count, name)

        reading = peak(None)
        names = tqdm.tqdm(self._plan.remembered, 'Peak memory', unit=' processes')
        return {'peak_memory_mb': {name: peak(name) - reading for name in names}}

    def _interleave(self, runs, what):
        return interleave(runs, self._plan.repeats, self._plan.seconds,
                          lambda each: tqdm.tqdm(each, what, unit=' runs'))

    def _cropped_on(self, device):
        """Makes a run that decodes on the host and crops whole batches on a device."""
        routine = Routine(ways.TARGET, look='pixels')

        @tf.function(jit_compile=True)
        def crop(frames):
            return crop_frames(routine, frames, tf.zeros([len(frames), 2], tf.int32))

        def crop_there(frames):
            with tf.device(device):
                return crop(frames)

        def decode(example):
            return tf.io.decode_jpeg(example['image'], channels=3)

        return pipeline_run(self._examples, decode, then=crop_there)


def _cpu() -> str:
    cpuinfo = pathlib.Path('/proc/cpuinfo')  # Linux has it
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.split(':')[1].strip() for line in lines if line.startswith('model name')]
    return models[0] if models else platform.processor() or 'an unnamed processor'
