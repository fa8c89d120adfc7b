"""Early stopping that continues correctly after an interruption."""

import keras
import numpy as np

from dualstream.training.recipe import averaged


class KeepBest(keras.callbacks.Callback):
    """Stops a training that no longer improves, and keeps the weights of its best epoch.

    After Prechelt (1998), Early Stopping - But When?; the criterion is the usual one, patience.
    Use it where a validation split is large enough to choose an epoch by. Place it after
    `Validate`, which computes the score, and before `SaveProgress`, which saves its state in the
    checkpoints. Where the network keeps a moving average of its weights, the average is kept.

    Attributes:
      scores: the validation's balanced accuracy of each epoch so far; of equal scores the first
        counts as the best.
      weights: the network's after the best epoch, as `get_weights` returns them; None before the
        end of the first epoch.
    """

    def __init__(self, patience: int):
        """Takes how long to wait for an improvement.

        Args:
          patience: epochs without a better score after which the training stops, at least 1.
        """
        super().__init__()
        self._patience = patience
        self.scores: list[float] = []
        self.weights: list[np.ndarray] | None = None

    @property
    def stopped(self) -> bool:
        """Whether there was no better score for `patience` epochs."""
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
