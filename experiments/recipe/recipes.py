"""The recipes that are compared: the plain one, and others that differ from it in one thing."""

import dataclasses

from dualstream.training.config import Recipe


@dataclasses.dataclass(frozen=True)
class Tried:
    """One recipe to compare.

    Attributes:
      recipe: the parts of the training that may be changed.
      crop: the crop that chooses the windows.
      views: of each held-out example, as Recipe takes them; the same network is scored with each.
    """

    recipe: Recipe = Recipe(mixup=0.0)
    crop: str = 'array'
    views: tuple[tuple, ...] = ((),)


PLAIN = 'plain'
RECIPES = {
    PLAIN: Tried(),
    'label smoothing 0.1': Tried(Recipe(mixup=0.0, label_smoothing=0.1)),
    'colour jitter 0.1': Tried(Recipe(mixup=0.0, color_jitter=0.1)),
    'mixup 0.2': Tried(Recipe(mixup=0.2)),
    'moving average 0.99': Tried(Recipe(mixup=0.0, ema=0.99)),
    'early stopping 4': Tried(Recipe(mixup=0.0, early_stopping=4)),
    'class weights': Tried(Recipe(mixup=0.0, class_weights=True)),
    'random crop': Tried(crop='random', views=((), (1.0, 'whole'), (1.0, 2.0, 'frame', 'whole'))),
}
