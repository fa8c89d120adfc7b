"""Trains the two-stream network on photographs: python -m dualstream.train.

The shortest form, with no flags, trains on the demo set of synthetic leaves:

  python -m dualstream.train --workdir=runs/demo

The seven routines of preprocessing are chosen by --mask and --crop; `none` resizes whole frames.
"""

import dataclasses
import pathlib
import sys
import tempfile

from dualstream.runtime import command, configflags, devices
from dualstream.training.config import RunOptions, TrainConfig

configflags.define(TrainConfig)
configflags.define(RunOptions)


def main(argv: list[str]) -> None:
    del argv
    config, options = configflags.read(TrainConfig), configflags.read(RunOptions)
    # TensorFlow is imported here, so that --helpshort and a mistyped flag need not wait for it.
    with command.hushed():
        devices.choose_backend(options.device, options.tpu)
        from dualstream.pipeline import check_feed, prepare
        from dualstream.report.page import write_report
        from dualstream.report.tensorboard import tensorboard_callbacks
        from dualstream.training.callbacks import StoppedBySignal
        from dualstream.training.run import train
        from dualstream.training.stains import with_stains
        from dualstream.training.workdir import Workdir

    for feed in options.data_service:
        check_feed(feed)
    with command.hushed():
        place = devices.place(options.device, options.tpu)
    config = with_stains(config)
    # All hosts compute the same; the chief's results are kept.
    with tempfile.TemporaryDirectory() as scratch, Workdir(
            options.workdir if place.chief else pathlib.Path(scratch, 'run'),
            dataclasses.asdict(config) | {'replicas': place.replicas},
            resume=options.resume) as workdir:
        if place.cluster.from_chief(workdir.finished):
            print(f'{options.workdir} is finished already; see {options.workdir}/report.md')
            return
        photos = prepare(config.dataset, options.data_dir, options.manual_dir)
        try:
            trained = train(
                config, photos=photos, place=place, workdir=workdir, options=options,
                callbacks=tensorboard_callbacks(
                    config, photos=photos, logdir=workdir.path / 'tensorboard'))
        except StoppedBySignal as stop:
            print(f'stopped by {stop.signal_name} and saved at step {stop.step}; --resume '
                  'continues from there', file=sys.stderr)
            raise
        # On every host, since reading weights that several hosts hold needs all of them.
        with workdir.writing('model.keras') as path:
            trained.model.save(path)
        write_report(trained, config, photos=photos, place=place, workdir=workdir)
        workdir.checkpoints.delete()
    if not place.chief:
        return
    print(f'on {trained.scores["data"].confusion.sum()} held-out images: '
          f'{_in_words(trained.scores)}; see {options.workdir}/report.md')


def _in_words(scores) -> str:
    accuracies = [f'accuracy {each.accuracy:.1%} and balanced accuracy '
                  f'{each.balanced_accuracy:.1%} with --prior={prior}'
                  for prior, each in scores.items()]
    trivial = scores['data']
    return (f'{", ".join(accuracies)}; one class for all: {trivial.trivial_accuracy:.1%} and '
            f'{1 / len(trivial.per_class_recall):.1%}')


def cli() -> None:
    command.run(main)


if __name__ == '__main__':
    cli()
