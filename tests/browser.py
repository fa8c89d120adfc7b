"""Chromium without a screen, for tests of what people open in a browser."""

import contextlib
import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

_CHROMIUM, _DRIVER = (shutil.which(name) for name in ('chromium', 'chromedriver'))

needs_browser = pytest.mark.skipif(
    not (_CHROMIUM and _DRIVER), reason='no chromium and chromedriver are installed')


@contextlib.contextmanager
def open_browser(profile, width, height):
    """Opens Chromium with a profile in an empty folder; what it logs can be read."""
    options = webdriver.ChromeOptions()
    options.binary_location = _CHROMIUM
    for argument in ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic',
                     '--no-first-run', '--disable-background-networking', '--disable-sync',
                     '--disable-component-update', f'--window-size={width},{height}',
                     f'--user-data-dir={profile}'):
        options.add_argument(argument)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    driver = webdriver.Chrome(options=options, service=Service(_DRIVER))
    try:
        yield driver
    finally:
        driver.quit()
