"""Pictures of a run: its curves, its confusions and what the network saw."""

import pathlib

import matplotlib.figure
import numpy as np

from dualstream.evaluation.scores import Scores

# Figures are made without pyplot: no display is needed, and none of them stays in memory.


def plot_curves(rows: list[dict[str, float]], path: pathlib.Path) -> None:
    """Loss and accuracies by epoch, of the lines of metrics.csv, as a PNG."""
    epochs = [row['epoch'] for row in rows]
    figure = matplotlib.figure.Figure(figsize=(9, 3.5), layout='constrained')
    losses, accuracies = figure.subplots(1, 2)
    for axes, names in (
            (losses, ('loss', 'val_loss')),
            (accuracies, ('accuracy', 'val_accuracy', 'val_balanced_accuracy'))):
        for name in names:
            axes.plot(epochs, [row[name] for row in rows], marker='.', label=name)
        axes.set_xlabel('epoch')
        axes.grid(alpha=0.3)
        axes.legend()
    losses.set_ylabel('cross-entropy / nats')
    accuracies.set_ylim(0, 1)
    figure.savefig(path, dpi=120)


def plot_confusion(scores: Scores, path: pathlib.Path) -> None:
    """The confusion matrix, shaded by the share of each true class, as a PNG."""
    confusion_figure(scores).savefig(path, dpi=120)


def confusion_figure(scores: Scores) -> matplotlib.figure.Figure:
    """Draws the confusion matrix, shaded by the share of each true class."""
    totals = np.maximum(scores.confusion.sum(axis=1, keepdims=True), 1)
    share = scores.confusion / totals
    figure = matplotlib.figure.Figure(figsize=(5, 4.5), layout='constrained')
    axes = figure.subplots()
    axes.imshow(share, cmap='Greens', vmin=0, vmax=1)
    ticks = range(len(scores.label_names))
    axes.set_xticks(ticks, scores.label_names, rotation=45, ha='right')
    axes.set_yticks(ticks, scores.label_names)
    axes.set_xlabel('taken for')
    axes.set_ylabel('is')
    if len(scores.label_names) <= 20:  # beyond that the numbers cannot be read
        for (row, column), count in np.ndenumerate(scores.confusion):
            axes.text(column, row, count, ha='center', va='center',
                      color='white' if share[row, column] > 0.5 else 'black')
    return figure


def plot_images(images: np.ndarray, titles: list[str], path: pathlib.Path) -> None:
    """A sheet of images, float (n, H, W, 3) in [0, 1], eight in a row, as a PNG."""
    rows = -(-len(images) // 8)
    figure = matplotlib.figure.Figure(figsize=(12, 1.7 * rows), layout='constrained')
    for axes, image, title in zip(
            figure.subplots(rows, 8, squeeze=False).flat, images, titles):
        axes.imshow(np.clip(image, 0, 1))
        axes.set_title(title, fontsize=8)
    for axes in figure.axes:
        axes.axis('off')
    figure.savefig(path, dpi=120)
