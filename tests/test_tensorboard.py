"""A real TensorBoard on a real run's logs, in a real browser: everything is shown, without errors.

With the environment variable SCREENSHOTS=FOLDER, what the browser shows is kept there.
"""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from browser import needs_browser, open_browser
from selenium.webdriver.support.wait import WebDriverWait

from dualstream.pipeline import Routine
from dualstream.report.tensorboard import write_graphs

pytestmark = [pytest.mark.slow, needs_browser]

XPROFS_OWN = (
    'gstatic.c', 'googleapis.com', 'google is not defined',  # without internet: charts and fonts
    'navigateWithUrl')  # XProf 2.24 says it whenever the trace viewer is chosen, of any trace
"""In errors of XProf's page that no trace of ours brings about."""

TEXT = '''
function text(node) {
  let all = '';
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) all += child.data + ' ';
    if (child.nodeType !== Node.ELEMENT_NODE) continue;
    if (['STYLE', 'SCRIPT', 'TEMPLATE'].includes(child.tagName)) continue;
    all += text(child) + (child.shadowRoot ? text(child.shadowRoot) : '');
  }
  return all;
}
return text(document.body).replace(/\\s+/g, ' ');
'''

CLICK = '''
function all(node, tag) {
  return [...node.childNodes].filter((each) => each.nodeType === Node.ELEMENT_NODE).flatMap(
    (each) => [...(each.matches(tag) ? [each] : []), ...all(each, tag),
               ...(each.shadowRoot ? all(each.shadowRoot, tag) : [])]);
}
const wanted = all(document, arguments[0]).filter(
  (each) => each.textContent.trim() === arguments[1]);
wanted.forEach((each) => each.click());
return wanted.length;
'''
"""Clicks on the elements of a tag and a text, wherever they are; says how many they were."""


@pytest.fixture(scope='module')
def address(finished, tmp_path_factory):
    """Of a TensorBoard that shows a finished run, with the graphs of all masks and crops."""
    logdir = tmp_path_factory.mktemp('tensorboard')
    shutil.copytree(finished / 'tensorboard', logdir, dirs_exist_ok=True)
    for mask, crop in (('cv', 'loop'), ('tf', 'random')):  # the run's own are tf and array
        write_graphs(logdir, Routine((64, 64), mask, crop))
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, '-m', 'tensorboard.main', f'--logdir={logdir}', f'--port={port}',
         '--host=127.0.0.1', '--load_fast=false'],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f'http://127.0.0.1:{port}'
    until = time.monotonic() + 90
    while time.monotonic() < until:
        try:
            if len(fetch(address, 'runs')) >= 7:
                break
        except OSError:
            assert server.poll() is None
        time.sleep(0.5)
    yield address
    server.terminate()
    server.wait()


def fetch(address, what):
    with urllib.request.urlopen(f'{address}/data/{what}') as answer:
        return json.load(answer)


@pytest.fixture(scope='module')
def browser(tmp_path_factory):
    with open_browser(tmp_path_factory.mktemp('chromium'), 1400, 1000) as driver:
        yield driver


@pytest.fixture
def opened(address, browser, request):
    """Opens a page; as the test ends, keeps a picture of it, and looks for errors."""
    def open_it(page):
        browser.get('about:blank')
        browser.get_log('browser')
        browser.get(f'{address}/#{page}')
        return browser

    yield open_it
    browser.switch_to.default_content()
    if 'SCREENSHOTS' in os.environ:
        name = request.node.name.removeprefix('test_').translate(str.maketrans('[]/ ', '----'))
        folder = pathlib.Path(os.environ['SCREENSHOTS'])
        folder.mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(folder / f'tensorboard-{name.strip("-")}.png'))
    errors = [entry['message'] for entry in browser.get_log('browser')
              if entry['level'] == 'SEVERE'
              and not any(word in entry['message'] for word in XPROFS_OWN)]
    assert not errors


def wait_for_text(browser, *wanted):
    """The page's text, once all that is wanted is in it."""
    WebDriverWait(browser, 60).until(
        lambda driver: all(each in driver.execute_script(TEXT) for each in wanted),
        f'the page never showed {wanted}')
    return browser.execute_script(TEXT)


def test_scalars(opened):
    wait_for_text(opened('scalars'), 'epoch_loss', 'tag: epoch_accuracy',
                  'epoch_balanced_accuracy')


def test_crops_of_every_epoch(opened, address):
    wait_for_text(opened('images'), 'crops', 'crops/01', 'step 1')
    shown = fetch(address, 'plugin/images/images?run=train&tag=crops/01&sample=0')
    assert [picture['step'] for picture in shown] == [0, 1]


@pytest.mark.parametrize('run, node', [
    ('tf_color_mask', 'Maximum'), ('cv_color_mask', 'cv_color_mask'), ('array_crop', 'crop'),
    ('loop_crop', 'crop'), ('max_rand_crop', 'crop')])
def test_graph(opened, address, run, node):
    browser = opened('graphs')
    WebDriverWait(browser, 60).until(
        lambda driver: driver.execute_script(CLICK, 'paper-item', f'graphs/{run}'))
    WebDriverWait(browser, 60).until(
        lambda driver: node in driver.execute_script(TEXT).split('Main Graph')[-1]
        and f'run=graphs%2F{run}' in driver.execute_script(
            "return performance.getEntriesByType('resource').map((each) => each.name).join()"))
    with urllib.request.urlopen(
            f'{address}/data/plugin/graphs/graph?run=graphs/{run}') as answer:
        graph = answer.read().decode()
    # What the graph is looked at for: whether something in it is Python, and so bound to the host.
    assert ('EagerPyFunc' in graph) == (run == 'cv_color_mask')


def choose_tool(browser, tool):
    browser.switch_to.frame(browser.find_element('tag name', 'iframe'))
    wait_for_text(browser, 'Overview Page', 'Hosts')
    browser.find_elements('tag name', 'mat-select')[1].click()
    WebDriverWait(browser, 20).until(lambda driver: driver.find_elements('tag name', 'mat-option'))
    next(option for option in browser.find_elements('tag name', 'mat-option')
         if option.text.strip() == tool).click()


def test_profile_overview(opened):
    browser = opened('profile')
    browser.switch_to.frame(WebDriverWait(browser, 60).until(
        lambda driver: driver.find_element('tag name', 'iframe')))
    text = wait_for_text(browser, 'Performance Summary', 'Host Compute Time', 'Device type')
    assert 'No step' not in text
    spent = text.split('Host Compute Time')[1].split(')')[1].split('ms')[0]
    assert float(spent) > 0


def test_profile_input_pipeline_shows_step_times(opened):
    browser = opened('profile')
    WebDriverWait(browser, 60).until(lambda driver: driver.find_elements('tag name', 'iframe'))
    choose_tool(browser, 'Input Pipeline Analysis')
    text = wait_for_text(browser, 'Device step time', 'Average:', 'waiting for input')
    assert float(text.split('Average:')[1].split('ms')[0]) > 0


def test_profile_trace_viewer(opened):
    browser = opened('profile')
    WebDriverWait(browser, 60).until(lambda driver: driver.find_elements('tag name', 'iframe'))
    choose_tool(browser, 'Trace Viewer')
    browser.switch_to.frame(WebDriverWait(browser, 60).until(
        lambda driver: driver.find_element('css selector', 'iframe[src*=trace_viewer]')))
    wait_for_text(browser, '/host:CPU')
    # With many threads, all are folded into one line.
    assert browser.execute_script(CLICK, '*', 'Expand All')
    wait_for_text(browser, 'tf_Compute')
