"""An HTTP server for the page, with the headers that a good host sends."""

import functools
import http.server
import pathlib

CONTENT_SECURITY_POLICY = '; '.join([
    "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self'",
    "img-src 'self'", "style-src 'self'", "manifest-src 'self'", "worker-src 'self'",
    "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])
"""What the page may do: run its own scripts and load its own files, and nothing else."""

_TYPES = {
    '.css': 'text/css; charset=utf-8', '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8', '.json': 'application/json', '.png': 'image/png',
    '.svg': 'image/svg+xml', '.wasm': 'application/wasm',
    '.webmanifest': 'application/manifest+json', '': 'text/plain; charset=utf-8',
    '.tflite': 'application/octet-stream'}
"""Without the one of .wasm, browsers load it more slowly; a system may know other ones."""


class _Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = _TYPES
    protocol_version = 'HTTP/1.1'

    def end_headers(self):
        self.send_header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
        self.send_header('X-Content-Type-Options', 'nosniff')
        self.send_header('Referrer-Policy', 'no-referrer')
        self.send_header('Cache-Control', 'no-cache')  # ask whether there is a newer one
        super().end_headers()

    def list_directory(self, path):
        self.send_error(http.HTTPStatus.NOT_FOUND)

    def log_message(self, format, *arguments):
        pass  # the browser's own tools show each request


def make_server(
    folder: pathlib.Path, *, host: str = '127.0.0.1', port: int = 0
) -> http.server.ThreadingHTTPServer:
    """Makes a server of a folder's files; `serve_forever` starts it.

    Use it to try the page; any host of static files can serve it, too.

    Args:
      folder: of the page.
      host: the address to listen at; the default is this machine alone.
      port: the port; 0 for a free one, which `server_port` then is.

    Raises:
      OSError: the address or the port cannot be used.

    Example:

    >>> import threading, urllib.request
    >>> folder = getfixture('tmp_path')
    >>> _ = (folder / 'index.html').write_text('leaf')
    >>> server = make_server(folder)
    >>> threading.Thread(target=server.serve_forever, daemon=True).start()
    >>> urllib.request.urlopen(f'http://127.0.0.1:{server.server_port}/').read()
    b'leaf'
    >>> server.shutdown()
    >>> server.server_close()
    """
    handler = functools.partial(_Handler, directory=str(folder))
    return http.server.ThreadingHTTPServer((host, port), handler)
