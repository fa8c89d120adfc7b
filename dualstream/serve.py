"""Serves the page for phones: python -m dualstream.serve RUN.

RUN is a finished run's folder, whose page is written into RUN/phone first if it is not there or the
run is newer; or a folder that `python -m dualstream.export --format=page` wrote. Only this machine
can reach the server, unless --host says otherwise. Ctrl-C stops it.

A phone lets pages work without a network only where they come by HTTPS, or from the phone itself as
with `adb reverse tcp:8000 tcp:8000`. The page is static files: any host of such files serves it.
"""

import pathlib
import subprocess
import sys

from absl import flags

from dualstream.export.config import ExportConfig
from dualstream.export.run_page import find_page
from dualstream.export.serving import make_server
from dualstream.runtime import command, configflags
from dualstream.runtime.errors import UserError

_HOST = flags.DEFINE_string('host', '127.0.0.1', 'The address to listen at; 0.0.0.0 for all.')
_PORT = flags.DEFINE_integer('port', 8000, 'The port; 0 takes a free one.', 0, 65535)
configflags.define(ExportConfig, 'photos', 'data_dir')


def main(argv: list[str]) -> None:
    if len(argv) != 2:
        raise UserError('name one folder: a run, or what the export wrote')
    page = find_page(pathlib.Path(argv[1]), _export)
    try:
        server = make_server(page, host=_HOST.value, port=_PORT.value)
    except OSError as error:
        raise UserError(f'--host={_HOST.value} --port={_PORT.value}: {error.strerror}') from error
    with server:
        print(f'http://{_HOST.value}:{server.server_port}/ (Ctrl-C stops it)', flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass  # the usual end


def _export(run: pathlib.Path, out: pathlib.Path) -> None:
    """Writes a run's page in a process of its own, so that the server need not hold TensorFlow."""
    given = {'photos': flags.FLAGS.photos, 'data_dir': flags.FLAGS.data_dir}
    ended = subprocess.run([
        sys.executable, '-m', 'dualstream.export', f'--workdir={run}', f'--out={out}',
        '--format=page', *(f'--{name}={value}' for name, value in given.items() if value)])
    if ended.returncode:
        raise UserError('the page was not written')  # the export has said why


def cli() -> None:
    command.run(main, arguments=True)


if __name__ == '__main__':
    cli()
