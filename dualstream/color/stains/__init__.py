"""Stains of slides: estimated by three methods, and normalised to a reference."""

from dualstream.color.stains.estimate import Validity, estimate_stains
from dualstream.color.stains.normalizer import StainNormalizer

__all__ = ['StainNormalizer', 'Validity', 'estimate_stains']
