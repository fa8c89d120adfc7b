"""LiteRT.js, which the page runs a model with: fetched once, checked, and kept for later.

It is 19 MB of WebAssembly, too much to be a part of this package. A network is needed the first
time only.
"""

import base64
import hashlib
import http.client
import io
import os
import pathlib
import tarfile
import urllib.request

from dualstream.runtime.atomic import writing
from dualstream.runtime.errors import UserError

VERSION = '2.5.3'
"""That the page was tested with."""

_REGISTRY = 'https://registry.npmjs.org/@litertjs'
_PACKAGES = {  # with the SHA-512 that the registry states
    'core': 'PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ'
            '==',
    'wasm-utils': '4fJiw6tBQnIs+0jH/OQ16nYOiSl8/+zZnn5h2ul8aTKHi05sVqZW580Tmk78pC2kT39A9OYBVdFawteZ'
                  '/sI1kQ==',
}
_FILES = (
    ('core', 'dist/index.js', 'index.js'),
    ('wasm-utils', 'dist/index.js', 'wasm-utils.js'),
    # With relaxed SIMD, and for browsers without it.
    *(('core', f'wasm/{name}', name)
      for kind in ('', 'compat_') for name in (f'litert_wasm_{kind}internal.js',
                                               f'litert_wasm_{kind}internal.wasm')))
_TIMEOUT = 60  # seconds without a byte
_NOTICE = f"""\
LiteRT.js {VERSION} (@litertjs/core and @litertjs/wasm-utils), https://github.com/google-ai-edge/LiteRT
Copyright Google LLC. Licensed under the Apache License, Version 2.0; see the file LICENSE.
Changed: index.js imports wasm-utils.js by its path.
"""


def install_litert_js(folder: pathlib.Path) -> None:
    """Writes the files of LiteRT.js that a page needs into a folder, with their notice.

    Args:
      folder: exists, and holds the file LICENSE.

    Raises:
      UserError: it is not kept from an earlier time and cannot be fetched, or is not what was
        tested.
    """
    packages = {name: _package(name) for name in _PACKAGES}
    for package, source, name in _FILES:
        with tarfile.open(fileobj=io.BytesIO(packages[package]), mode='r:gz') as archive:
            content = archive.extractfile(f'package/{source}').read()
        if name == 'index.js':  # browsers do not know where packages are
            content = content.replace(b'"@litertjs/wasm-utils"', b'"./wasm-utils.js"')
        (folder / name).write_bytes(content)
    (folder / 'NOTICE').write_text(_NOTICE)


def kept_packages() -> pathlib.Path:
    """The folder that fetched packages are kept in."""
    cache = os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache'
    return pathlib.Path(cache, 'dualstream')


def _package(name: str) -> bytes:
    """The bytes of a package's archive, which are those that were tested."""
    kept = kept_packages() / f'{name}-{VERSION}.tgz'
    url = f'{_REGISTRY}/{name}/-/{kept.name}'
    fetched = not kept.exists()
    content = _fetch(url, kept) if fetched else kept.read_bytes()
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if digest != _PACKAGES[name]:
        raise UserError(f'{url if fetched else kept} is not LiteRT.js {VERSION}: its SHA-512 is '
                        f'{digest}')
    if fetched:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with writing(kept) as scratch:
            scratch.write_bytes(content)
    return content


def _fetch(url: str, kept: pathlib.Path) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:
            return response.read()
    except (OSError, http.client.HTTPException) as error:
        raise UserError(f'LiteRT.js cannot be fetched ({error}); without a network, put {url} into '
                        f'{kept.parent}') from error
