"""The page in a real browser: it answers as Python does, and sends nothing anywhere.

With the environment variable PHOTOGRAPHS=FOLDER, it is asked about the first 100 JPEGs in there,
too; with SCREENSHOTS=FOLDER, what the browser shows is kept there.
"""

import base64
import collections
import contextlib
import functools
import http.server
import io
import json
import os
import pathlib
import shutil
import threading

import numpy as np
import pytest
from browser import needs_browser, open_browser
from PIL import Image
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from dualstream.datasets.cassava_crop.demo import draw_leaf_photo
from dualstream.evaluation.refusal import VERDICTS, verdicts_of
from dualstream.export import page as page_format
from dualstream.export.litert_js import install_litert_js
from dualstream.export.page import LIMITS
from dualstream.export.parity import Parity
from dualstream.export.serving import make_server
from dualstream.export.source import answer_in_python, load_source
from dualstream.runtime.errors import UserError
from experiments.mutants.mutations import mutate, originals

pytest.importorskip('ai_edge_litert.interpreter')
pytestmark = [pytest.mark.slow, needs_browser]

WIDTH, HEIGHT = 360, 740  # of a small phone


def encode(pixels, kind='JPEG', orientation=1, **options):
    sink, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(sink, kind, exif=exif, **options)
    return sink.getvalue()


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """Files of photographs: of several sizes, subsamplings and orientations."""
    def leaf(number, height=240, width=320):
        return draw_leaf_photo(number % 5, 1, number, height=height, width=width)

    contents = [
        encode(leaf(0), quality=90), encode(leaf(1, 201, 303), quality=75, subsampling='4:4:4'),
        encode(leaf(2, 320, 240), 'PNG'), encode(leaf(3, 50, 41)), encode(leaf(4), orientation=6),
        encode(leaf(5, 300, 320), progressive=True), encode(leaf(6)[..., 1])]
    folder = tmp_path_factory.mktemp('files')
    paths = [folder / f'{number}.jpg' for number in range(len(contents))]
    for path, content in zip(paths, contents):
        path.write_bytes(content)
    real = pathlib.Path(os.environ.get('PHOTOGRAPHS', 'none'))
    return paths + sorted(real.rglob('*.jpg'))[:100]


@pytest.fixture(scope='module')
def page(run_folder, files, tmp_path_factory):
    """The folder of a run's page."""
    out = tmp_path_factory.mktemp('exported')
    try:
        install_litert_js(out)
    except UserError as error:
        pytest.skip(str(error))
    return page_format.write(
        load_source(str(run_folder)), out, [path.read_bytes() for path in files])


@contextlib.contextmanager
def served(folder):
    """The address of a server of a page, while it runs."""
    server = make_server(folder)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f'http://127.0.0.1:{server.server_port}/'
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope='module')
def address(page):
    with served(page) as address:
        yield address


@pytest.fixture(scope='module')
def browser(tmp_path_factory):
    with open_browser(tmp_path_factory.mktemp('chromium'), 800, 900) as driver:
        driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', {
            'width': WIDTH, 'height': HEIGHT, 'deviceScaleFactor': 1, 'mobile': True})
        yield driver


@pytest.fixture(scope='module')
def ready(browser, address):
    """The browser, with the page loaded and kept for use without a network."""
    browser.get(address)
    wait_for(browser, lambda: 'Kept on this device' in text(browser, 'kept'))
    return browser


def wait_for(browser, holds):
    WebDriverWait(browser, 60, poll_frequency=0.05).until(lambda _: holds(), text(browser))


def text(browser, name='status'):
    return browser.find_element('id', name).text


def says(browser, what):
    return what in text(browser)


def ask(browser, path):
    """What the page says of a file: probabilities, window, coverage and verdict."""
    browser.execute_script("document.getElementById('status').textContent = 'asked'")
    browser.find_element('id', 'file').send_keys(str(path))
    wait_for(browser, lambda: text(browser).startswith('Done'))
    said = browser.execute_script("return {...document.getElementById('result').dataset}")
    return {name: np.array(json.loads(f'[{said[name]}]'))
            for name in ('probabilities', 'window', 'coverage')} | {'verdict': said['verdict']}


def keep_screenshot(browser, name):
    if folder := os.environ.get('SCREENSHOTS'):
        browser.save_screenshot(f'{folder}/{name}.png')


def test_it_answers_as_python_does(ready, files, run_folder):
    expected = answer_in_python(str(run_folder), [path.read_bytes() for path in files])
    refusal = load_source(str(run_folder)).refusal
    said = [ask(ready, path) for path in files]
    keep_screenshot(ready, 'page')
    probabilities = np.stack([each['probabilities'] for each in said])
    np.testing.assert_array_equal([each['window'] for each in said], expected.windows)
    np.testing.assert_allclose(probabilities, expected.probabilities, atol=1e-3)
    same = probabilities.argmax(axis=1) == expected.probabilities.argmax(axis=1)
    assert same.mean() >= 0.99
    for each in said:
        assert each['verdict'] == verdicts_of(
            each['coverage'][0], each['probabilities'].max(), refusal) in VERDICTS


def test_a_run_of_larger_windows_is_compared_on_decoded_frames(page, run_folder, files, tmp_path):
    """Of bytes, Python decodes such windows at half their size, which the page cannot."""
    run = shutil.copytree(run_folder, tmp_path / 'run')
    summary = json.loads((run / 'summary.json').read_text())
    summary['config']['zoom'] = 2.0
    (run / 'summary.json').write_text(json.dumps(summary))
    photographs, source = [path.read_bytes() for path in files], load_source(str(run))
    written = page_format.write(source, tmp_path / 'out', photographs)
    answers, limits = page_format.answer(source, written, photographs)['page'], LIMITS['page']
    row = Parity.of('page', answers, answer_in_python(
        str(run), photographs, of_frames=limits.of_frames), limits=limits)
    assert row.holds, row


def test_it_draws_the_photograph_the_mask_and_the_window(ready, files):
    said = ask(ready, files[0])
    top, left, height, width = said['window']
    drawn = ready.execute_script('''
        const {width, height} = document.getElementById('picture');
        const {data} = document.getElementById('picture').getContext('2d')
          .getImageData(0, 0, width, height);
        return [width, height, [...data]];''')
    pixels = np.reshape(drawn[2], (drawn[1], drawn[0], 4))[..., :3]
    with Image.open(files[0]) as picture:
        differs = (pixels != np.asarray(picture)).any(axis=-1)
    assert differs[top, left:left + width].all() and differs[top:top + height, left].all()
    assert not differs.all()
    rows = ready.find_elements('css selector', '#classes tr')
    shares = [float(row.find_element('class name', 'share').text.rstrip('%')) for row in rows]
    assert shares == sorted(shares, reverse=True)
    np.testing.assert_allclose(sum(shares), 100, atol=0.2)


def test_what_is_no_photograph_is_said_and_the_next_one_answered(ready, files, tmp_path):
    giant = bytearray(encode(np.zeros([8, 8, 3], np.uint8)))
    at = giant.index(b'\xff\xc0') + 5
    giant[at:at + 4] = b'\xff\xff\xff\xff'
    for name, contents, said in (
            ('text', b'no photograph', 'not a JPEG or PNG'),
            ('giant', bytes(giant), '50 megapixels'),
            ('cut', files[0].read_bytes()[:700], 'cannot be decoded')):
        path = tmp_path / f'{name}.jpg'
        path.write_bytes(contents)
        ready.find_element('id', 'file').send_keys(str(path))
        wait_for(ready, functools.partial(says, ready, said))
        assert not ready.find_element('id', 'result').is_displayed()
    assert len(ask(ready, files[0])['probabilities']) == 3


def test_damaged_photographs_are_read_or_refused(ready):
    """Each ends in pixels or in a message; one that hangs ends in the browser's time limit."""
    ready.set_script_timeout(30)
    outcomes = collections.Counter()
    for _, contents in mutate(originals(), 2000):
        outcomes[ready.execute_async_script('''
            const [text, done] = arguments;
            const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
            import('/photo.js').then(({readPhoto}) => readPhoto(new Blob([bytes]), 320)).then(
              ({height, width}) => done(height <= 320 && width <= 320 ? 'read' : 'too large'),
              (error) => done(error.message));''', base64.b64encode(contents).decode())] += 1
    assert outcomes.keys() == {
        'read', 'The file is not a JPEG or PNG.', 'The photograph has more than 50 megapixels.',
        'The file cannot be decoded; it may be damaged.'}


def test_nothing_is_sent_anywhere(ready, address):
    """Its own files are all that it loads; to send, a script of the page finds no way."""
    loaded = ready.execute_script(
        "return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert loaded and all(name.startswith(address) for name in loaded)
    asked = []

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Other) as server:
        threading.Thread(target=server.serve_forever).start()
        refused = ready.execute_async_script('''
            const [url, done] = arguments;
            const refused = [];
            document.addEventListener(
              'securitypolicyviolation', (event) => refused.push(event.violatedDirective));
            new Image().src = url;
            navigator.sendBeacon(url, 'photograph');
            const form = document.body.appendChild(document.createElement('form'));
            Object.assign(form, {action: url, method: 'post', target: '_blank'});
            form.submit();
            fetch(url).catch(() => setTimeout(() => done(refused), 500));
            ''', f'http://127.0.0.1:{server.server_port}/')
        server.shutdown()
    assert not asked
    assert {'img-src', 'connect-src'} <= {*refused}


def test_it_fits_a_small_phone_and_keys_reach_everything(ready, files):
    ask(ready, files[0])
    assert ready.execute_script('return document.documentElement.scrollWidth') <= WIDTH
    buttons = [ready.find_element('id', name) for name in ('take', 'choose')]
    assert all(button.size['height'] >= 48 for button in buttons)
    ready.execute_script('''
        document.activeElement.blur();
        window.scrollTo(0, 0);
        window.opened = [];
        HTMLInputElement.prototype.click = function () { window.opened.push(this.id); };
        document.body.tabIndex = -1;
        document.body.focus();''')
    for button in buttons:
        ready.switch_to.active_element.send_keys(Keys.TAB)
        assert ready.switch_to.active_element == button
        button.send_keys(Keys.ENTER)
    assert ready.execute_script('return window.opened') == ['camera', 'file']


def test_it_refuses_to_answer_where_the_browser_computes_otherwise(page, browser, tmp_path):
    folder = shutil.copytree(page, tmp_path / 'page')
    golden = folder / 'model' / 'golden.json'
    pictures = json.loads(golden.read_text())
    pictures[1]['probabilities'][0] += 2e-3
    golden.write_text(json.dumps(pictures))
    with served(folder) as address:
        browser.get(address)
        wait_for(browser, lambda: 'does not compute as it should' in text(browser))
        assert not browser.find_element('id', 'take').is_enabled()
        assert not browser.find_element('id', 'choose').is_enabled()


@pytest.mark.parametrize('missing', [
    'model/model.tflite', 'litert/litert_wasm_internal.js', 'litert/litert_wasm_internal.wasm'])
def test_what_is_missing_is_not_said_to_be_the_browsers_fault(page, browser, tmp_path, missing):
    folder = shutil.copytree(page, tmp_path / 'page')
    (folder / missing).unlink()
    with served(folder) as address:
        browser.get(address)
        wait_for(browser, lambda: 'a file of it was not loaded' in text(browser))
        assert '[object' not in text(browser)
        assert not browser.find_element('id', 'choose').is_enabled()


def test_a_newer_page_works_without_a_network_too(page, browser, tmp_path):
    folder = shutil.copytree(page, tmp_path / 'page')
    with served(folder) as address:
        browser.get(address)
        wait_for(browser, lambda: 'Kept on this device' in text(browser, 'kept'))
        (folder / 'index.html').write_text(
            (folder / 'index.html').read_text().replace('<body', '<body data-newer'))
        (folder / 'files.js').unlink()
        (folder / 'files.js').write_text(page_format._list_files(folder))
        browser.get(address)  # the older worker answers, and the newer one is installed
        wait_for(browser, lambda: 'Kept on this device' in text(browser, 'kept'))
        wait_for(browser, lambda: browser.execute_async_script(
            'const done = arguments[0];'
            'navigator.serviceWorker.getRegistration().then((found) => done(!!found.waiting))'))
        browser.get('about:blank')  # the newer worker takes over
    shutil.rmtree(folder)  # a connection that is kept alive would still be answered
    browser.get(address)
    wait_for(browser, lambda: text(browser) == 'Ready.')
    assert browser.execute_script("return 'newer' in document.body.dataset")


def test_it_works_without_a_network(page, browser, files, tmp_path):
    folder = shutil.copytree(page, tmp_path / 'page')
    with served(folder) as address:
        browser.get(address)
        wait_for(browser, lambda: 'Kept on this device' in text(browser, 'kept'))
        answers = ask(browser, files[0])
    shutil.rmtree(folder)  # a connection that is kept alive would still be answered
    browser.get(address)
    wait_for(browser, lambda: text(browser) == 'Ready.')
    again = ask(browser, files[0])
    np.testing.assert_array_equal(again['probabilities'], answers['probabilities'])
