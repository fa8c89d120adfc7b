"""The page for the phone: static files that answer in a browser, and send nothing anywhere.

`dualstream/page` holds what is the same for every run. Added to it are LiteRT.js, the run's network
in float32, a description of it, pictures that the page checks itself with when it is loaded, and
the list of all files, which a service worker keeps for use without a network.
"""

import hashlib
import json
import pathlib
import shutil
from collections.abc import Sequence

import numpy as np
from PIL import Image

from dualstream.datasets.cassava_crop.demo import draw_leaf_photo
from dualstream.evaluation.refusal import VERDICTS, verdicts_of
from dualstream.export.litert import canvas_size, convert, open_litert, require_litert
from dualstream.export.litert_js import install_litert_js
from dualstream.export.parity import Answers, Limits
from dualstream.export.source import Source, upright_frame

LIMITS = {'page': Limits(1e-4, of_frames=True)}

STATIC = pathlib.Path(__file__).parents[1] / 'page'
"""The files that are the same for every run."""

_GOLDEN_SIZES = ((240, 320), (201, 303), (90, 70))
"""Of whole blocks, with rests, and smaller than most images: each takes another way."""


def write(source: Source, out: pathlib.Path, photographs: Sequence[bytes]) -> pathlib.Path:
    """Writes the page as a folder in the folder `out`.

    Args:
      source: what is exported.
      out: the folder.
      photographs: the bytes of JPEGs and PNGs. They say how large the canvas is; the page has none
        of them.

    Raises:
      UserError: a package is missing or cannot be fetched, or a photograph is too large.
    """
    require_litert()
    page = out / 'page'
    shutil.copytree(STATIC, page, ignore=shutil.ignore_patterns('__pycache__'))
    install_litert_js(page / 'litert')
    canvas = canvas_size([upright_frame(contents).shape[:2] for contents in photographs])
    model = page / 'model'
    model.mkdir()
    (model / 'model.tflite').write_bytes(convert(source, canvas))
    _write_json(model / 'model.json', describe(source, canvas))
    _write_json(model / 'golden.json', [
        _draw_golden(source, model / f'golden_{number}.png', size, number)
        for number, size in enumerate(_GOLDEN_SIZES)])
    (page / 'files.js').write_text(_list_files(page))
    return page


def answer(
    source: Source, path: pathlib.Path, photographs: Sequence[bytes]
) -> dict[str, Answers]:
    """Has the page's network answer about photographs, outside of a browser.

    Args:
      source: what was exported; not used, since the file holds all of it.
      path: of the page.
      photographs: the bytes of JPEGs and PNGs.
    """
    del source
    judge = open_litert(path / 'model' / 'model.tflite')
    answers = [judge(upright_frame(contents)) for contents in photographs]
    return {'page': Answers(*(np.stack([one[name] for one in answers])
                              for name in ('probabilities', 'window')))}


def describe(source: Source, canvas: tuple[int, int]) -> dict:
    """What the page needs to know of its network: as JSON holds it."""
    return {
        'side': canvas[0],
        'label_names': list(source.label_names),
        'verdicts': list(VERDICTS),
        'min_coverage': source.refusal.min_coverage,
        'min_confidence': source.refusal.min_confidence,
        'about': _about(source.summary),
    }


def _about(summary: dict) -> str:
    """One sentence on what the network was trained on and how well it does."""
    photographs = 'drawn by a program' if summary['dataset']['synthetic'] else 'photographs'
    return (f'The network learned from {summary["dataset"]["train"]} pictures of '
            f'{summary["dataset"]["name"]} ({photographs}). On {summary["dataset"]["test"]} others '
            f'its balanced accuracy was {summary["balanced_accuracy"]:.1%}; one class for all has '
            f'{summary["trivial"]["balanced_accuracy"]:.1%}.')


def _draw_golden(source, path, size, number):
    """Draws a leaf, as a PNG, since browsers decode JPEGs differently; and Python's answer."""
    height, width = size
    frame = np.asarray(draw_leaf_photo(number, 0, number, height=height, width=width))
    Image.fromarray(frame).save(path)
    window, coverage, image = source.look(frame)
    probabilities = source.network(image[None], training=False)[0].numpy()
    verdict = verdicts_of(coverage, probabilities.max(), source.refusal)
    return {'file': path.name, 'window': window.numpy().tolist(),
            'verdict': VERDICTS.index(verdict), 'probabilities': probabilities.tolist()}


def _write_json(path: pathlib.Path, content) -> None:
    path.write_text(json.dumps(content, indent=1))


def _list_files(page: pathlib.Path) -> str:
    """The script of the service worker that lists the page's files and their version."""
    files = sorted(path for path in page.rglob('*') if path.is_file())
    version = hashlib.sha256()
    for path in files:
        version.update(hashlib.sha256(path.read_bytes()).digest())
    names = [path.relative_to(page).as_posix() for path in files]
    # A browser needs one of the two forms of LiteRT.js, and keeps the one that it loads.
    kept = ['./', *(name for name in names
                    if name not in ('sw.js', 'files.js') and '/litert_wasm_' not in name)]
    return (f'const VERSION = {json.dumps(version.hexdigest()[:16])};\n'
            f'const FILES = {json.dumps(kept, indent=1)};\n')
