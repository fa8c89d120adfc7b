"""The formats by name, each written and tried in a process of its own.

Keras's exporters and TensorFlow's converters leave memory and settings behind and write pages of
warnings: a process for each keeps the formats apart, and the user's screen readable.
"""

import concurrent.futures
import importlib
import multiprocessing
import pathlib
from collections.abc import Sequence

from dualstream.export.parity import Answers, Limits
from dualstream.runtime import command
from dualstream.runtime.errors import UserError


def export_format(
    name: str, workdir: str, out: pathlib.Path, *, photographs: Sequence[bytes]
) -> dict[str, tuple[Answers, Limits]]:
    """Writes one format and has it answer, in a process of its own.

    Args:
      name: one of `config.FORMATS`.
      workdir: the run's folder.
      out: the folder to write into, which exists.
      photographs: the bytes of JPEGs and PNGs to answer about.

    Returns:
      For each entry of the format its answers, and how far they may be from Python's.

    Raises:
      UserError: something that the user can mend, or the process was killed.
    """
    # Not forked: TensorFlow does not survive that.
    context = multiprocessing.get_context('spawn')
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as process:
        try:
            return process.submit(_write_and_answer, name, workdir, out, photographs).result()
        except concurrent.futures.process.BrokenProcessPool as error:
            raise UserError(f'--format={name}: its process was killed, maybe for want of memory'
                            ) from error


def _write_and_answer(name, workdir, out, photographs):
    with command.hushed():
        from dualstream.export.source import load_source

        module = importlib.import_module(f'dualstream.export.{name}')
        source = load_source(workdir)
        path = module.write(source, out, photographs)
        answers = module.answer(source, path, photographs)
    return {entry: (each, module.LIMITS[entry]) for entry, each in answers.items()}
