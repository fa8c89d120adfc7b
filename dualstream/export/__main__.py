"""Exports a run for other programs: python -m dualstream.export --workdir=RUN --out=DIR.

Writes the formats that --format names into DIR, and a MODEL_CARD.md that says what is in them. Each
format is tried on real photographs before: where one does not answer as the run does in Python,
nothing is kept.
"""

import functools
import os

from dualstream.export.config import ExportConfig
from dualstream.runtime import command, configflags
from dualstream.runtime.atomic import writing_folder

configflags.define(ExportConfig)


def main(argv: list[str]) -> None:
    del argv
    config = configflags.read(ExportConfig)
    os.environ['KERAS_BACKEND'] = 'tensorflow'  # the formats are made of its graphs
    os.environ['CUDA_VISIBLE_DEVICES'] = ''  # a GPU rounds otherwise, and one process would take it
    with command.hushed():
        from tqdm import tqdm

        from dualstream.export.card import write_card
        from dualstream.export.formats import export_format
        from dualstream.export.parity import Parity, check_parity, parity_table
        from dualstream.export.photographs import find_test_split, read_photographs
        from dualstream.export.source import answer_in_python
        from dualstream.training.finished import load_run

        run = load_run(config.workdir)
    with writing_folder(config.out) as scratch:
        photos = None if config.photos else find_test_split(config, run)
        photographs = read_photographs(config.photos, photos)
        expected = functools.cache(lambda of_frames: answer_in_python(
            config.workdir, photographs, of_frames=of_frames))
        rows = []
        for name in tqdm(config.format, 'Exporting', unit=' formats', disable=None):
            made = export_format(name, config.workdir, scratch, photographs=photographs)
            rows += [Parity.of(entry, answers, expected(limits.of_frames), limits=limits)
                     for entry, (answers, limits) in made.items()]
        print(parity_table(rows))
        check_parity(rows)
        write_card(scratch, run, photos=photos, parity=rows)
    print(f'written to {config.out}')


def cli() -> None:
    command.run(main)


if __name__ == '__main__':
    cli()
