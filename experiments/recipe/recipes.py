"""The recipes that are compared: the default one, and others that differ from it in one thing."""

from dualstream.training.config import Recipe

DEFAULT = 'default'

RECIPES = {
    DEFAULT: Recipe(),
    'without mixup': Recipe(mixup=0.0),
    'label smoothing 0.1': Recipe(label_smoothing=0.1),
    'colour jitter 0.1': Recipe(color_jitter=0.1),
    'moving average 0.99': Recipe(ema=0.99),
    'early stopping 4': Recipe(early_stopping=4),
    'class weights': Recipe(class_weights=True),
}

QUICK = (DEFAULT, 'without mixup')
