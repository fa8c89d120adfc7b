"""The recipes that are compared: the plain one, and others that differ from it in one thing."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What may be changed; the fields without another word are flags of dualstream.train.

    Attributes:
      class_weights: whether the classes weigh alike in the loss, not the pictures.
      windows: of each held-out picture; the same network is scored with each of these numbers.
    """

    label_smoothing: float = 0.0
    color_jitter: float = 0.0
    mixup: float = 0.0
    ema: float = 0.0
    early_stopping: int = 0
    crop: str = 'array'
    class_weights: bool = True
    windows: tuple[int, ...] = (1,)


PLAIN = 'plain'
RECIPES = {
    PLAIN: Recipe(),
    'label smoothing 0.1': Recipe(label_smoothing=0.1),
    'colour jitter 0.1': Recipe(color_jitter=0.1),
    'mixup 0.2': Recipe(mixup=0.2),
    'moving average 0.99': Recipe(ema=0.99),
    'early stopping 4': Recipe(early_stopping=4),
    'no class weights': Recipe(class_weights=False),
    'random crop': Recipe(crop='random', windows=(1, 4, 8)),
}
