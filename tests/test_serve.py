"""The command serve: the page's files with strict headers, to this machine alone."""

import signal
import urllib.error
import urllib.request

import pytest
from commands import Command, run

pytestmark = pytest.mark.slow


def test_a_page_is_served_with_strict_headers_until_ctrl_c(tmp_path):
    page = tmp_path / 'exported' / 'page'
    page.mkdir(parents=True)
    for name in ('index.html', 'files.js', 'engine.wasm'):
        (page / name).write_text(name)
    server = Command('dualstream.serve', page.parent, '--port=0')
    server.wait_for('http://')
    address = server.said().split()[0]
    assert address.startswith('http://127.0.0.1:')
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == b'index.html'
        policy = answer.headers['Content-Security-Policy']
    assert "default-src 'none'" in policy and "connect-src 'self'" in policy
    assert 'unsafe-inline' not in policy and '*' not in policy
    with urllib.request.urlopen(f'{address}engine.wasm') as answer:
        assert answer.headers['Content-Type'] == 'application/wasm'
    with pytest.raises(urllib.error.HTTPError, match='404'):
        urllib.request.urlopen(f'{address}../../secret')
    server.kill(signal.SIGINT)
    server.communicate()
    assert server.returncode == 0


@pytest.mark.parametrize('arguments, why', [
    ((), 'name one folder'), (('{folder}',), 'neither a finished run nor'),
    (('{folder}', '--port=70000'), '--port')])
def test_what_cannot_be_served_is_one_line(tmp_path, arguments, why):
    ended = run('dualstream.serve', *(each.format(folder=tmp_path) for each in arguments))
    assert ended.returncode == 1
    assert why in ended.stderr and ended.stderr.count('\n') == 1
