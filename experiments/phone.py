"""What do LiteRT's precisions lose and cost, and does the page answer as Python does?

  python -m experiments.phone --workdir=RUN --photos=FOLDER --out=experiments/results/phone

Exports a run and has each file answer about photographs of the run's test split:
size, balanced accuracy, and the time of one photograph on one core, in interleaved rounds. Then
opens the page in Chromium without a screen and asks it about photographs of a folder, as a user
would; the extra `test` brings what that needs. Takes about 8 minutes on a busy machine. Writes
results.json and results.md.
"""

import itertools
import os
import pathlib
import statistics
import tempfile
import threading
import time

from absl import flags

from dualstream.runtime import command
from experiments.writing import write_results

_WORKDIR = flags.DEFINE_string('workdir', 'runs/demo', "A finished run's folder.")
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Folder of prepared data sets; TFDS's own if not given.")
_PHOTOS = flags.DEFINE_string('photos', None, 'A folder of JPEGs that the page is asked about.')
_COUNT = flags.DEFINE_integer('count', 200, 'Photographs of the folder, at most.')
_TIMED = flags.DEFINE_integer('timed', 40, 'Photographs that are timed.')
_OUT = flags.DEFINE_string('out', 'runs/phone', 'The folder for the results.')


def main(argv: list[str]) -> None:
    del argv
    os.environ['KERAS_BACKEND'] = 'tensorflow'
    with command.hushed():
        from dualstream.export import litert, page
        from dualstream.export.source import load_source
        from dualstream.pipeline import prepare
        from dualstream.training.finished import load_run

    photos = prepare(load_run(_WORKDIR.value).config.dataset, _DATA_DIR.value)
    examples = list(photos.read('test').as_numpy_iterator())
    every = sorted(pathlib.Path(_PHOTOS.value).rglob('*.jpg'))
    files = every[::max(1, len(every) // _COUNT.value)][:_COUNT.value]
    source = load_source(_WORKDIR.value)
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        with command.hushed():  # the converter writes pages of warnings
            litert.write(source, out, [example['image'] for example in examples])
            written = page.write(source, out, [file.read_bytes() for file in files])
        results = {'files': measure_files(out, examples), 'page': ask_page(written, files)}
    write_results(pathlib.Path(_OUT.value), results, in_words(results))
    print(in_words(results))


def measure_files(folder: pathlib.Path, examples: list) -> dict:
    """Size, balanced accuracy and time of each file, and Python's balanced accuracy."""
    import numpy as np
    from tqdm import tqdm

    from dualstream.export.litert import PRECISIONS, open_litert
    from dualstream.export.source import answer_in_python, upright_frame

    labels = np.array([example['label'] for example in examples])
    frames = [upright_frame(example['image']) for example in examples]
    paths = {name: folder / f'litert_{name}.tflite' for name in PRECISIONS}
    judges = {name: open_litert(path) for name, path in paths.items()}
    times, chosen = {name: [] for name in PRECISIONS}, {name: [] for name in PRECISIONS}
    for number, frame in enumerate(tqdm(frames, 'Files', unit=' photographs')):
        for name, judge in judges.items():  # in turn, so that other programs slow all alike
            started = time.thread_time()
            chosen[name].append(judge(frame)['probabilities'].argmax())
            if number >= len(frames) - _TIMED.value:
                times[name].append(1000 * (time.thread_time() - started))
    python = answer_in_python(
        _WORKDIR.value, [example['image'] for example in examples], of_frames=True)
    chosen['Python'] = python.probabilities.argmax(axis=1)

    def balanced(name):
        right = np.asarray(chosen[name]) == labels
        return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))

    results = {name: {
        'kilobytes': paths[name].stat().st_size / 1000, 'balanced_accuracy': balanced(name),
        'same_class': float(np.mean(np.asarray(chosen[name]) == chosen['Python'])),
        'ms': statistics.median(times[name]), 'ms_quartiles': statistics.quantiles(times[name])}
        for name in PRECISIONS}
    return results | {'Python': {'balanced_accuracy': balanced('Python')},
                      'photographs': len(labels)}


def ask_page(page: pathlib.Path, files: list[pathlib.Path]) -> dict:
    """How the page in Chromium differs from Python on photographs."""
    import json

    import numpy as np
    from tqdm import tqdm

    from dualstream.export.serving import make_server
    from dualstream.export.source import answer_in_python

    said, milliseconds = [], []
    with make_server(page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with _open_browser() as browser:
            browser.get(f'http://127.0.0.1:{server.server_port}/')
            _wait(browser, lambda text: text == 'Ready.')
            for file in tqdm(files, 'The page', unit=' photographs'):
                browser.execute_script("document.getElementById('status').textContent = ''")
                started = time.perf_counter()
                browser.find_element('id', 'file').send_keys(str(file.absolute()))
                _wait(browser, lambda text: text.startswith('Done'))
                milliseconds.append(1000 * (time.perf_counter() - started))
                said.append(browser.execute_script(
                    "const {probabilities, window} = document.getElementById('result').dataset;"
                    "return [`[${probabilities}]`, `[${window}]`]"))
            version = browser.capabilities['browserVersion']
        server.shutdown()
    probabilities, windows = (
        np.array([json.loads(each[part]) for each in said]) for part in range(2))
    python = answer_in_python(
        _WORKDIR.value, [file.read_bytes() for file in files], of_frames=True)
    same = probabilities.argmax(axis=1) == python.probabilities.argmax(axis=1)
    return {'chromium': version, 'photographs': len(files), 'same_class': float(same.mean()),
            'same_window': float((windows == python.windows).all(axis=1).mean()),
            'largest_difference': float(np.abs(probabilities - python.probabilities).max()),
            'ms': statistics.median(milliseconds)}


def _open_browser():
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for argument in ('--headless=new', '--no-sandbox', '--disable-gpu'):
        options.add_argument(argument)
    return webdriver.Chrome(options=options)


def _wait(browser, holds) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, 60, poll_frequency=0.02).until(
        lambda _: holds(browser.find_element('id', 'status').text))


def in_words(results: dict) -> str:
    """The page of the results, in Markdown."""
    files, page = results['files'], results['page']
    rows = [f'| {name} | {row["kilobytes"]:.0f} | {row["balanced_accuracy"]:.1%} | '
            f'{row["same_class"]:.1%} | {row["ms"]:.1f} ({row["ms_quartiles"][0]:.1f} to '
            f'{row["ms_quartiles"][2]:.1f}) |'
            for name, row in itertools.islice(files.items(), 3)]
    return '\n'.join([
        '# On a phone', '',
        f'On {files["photographs"]} photographs of the test split; balanced accuracy in Python '
        f'{files["Python"]["balanced_accuracy"]:.1%}. Milliseconds of one core, median and '
        'quartiles.', '',
        '| file | kB | balanced accuracy | class as in Python | ms |',
        '| --- | --- | --- | --- | --- |', *rows, '',
        f'The page in Chromium {page["chromium"]}, on {page["photographs"]} other photographs: '
        f'class as in Python {page["same_class"]:.1%}, window {page["same_window"]:.1%}, largest '
        f'difference of a probability {page["largest_difference"]:.1e}; {page["ms"]:.0f} ms from '
        'the choice of a file to the answer (median).', ''])


if __name__ == '__main__':
    command.run(main)
