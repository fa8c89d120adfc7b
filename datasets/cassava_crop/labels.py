"""The classes of cassava leaves."""

LABELS = ('cbb', 'cbsd', 'cgm', 'cmd', 'healthy')
"""Bacterial blight, brown streak disease, cgm, mosaic disease, and healthy.

cgm is green *mite* damage in `demo` and `icassava2019`, and green *mottle* in `kaggle2020`.
"""
