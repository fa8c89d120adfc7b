"""Does the stain normaliser agree with torchstain, and how fast is each?

  python3 -m venv ts && ts/bin/pip install torchstain torch tensorflow
  python -m experiments.stain_tools --torchstain=ts/bin/python --source=SLIDE.png \\
      --reference=OTHER.png --out=experiments/results/stain_tools

torchstain's numpy, torch and TensorFlow backends run in a Python of their own, since its torch is
large; without --torchstain only this package is measured, and the table says so. Both normalise
the same slide to the same reference by Macenko's method; for the speed, slides are resized to 224,
512 and 1,024 pixels. Rounds are interleaved, one way after the other, and the median of each
round's ratio is reported. Takes about 10 minutes on 2 CPU cores. Writes results.json, results.md
and slides.png.
"""

import pathlib
import shlex
import sys
import tempfile

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError

_TORCHSTAIN = flags.DEFINE_string(
    'torchstain', '', 'A Python interpreter with torchstain, torch and tensorflow; none: only this '
    'package is measured.')
_SOURCE = flags.DEFINE_string('source', None, 'The slide to normalise: a PNG or JPEG.')
_REFERENCE = flags.DEFINE_string('reference', None, 'The slide whose stains to give.')
_ROUNDS = flags.DEFINE_integer('rounds', 9, 'Interleaved rounds of the speed.', lower_bound=1)
_QUICK = flags.DEFINE_boolean('quick', False, 'Measures 224 pixels in 3 rounds only.')
_OUT = flags.DEFINE_string('out', 'runs/stain_tools', 'The folder for the results.')


def main(argv: list[str]) -> None:
    del argv
    for name, flag in (('source', _SOURCE), ('reference', _REFERENCE)):
        if not flag.value or not pathlib.Path(flag.value).is_file():
            raise UserError(f'--{name} must be a picture, got {flag.value!r}')
    with command.hushed():
        import contextlib

        from experiments.stain_tools import measure, tables
        from experiments.stain_tools.torchstain_process import Torchstain

    source, reference = measure.read(_SOURCE.value), measure.read(_REFERENCE.value)
    with tempfile.TemporaryDirectory() as scratch:
        with (Torchstain(_TORCHSTAIN.value, pathlib.Path(scratch)) if _TORCHSTAIN.value
              else contextlib.nullcontext()) as other:
            results = measure.agreement(source, reference, other)
            results['speed'] = measure.speed(
                source, reference, other, sizes=(224,) if _QUICK.value else (224, 512, 1024),
                rounds=3 if _QUICK.value else _ROUNDS.value)
            results['versions'] = measure.versions(other)
    said = shlex.join(['python', '-m', 'experiments.stain_tools', *sys.argv[1:]])
    tables.write(results, said, pathlib.Path(_OUT.value), source, reference)
    print(tables.whole_page(results, said))


if __name__ == '__main__':
    command.run(main)
