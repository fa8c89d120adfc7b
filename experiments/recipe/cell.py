"""Runs one cell of the table: one recipe, one fold."""

import dataclasses
import pathlib

from dualstream.training.config import TrainConfig
from experiments.grouped_folds import read_folds
from experiments.recipe.recipes import RECIPES
from experiments.training import train_and_score

IMAGE_SIZE = (128, 128)


@dataclasses.dataclass(frozen=True)
class Cell:
    """What is to be run.

    Attributes:
      dataset, data_dir, manual_dir: as `prepare` takes them.
      recipe: a key of RECIPES.
      fold: the part that is held out; also the seed.
      folds: how many parts there are.
      epochs: passes through the photographs to train on.
    """

    dataset: str
    data_dir: str | None
    manual_dir: str | None
    recipe: str
    fold: int
    folds: int
    epochs: int

    def kept(self, folder: pathlib.Path) -> pathlib.Path:
        """The file of the finished cell."""
        return folder / '-'.join([
            self.dataset.strip('/').replace('/', '-'), self.recipe.replace(' ', '_'),
            f'fold{self.fold}of{self.folds}', f'{self.epochs}epochs.json'])


def run_cell(cell: Cell) -> dict:
    """Trains one network with the recipe on all folds but one, and scores it on that one.

    All recipes have the same folds, initial weights and order of images.

    Returns:
      What `train_and_score` does, and what was trained on what.
    """
    folds, duplicates = read_folds(cell.dataset, cell.data_dir, cell.manual_dir, cell.folds)
    photos = folds[cell.fold]
    config = TrainConfig(
        image_size=IMAGE_SIZE, epochs=cell.epochs, seed=cell.fold, recipe=RECIPES[cell.recipe])
    return {'dataset': photos.builder.info.full_name, 'synthetic': photos.synthetic,
            'near_duplicates': duplicates, 'recipe': cell.recipe, 'fold': cell.fold,
            'folds': cell.folds, 'network': config.preset, 'epochs': cell.epochs,
            'image_size': list(IMAGE_SIZE), 'settings': dataclasses.asdict(config.recipe),
            **train_and_score(config, photos)}
