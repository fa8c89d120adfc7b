"""Settings of all tests: quiet, on the CPU, and photographs drawn for the occasion."""

import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '')

import hypothesis  # noqa: E402

# Tensor ops take long on their first call, which says nothing about the code.
hypothesis.settings.register_profile('dualstream', deadline=None, derandomize=True)
hypothesis.settings.load_profile('dualstream')
