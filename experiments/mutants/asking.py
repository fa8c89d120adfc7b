"""Asks a network about damaged photographs, and notes what each of them took."""

import dataclasses
import itertools
import json
import pathlib
import tempfile
import time

import numpy as np
import tqdm

from dualstream.runtime.errors import UserError
from experiments.mutants.mutations import LARGEST, mutate, originals
from experiments.preprocessing.apart import peak

LABELS = ('ill', 'well')


def make_models(folder: str) -> dict[str, str]:
    """Makes an untrained run and its SavedModel.

    Returns:
      What each is called in the table -> its folder.
    """
    from dualstream import network
    from dualstream.export import saved_model
    from dualstream.export.source import load_source
    from dualstream.training.config import TrainConfig

    run = pathlib.Path(folder, 'run')
    run.mkdir()
    network.build('nano', image_size=(64, 64), classes=len(LABELS)).save(run / 'model.keras')
    (run / 'summary.json').write_text(json.dumps({
        'config': dataclasses.asdict(TrainConfig(image_size=(64, 64))), 'label_names': LABELS,
        'refusal': {'min_coverage': 0.1, 'min_confidence': 0.0}}))
    exported = saved_model.write(load_source(str(run)), pathlib.Path(folder), originals())
    return {'a run': str(run), 'its SavedModel': str(exported)}


def ask_about_mutants(model: str, count: int, largest: int = 10) -> dict:
    """Asks about damaged photographs, one file at a time, and about the largest allowed.

    Args:
      model: as `dualstream.load` takes it.
      count: how many damaged photographs.
      largest: how many of the largest.

    Returns:
      'kinds' -> mutation -> a dict for each photograph: its 'error', empty where it was answered,
      'seconds' and 'cpu_seconds' of the whole process; and the process's peak memory in MB, before
      the first photograph, 'before_mb', and after the last, 'peak_mb'.
    """
    from dualstream.prediction import load

    predictor, whole = load(model), originals()
    kinds = {}
    largest_files = (('as large as is allowed', LARGEST(b'', np.random.default_rng(number)))
                     for number in range(largest))
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, 'photograph.jpg')
        for contents in whole:  # traces and compiles
            file.write_bytes(contents)
            predictor.predict(file)
        before = peak()
        files = itertools.chain(mutate(whole, count), largest_files)
        for kind, contents in tqdm.tqdm(files, 'Asking', count + largest, unit=' photographs',
                                        disable=None):
            file.write_bytes(contents)
            started, cpu = time.perf_counter(), time.process_time()
            error = ''
            try:
                predictor.predict(file)
            except UserError as refusal:
                error = str(refusal).removeprefix(f'{file}: ')
            kinds.setdefault(kind, []).append({
                'error': error, 'seconds': time.perf_counter() - started,
                'cpu_seconds': time.process_time() - cpu})
    return {'kinds': kinds, 'before_mb': before, 'peak_mb': peak()}
