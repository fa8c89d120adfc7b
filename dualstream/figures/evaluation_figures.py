"""Figures of an evaluation: reliability, risk against coverage, other light."""

import matplotlib.figure
import numpy as np

from dualstream.evaluation.calibration import Reliability
from dualstream.evaluation.measures import constant_answer
from dualstream.evaluation.predictions import Predictions
from dualstream.evaluation.scores import Scores
from dualstream.evaluation.selective import risk_by_coverage


def draw_evaluation(
    predictions: dict[str, Predictions], *, prior: str, lights: dict[str, Predictions],
    uncalibrated: Predictions,
) -> dict[str, matplotlib.figure.Figure]:
    """Draws reliability, risk against coverage, and the scores in changed light.

    Args:
      predictions: under each prior of the classes, 'data' and 'uniform'.
      prior: the one that the saved network assumes.
      lights: name of each changed light -> predictions in it, under that prior.
      uncalibrated: the predictions under the data's prior before the temperature.

    Returns:
      The name of the file -> figure.
    """
    own, trivial = Scores.of(predictions[prior]), constant_answer(predictions['data'])
    scores = {light: Scores.of(each).balanced_accuracy for light, each in lights.items()}
    return {
        'reliability.png': reliability_figure({
            'before the temperature': Reliability.of(uncalibrated),
            'after it': Reliability.of(predictions['data']),
            'all classes equal': Reliability.of(predictions['uniform'])}),
        'risk.png': risk_figure({
            'classes as in the training data': risk_by_coverage(predictions['data']),
            'all classes equal': risk_by_coverage(predictions['uniform']),
            'one class for all': risk_by_coverage(trivial)}),
        'lights.png': lights_figure(
            scores, unchanged=own.balanced_accuracy,
            trivial=Scores.of(trivial).balanced_accuracy),
    }


def reliability_figure(reliabilities: dict[str, Reliability]) -> matplotlib.figure.Figure:
    """Draws how often predictions are right by how confident they are, and how many there are.

    Args:
      reliabilities: title -> reliability, one panel each (Niculescu-Mizil and Caruana 2005,
        Predicting good probabilities with supervised learning).
    """
    figure = matplotlib.figure.Figure(
        figsize=(4.2 * len(reliabilities), 4.7), layout='constrained')
    panels = figure.subplots(1, len(reliabilities), sharey=True, squeeze=False).flat
    for axes, (title, each) in zip(panels, reliabilities.items()):
        axes.plot([0, 1], [0, 1], color='0.6', linestyle='--', label='as confident as right')
        axes.vlines(each.confidence, each.confidence, each.accuracy, color='darkorange', alpha=0.6)
        axes.plot(each.confidence, each.accuracy, 'o-', color='seagreen', markersize=5,
                  label=f'{len(each.count)} bins of about {each.count.mean():.0f} photographs')
        axes.set(title=f'{title}: expected error {100 * each.expected_error:.1f} points',
                 xlabel='mean confidence', xlim=(0, 1), ylim=(0, 1), aspect='equal')
        axes.title.set_fontsize(10)
        axes.grid(alpha=0.3)
        axes.legend(loc='upper left', fontsize=8, frameon=False)
    figure.axes[0].set_ylabel('share that is right')
    return figure


def risk_figure(risks: dict[str, np.ndarray]) -> matplotlib.figure.Figure:
    """Draws the share of wrong answers against the share of photographs that are answered.

    Args:
      risks: name -> risks by coverage, as `risk_by_coverage` gives them.
    """
    figure = matplotlib.figure.Figure(figsize=(6, 4), layout='constrained')
    axes = figure.subplots()
    for (name, risk), color in zip(risks.items(), ('seagreen', 'indigo', '0.5')):
        coverage = np.arange(1, len(risk) + 1) / len(risk)
        axes.plot(coverage, risk, color=color, label=f'{name}: area {risk.mean():.3f}')
    axes.set(xlabel='share of the photographs that is answered, the most confident first',
             ylabel='share of wrong answers', xlim=(0, 1), ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, frameon=False)
    return figure


def lights_figure(
    scores: dict[str, float], *, unchanged: float, trivial: float
) -> matplotlib.figure.Figure:
    """Draws the balanced accuracy in each changed light as a bar.

    Args:
      scores: name of the light -> balanced accuracy, in [0, 1].
      unchanged: that in the photographs' own light.
      trivial: that of one class for all.
    """
    figure = matplotlib.figure.Figure(figsize=(7, 3.6), layout='constrained')
    axes = figure.subplots()
    axes.barh(list(scores), [100 * score for score in scores.values()], color='seagreen', alpha=0.8)
    axes.axvline(100 * unchanged, color='black', label='as photographed')
    axes.axvline(100 * trivial, color='0.5', linestyle='--', label='one class for all')
    axes.invert_yaxis()
    axes.set(xlabel='balanced accuracy / %', xlim=(0, 100))
    axes.grid(alpha=0.3, axis='x')
    axes.legend(fontsize=8, loc='lower right')
    return figure
