"""How many epochs of another network take as long as a training of the default one."""

import functools

from dualstream.network import build
from dualstream.training.config import TrainConfig
from experiments.other_networks import build_other
from experiments.step_speeds import measure_steps

CLASSES = 5

_DEFAULT = TrainConfig()


def time_steps(others: list[str], workers: int) -> dict[str, float]:
    """Measures a training step of the default network and of others, in milliseconds.

    Args:
      others: keys of OTHERS.
      workers: as `measure_steps` takes them.

    Returns:
      Name of the preset or of the other network -> the median.
    """
    shape = {'image_size': _DEFAULT.image_size, 'classes': CLASSES, 'seed': 0}
    builders = {_DEFAULT.preset: functools.partial(build, _DEFAULT.preset, **shape),
                **{name: functools.partial(build_other, name, **shape) for name in others}}
    return measure_steps(builders, _DEFAULT.batch_size, workers)


def epochs_within(finished: dict, other: str, milliseconds: dict[str, float]) -> int:
    """Says how many epochs of another network take as long as a finished training.

    Reading photographs and making images of them takes as long for all networks.

    Args:
      finished: what the cell of the default network says, of the same fold and share.
      other: the other network.
      milliseconds: of a training step, from `time_steps`.
    """
    more = (milliseconds[other] - milliseconds[finished['network']]) / 1000
    steps = finished['training_pictures'] // _DEFAULT.batch_size
    epoch = finished['seconds'] / finished['epochs'] + steps * more
    return max(1, round(finished['seconds'] / epoch))
