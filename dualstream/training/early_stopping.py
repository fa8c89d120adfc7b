"""Early stopping, which an interruption does not confuse."""

import keras
import numpy as np

from dualstream.training.recipe import averaged


class KeepBest(keras.callbacks.Callback):
    """Ends a training that no longer improves, and keeps the weights of its best epoch.

    After Prechelt (1998), Early Stopping - But When?; the criterion is the usual one, patience.
    Place it behind `Validate`, and before `Progress`, which keeps it through interruptions. Where
    the network keeps a moving average of its weights, that is what is kept.

    Attributes:
      scores: the validation's balanced accuracy of each epoch so far; the first best is the best.
      weights: the network's after the best epoch, as `get_weights` gives them; None before any.
    """

    def __init__(self, patience: int):
        """Args:
          patience: epochs without a better score after which the training ends, at least 1.
        """
        super().__init__()
        self._patience = patience
        self.scores: list[float] = []
        self.weights: list[np.ndarray] | None = None

    @property
    def stopped(self) -> bool:
        """Whether patience has run out."""
        since_best = len(self.scores) - 1 - int(np.argmax(self.scores)) if self.scores else 0
        return since_best >= self._patience

    def on_epoch_end(self, epoch, logs=None):
        score = logs['val_balanced_accuracy']
        if score > max(self.scores, default=-1.0):
            with averaged(self.model):
                self.weights = self.model.get_weights()
        self.scores.append(score)
        if self.stopped:
            self.model.stop_training = True
