"""The command dualstream.plan, with the TPU's compiler where that is installed."""

import importlib.util
import json
import math
import os
import subprocess
import sys

import pytest


def run(*arguments):
    return subprocess.run([sys.executable, '-m', 'dualstream.plan', *arguments],
                          capture_output=True, text=True)


def needs_the_compiler(test):
    missing = [name for name in ('jax', 'libtpu') if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f'{missing} not installed')(test)


@pytest.mark.slow
@needs_the_compiler
def test_json_has_the_whole_plan():
    process = run('--tpu=v5litepod-4', '--preset=nano', '--batch_size=8', '--image_size=64',
                  '--json')
    assert process.returncode == 0, process.stderr
    plan = json.loads(process.stdout)
    assert plan['fits'] is True and 0 < plan['memory_gb'] < plan['hbm_gb'] == 16
    assert plan['step_ms'] == max(plan['compute_ms'], plan['memory_ms']) > 0
    assert plan['images_per_second'] == pytest.approx(1e3 * 4 * 8 / plan['step_ms'])
    host = plan['host']
    assert host['cores'] == os.cpu_count()
    assert set(host['rates']) == {'none', *(
        f'{mask}-{crop}' for mask in ('cv', 'tf') for crop in ('array', 'random'))}
    for name, rates in host['rates'].items():
        assert set(rates) == ({'frame'} if name == 'none' else {'pixels', 'glance', 'grid'})
        for look, rate in rates.items():
            needed = host['to_feed'][name][look]
            assert needed['cores'] == math.ceil(plan['images_per_second'] / rate)
            assert needed['workers'] == math.ceil(needed['cores'] / host['cores'])
    assert host['rates']['tf-array']['grid'] > host['rates']['cv-array']['pixels']
    assert 5_000 < host['photo_bytes'] < 1_000_000
    image = 3 * 64 * 64
    alone, fed = plan['limits']['alone'], plan['limits']['fed']
    for limits in (alone, fed):
        assert limits['chips'] == plan['images_per_second']
        assert limits['links'] == pytest.approx(4 * 15e9 / image)
        assert limits[limits['binding']] == min(
            value for part, value in limits.items() if part != 'binding')
    assert alone['network'] == pytest.approx(12.5e9 / host['photo_bytes'])
    assert fed['network'] == pytest.approx(12.5e9 / image)
    assert alone['vCPUs'] == pytest.approx(112 * host['rates']['tf-array']['grid'])


@pytest.mark.parametrize('argument, why', [
    ('--tpu=v9-8', 'one of v5litepod-1, v5litepod-4, v5litepod-8, v6e-1, v6e-4, v6e-8'),
    ('--preset=huge', '--preset=huge: value should be one of'),
    ('--batch_size=0', '--batch_size=0: 0 is not a positive integer'),
    ('--image_size=big', '--image_size=big: it must be HEIGHTxWIDTH'),
])
def test_what_cannot_be_is_one_line_and_a_status(argument, why):
    process = run(argument)
    assert process.returncode == 1 and not process.stdout
    assert process.stderr.startswith('error: ') and why in process.stderr
    assert process.stderr.count('\n') == 1


def test_without_the_compiler_it_says_what_to_install():
    process = subprocess.run([sys.executable, '-c', '''
import runpy, sys
sys.modules["libtpu"] = None
runpy.run_module("dualstream.plan", run_name="__main__")'''], capture_output=True, text=True)
    assert process.returncode == 1
    assert process.stderr.startswith('error: ') and process.stderr.count('\n') == 1
    assert "pip install 'dualstream[tpu]'" in process.stderr
