"""How many epochs of another network take as long as a training of the default one."""

import functools

from dualstream.network import build
from dualstream.training.config import TrainConfig
from experiments.other_networks import build_other
from experiments.step_speeds import measure_steps

CLASSES = 5

_DEFAULT = TrainConfig()

_LOOKS = 4
"""At each photograph that is held out: `cell.run_cell` scores one view, and then three."""


def time_steps(others: list[str], workers: int) -> dict[str, dict[str, float]]:
    """Measures a step of the default network and of others, in milliseconds.

    Args:
      others: keys of OTHERS.
      workers: as `measure_steps` takes them.

    Returns:
      'training' and 'inference' -> name of the preset or of the other network -> the median.
    """
    shape = {'image_size': _DEFAULT.image_size, 'classes': CLASSES, 'seed': 0}
    builders = {_DEFAULT.preset: functools.partial(build, _DEFAULT.preset, **shape),
                **{name: functools.partial(build_other, name, **shape) for name in others}}
    return {kind: measure_steps(builders, _DEFAULT.batch_size, workers, kind)
            for kind in ('training', 'inference')}


def epochs_within(
    finished: dict, other: str, milliseconds: dict[str, dict[str, float]]
) -> int:
    """Says how many epochs of another network take as long as a finished training.

    Reading photographs and making images of them takes as long for all networks. What takes longer
    are the steps of an epoch, its validation, and the scores at the end.

    Args:
      finished: what the cell of the default network says, of the same fold and share.
      other: the other network.
      milliseconds: of the steps, from `time_steps`.
    """
    def more(kind, pictures):
        steps = pictures / _DEFAULT.batch_size
        own, theirs = (milliseconds[kind][name] for name in (finished['network'], other))
        return steps * (theirs - own) / 1000

    validation = more('inference', finished['validation_pictures'])
    epoch = (finished['seconds'] / finished['epochs'] + validation
             + more('training', finished['training_pictures']))
    end = validation + _LOOKS * more('inference', finished['held_out_pictures'])
    return max(1, round((finished['seconds'] - end) / epoch))
