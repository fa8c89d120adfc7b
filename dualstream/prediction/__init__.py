"""Prediction: what a trained network says of photographs, in whichever format it was saved."""

from dualstream.prediction.predictor import Prediction, Predictor, load

__all__ = ['Prediction', 'Predictor', 'load']
