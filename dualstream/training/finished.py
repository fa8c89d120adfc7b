"""A finished run as a value: its network, what it was trained with, and its classes."""

import dataclasses
import json
import pathlib
from typing import Any

import keras

from dualstream.evaluation.refusal import Refusal
from dualstream.runtime.errors import UserError
from dualstream.training.config import Recipe, TrainConfig
from dualstream.training.saved_network import find_network, load_network


@dataclasses.dataclass(frozen=True)
class FinishedRun:
    """What a finished training left behind, for all that uses its network.

    Attributes:
      network: gives probabilities (batch, classes) of images.
      config: what defined the training; `routine_of` makes its routine.
      label_names: the classes, in the network's order.
      summary: all that summary.json holds, such as the scores.
    """

    network: keras.Model
    config: TrainConfig
    label_names: tuple[str, ...]
    summary: dict[str, Any]

    @property
    def data_dir(self) -> str | None:
        """The folder of prepared data sets that the run used; None where it is gone or unknown."""
        folder = self.summary.get('dataset', {}).get('data_dir')
        return folder if folder and pathlib.Path(folder).is_dir() else None

    @property
    def refusal(self) -> Refusal:
        """The thresholds below which a photograph gets no diagnosis.

        Raises:
          UserError: the run is older than refusal, or its thresholds were changed by hand.
        """
        if 'refusal' not in self.summary:
            raise UserError('the run is older than refusal: its summary.json has no thresholds; '
                            'train it again')
        try:
            return Refusal(**self.summary['refusal'])
        except (TypeError, ValueError) as error:
            raise UserError(f'the thresholds in summary.json cannot be used: {error}') from error


def load_run(source: str) -> FinishedRun:
    """Loads a finished run.

    Args:
      source: the run's folder, or the path of model.keras in it, next to summary.json.

    Raises:
      UserError: a file is missing, cannot be read, or does not fit the other one.
    """
    path = find_network(source, 'model')
    config, summary = _read_summary(path.with_name('summary.json'))
    label_names = tuple(summary['label_names'])
    network = load_network(path, 'model')
    if network.output_shape[-1] != len(label_names):
        raise UserError(f'--model: {path} has {network.output_shape[-1]} classes, and summary.json '
                        f'in its folder names {len(label_names)}')
    return FinishedRun(network, config, label_names, summary)


def _read_summary(path: pathlib.Path) -> tuple[TrainConfig, dict[str, Any]]:
    """The configuration of the run, and all that its summary holds."""
    if not path.is_file():
        raise UserError(f'--model: {path.parent} has no summary.json, which names the classes')
    try:
        summary = json.loads(path.read_text())
        tuple(summary['label_names'])
        return _config_of(summary['config']), summary
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f'--model: {path} is not the summary of a run: {error!r}') from error


def _config_of(stored: dict) -> TrainConfig:
    """The configuration as JSON gives it back; it may have keys that are not fields."""
    fields = {field.name for field in dataclasses.fields(TrainConfig)}
    known = {name: value for name, value in stored.items() if name in fields}
    return TrainConfig(**known | {'recipe': Recipe(**stored['recipe'])})
