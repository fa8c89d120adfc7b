"""A finished run as a value: its network, what it was trained with, and its classes."""

import dataclasses
import json
import pathlib

import keras

from dualstream.runtime.errors import UserError
from dualstream.training.config import Recipe, TrainConfig


@dataclasses.dataclass(frozen=True)
class FinishedRun:
    """What a finished training left behind, for all that uses its network.

    Attributes:
      network: gives probabilities (batch, classes) of images.
      config: what defined the training; `routine_of` makes its routine.
      label_names: the classes, in the network's order.
      summary: what summary.json holds.
    """

    network: keras.Model
    config: TrainConfig
    label_names: tuple[str, ...]
    summary: dict


def load_run(source: str) -> FinishedRun:
    """Loads a finished run.

    Args:
      source: the run's folder, or the path of model.keras in it, next to summary.json.

    Raises:
      UserError: a file is missing, cannot be read, or does not fit the other one.
    """
    path = pathlib.Path(source)
    path = path / 'model.keras' if path.is_dir() else path
    if not path.is_file():
        raise UserError(f'--model={source}: {path} does not exist')
    config, label_names, summary = _read_summary(path.with_name('summary.json'))
    try:
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (KeyError, OSError, TypeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f'--model: {path} cannot be loaded: {reason}') from error
    if network.output_shape[-1] != len(label_names):
        raise UserError(f'--model: {path} has {network.output_shape[-1]} classes, and summary.json '
                        f'in its folder names {len(label_names)}')
    return FinishedRun(network, config, label_names, summary)


def _read_summary(path: pathlib.Path) -> tuple[TrainConfig, tuple[str, ...], dict]:
    """The configuration of the run, the names of its classes, and all of its summary."""
    if not path.is_file():
        raise UserError(f'--model: {path.parent} has no summary.json, which names the classes')
    try:
        content = json.loads(path.read_text())
        return _config_of(content['config']), tuple(content['label_names']), content
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f'--model: {path} is not the summary of a run: {error!r}') from error


def _config_of(stored: dict) -> TrainConfig:
    """The configuration as JSON gives it back; it may have keys that are not fields."""
    fields = {field.name for field in dataclasses.fields(TrainConfig)}
    known = {name: value for name, value in stored.items() if name in fields}
    return TrainConfig(**known | {'recipe': Recipe(**stored['recipe'])})
