"""How fast is prediction, compared with decoding the photographs alone?

  python -m experiments.predicting --model=runs/demo --photos=FOLDER

Predicts the photographs of a folder as `python -m dualstream.predict` does, and does parts of that
alone, in interleaved rounds: reading and decoding, and choosing windows without a network. Also
predicts one photograph at a time. Takes about 3 minutes on 2 CPU cores for 300 photographs. Prints
a table; with --out, writes results.json and results.md.
"""

import pathlib
import shlex
import sys
import time

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError
from experiments.writing import write_results

_MODEL = flags.DEFINE_string('model', 'runs/demo', "A run's folder.")
_PHOTOS = flags.DEFINE_string('photos', '', 'A folder of photographs.')
_MOST = flags.DEFINE_integer('most', 300, 'How many photographs at most.', lower_bound=1)
_ROUNDS = flags.DEFINE_integer('rounds', 5, 'The table has their medians.', lower_bound=1)
_OUT = flags.DEFINE_string('out', None, 'The folder for the results; without it none are written.')

DECODING = 'reading and decoding'


def main(argv: list[str]) -> None:
    del argv
    if not _PHOTOS.value:
        raise UserError('name --photos=FOLDER')
    with command.hushed():
        import tqdm

        import dualstream
        from dualstream.prediction.sources import find_photographs
        from experiments.preprocessing.timing import interleave

        predictor = dualstream.load(_MODEL.value)
    paths = find_photographs([_PHOTOS.value], ())[:_MOST.value]
    runs = {name: rate_of(run, len(paths)) for name, run in ways(predictor, paths).items()}
    rates = interleave(runs, _ROUNDS.value, 0, lambda each: tqdm.tqdm(each, unit=' runs'))
    results = {'photographs': len(paths), 'rounds': _ROUNDS.value, 'rates': rates}
    page = in_words(results, shlex.join(['python', '-m', 'experiments.predicting', *sys.argv[1:]]))
    print(page)
    if _OUT.value:
        write_results(pathlib.Path(_OUT.value), results, page)


def ways(predictor, paths: list[str]) -> dict:
    """Makes functions that go through all photographs, in part or to the prediction.

    Args:
      predictor: of a run.
      paths: of the photographs.
    """
    import tensorflow as tf

    from dualstream.prediction.frames import frames_of_files

    def decode():
        for _ in frames_of_files(paths).prefetch(tf.data.AUTOTUNE):
            pass

    def choose():
        looked = frames_of_files(paths).map(
            lambda number, *photo: predictor.backend.look_at(*photo), tf.data.AUTOTUNE)
        for _ in looked.prefetch(tf.data.AUTOTUNE):
            pass

    return {DECODING: decode, 'and choosing the windows': choose,
            'predicting, `Predictor.stream`': lambda: list(predictor.stream(paths)),
            'one at a time, `Predictor.predict`': lambda: [
                predictor.predict(path) for path in paths]}


def rate_of(run, photographs: int):
    """Makes a run for `interleave`: photographs per second."""
    def rate(_):
        started = time.perf_counter()
        run()
        return photographs / (time.perf_counter() - started)

    return rate


def in_words(results: dict, said: str) -> str:
    """Writes results.md."""
    import numpy as np

    lines = ['# Predicting', '', f'`{said}`', '',
             f'{results["photographs"]} photographs, medians of {results["rounds"]} interleaved '
             'rounds, with the least and the greatest ratio.', '',
             '| what is done | photographs a second | share of decoding alone |',
             '| --- | --- | --- |']
    for name, rates in results['rates'].items():
        ratios = np.divide(rates, results['rates'][DECODING])
        lines.append(f'| {name} | {np.median(rates):,.0f} | {np.median(ratios):.2f} '
                     f'({ratios.min():.2f} to {ratios.max():.2f}) |')
    return '\n'.join([*lines, ''])


if __name__ == '__main__':
    command.run(main)
