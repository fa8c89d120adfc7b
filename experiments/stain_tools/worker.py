"""Runs torchstain in a Python of its own, which needs torchstain, PyTorch and TensorFlow.

Started by `python -m experiments.stain_tools`. It reads orders from its input, a JSON list a line,
and answers each by a line of JSON:

  ["fit", BACKEND, FILE.npy]              learns a reference, uint8 (H, W, 3)
  ["normalize", BACKEND, FILE.npy, OUT]   writes the normalised picture to OUT, uint8
  ["time", BACKEND, FILE.npy, CALLS]      answers with the seconds of so many calls
"""

import importlib.metadata
import json
import os
import sys
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')


def main():
    versions = {name: importlib.metadata.version(name)
                for name in ('torchstain', 'torch', 'tensorflow', 'numpy')}
    # Here, so that a package that is missing is named without waiting for the others.
    import numpy as np
    import tensorflow as tf
    import torch
    import torchstain

    def to_backend(backend, image):
        if backend == 'numpy':
            return image
        planes = np.ascontiguousarray(image.transpose(2, 0, 1))
        return torch.from_numpy(planes) if backend == 'torch' else tf.constant(planes)

    print(json.dumps(versions), flush=True)
    normalizers = {backend: torchstain.normalizers.MacenkoNormalizer(backend=backend)
                   for backend in ('numpy', 'torch', 'tensorflow')}
    for line in sys.stdin:
        order, backend, file, *rest = json.loads(line)
        image, normalizer = to_backend(backend, np.load(file)), normalizers[backend]
        answer = None
        if order == 'fit':
            normalizer.fit(image)
        elif order == 'normalize':
            made, _, _ = normalizer.normalize(image, stains=False)
            np.save(rest[0], np.asarray(made).astype(np.uint8))
        else:
            started = time.perf_counter()
            for _ in range(rest[0]):
                made, _, _ = normalizer.normalize(image, stains=False)
                np.asarray(made)[0, 0]
            answer = time.perf_counter() - started
        print(json.dumps(answer), flush=True)


if __name__ == '__main__':
    main()
