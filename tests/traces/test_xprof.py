"""The figures of a review are xprof's, on every trace that there is; -s prints both.

Real traces of a CPU are taken here. Those of AMD's MI300X were taken by others with JAX, and are
not part of the repository: their tests skip without them. The rest are made by hand.
"""

import collections
import json
import pathlib
import shutil

import commands
import handmade
import pytest
import tensorflow as tf
from xprof.convert import raw_to_tool_data

from dualstream.traces import read_trace, review
from dualstream.traces.capture import Capture, Facts
from dualstream.traces.kinds import is_python_op
from dualstream.traces.roofline import read_roofline

REAL = pathlib.Path(__file__).parents[3] / 'shared' / 'data' / 'traces'
MI300X = ['jax_mi300_conv', 'jax_mi300_legacy']

GEMM, FUSION = 'ampere_sgemm_128x64_tn', '%fusion.1 = f32[8]{0} fusion(%p)'
NCCL = 'ncclDevKernel_AllReduce_Sum_f32_RING_LL(ncclDevComm*, unsigned long, ncclWork*)'
COST = {FUSION: {'hlo_category': 'convolution fusion', 'flops': 3 * 10**11, 'program_id': 123,
                 'model_flops': 3 * 10**11, 'bytes_accessed': 10**9, 'symbol_id': 1},
        'all-reduce.1': {'hlo_category': 'all-reduce', 'program_id': 123, 'symbol_id': 2}}

JAX = """
import os, sys
os.environ |= {'XLA_FLAGS': '--xla_force_host_platform_device_count=2', 'JAX_PLATFORMS': 'cpu'}
import jax
import jax.numpy as jnp

mesh = jax.make_mesh((2,), ('devices',))
halves = jax.NamedSharding(mesh, jax.P('devices'))

@jax.jit
def exchange(x):
    add = jax.shard_map(lambda x: jax.lax.psum(x, 'devices'), mesh=mesh,
                        in_specs=jax.P('devices'), out_specs=jax.P())
    return add(x)

@jax.jit
def multiply(x):
    for _ in range(5):
        x = jnp.tanh(x @ x)
    return x

wide, square = jax.device_put(jnp.ones([2, 2_000_000]), halves), jnp.ones([500, 500])
exchange(wide).block_until_ready(), multiply(square).block_until_ready()
for logdir, step, x in zip(sys.argv[1:], (exchange, multiply), (wide, square)):
    jax.profiler.start_trace(logdir)
    for number in range(4):
        if step is exchange:
            with jax.profiler.StepTraceAnnotation('train', step_num=number):
                step(x).block_until_ready()
        else:
            step(x).block_until_ready()
    jax.profiler.stop_trace()
"""


def compare(title, figures, rel=1e-3):
    """Prints figures of a trace, ours beside xprof's, and compares them."""
    print(f'\n{title:48} {"review":>12} {"xprof":>12}')
    for name, (ours, theirs) in figures.items():
        print(f'  {name[:46]:46} {ours:12.4f} {theirs:12.4f}')
    for name, (ours, theirs) in figures.items():
        assert ours == pytest.approx(theirs, rel=rel, abs=1e-3), name


def tool(trace, name, folder):
    """The tables of one of xprof's tools: a list of (properties, rows)."""
    copy = folder / f'{name}.xplane.pb'  # xprof writes beside it
    shutil.copyfile(trace, copy)
    said, _ = raw_to_tool_data.xspace_to_tool_data([str(copy)], name, {})
    tables = json.loads(said)
    return [(table.get('p') or {}, [
        dict(zip((column['id'] for column in table['cols']), (cell['v'] for cell in row['c'])))
        for row in table['rows']])
        for table in (tables if isinstance(tables, list) else [tables]) if 'cols' in table]


def steps_of(trace, folder):
    """The properties of the overview's table of steps, and its rows; it has all of up to five."""
    return next(table for table in tool(trace, 'overview_page', folder)
                if 'steptime_ms_average' in table[0])


def mean(rows, name):
    return sum(float(row[name]) for row in rows) / len(rows)


def write(folder, made):
    return next(handmade.write(folder, made).rglob('*.xplane.pb'))


def test_a_cpu(tmp_path):
    trace = write(tmp_path, handmade.on_cpu(steps=4, wait_ms=4))
    seen, (_, rows) = review(read_trace(trace)), steps_of(trace, tmp_path)
    compare('CPU (built)', {
        'steps': (seen.steps, len(rows)), 'step, ms': (seen.step_ms, mean(rows, 'stepTimeMs')),
        'input, ms': (seen.split_ms['input'], mean(rows, 'infeedTimeMs'))})


def test_tensorflow_on_a_cpu(tmp_path):
    batches = iter(tf.data.Dataset.range(100).map(lambda number: (
        tf.py_function(lambda: print(end='' * sum(range(10**5))), [], []),
        tf.fill([4, 4], tf.cast(number, tf.float32)))[1]).prefetch(1))
    next(batches)
    with Capture(tmp_path, Facts()) as capture:
        for number in range(4):
            with capture.step(number):
                tf.reduce_sum(next(batches)).numpy()
    trace = next(tmp_path.rglob('*.xplane.pb'))
    read, (_, rows) = read_trace(trace), steps_of(trace, tmp_path)
    seen = review(read)
    compare('TensorFlow on this CPU', {
        'steps': (seen.steps, len(rows)), 'step, ms': (seen.step_ms, mean(rows, 'stepTimeMs'))})
    # xprof counts the call around the wait, too.
    compare('TensorFlow on this CPU', {
        'input, ms': (seen.split_ms['input'], mean(rows, 'infeedTimeMs'))}, rel=0.1)
    _, ops = tool(trace, 'framework_op_stats', tmp_path)[0]
    compare('TensorFlow on this CPU', {'py_function, all that were traced, us': (
        sum(event.duration for event in read.select(is_python_op)),
        sum(row['total_self_time'] for row in ops if row['type'] == 'EagerPyFunc'))})


@pytest.fixture(scope='module')
def on_jax(tmp_path_factory):
    """Traces of two logical devices that add up an array, and of a program without marks."""
    folders = [tmp_path_factory.mktemp(name) for name in ('exchange', 'multiply')]
    process = commands.run('-c', JAX, *folders)
    assert process.returncode == 0, process.stderr
    return [next(folder.rglob('*.xplane.pb')) for folder in folders]


def test_collectives_of_jax_on_a_cpu(on_jax, tmp_path):
    seen, (_, rows) = review(read_trace(on_jax[0])), steps_of(on_jax[0], tmp_path)
    compare('JAX on two devices of this CPU', {
        'steps': (seen.steps, len(rows)), 'step, ms': (seen.step_ms, mean(rows, 'stepTimeMs'))})
    assert seen.verdict.startswith('Bound by communication between devices')


def test_modules_of_jax_on_a_cpu(on_jax, tmp_path):
    """Where no step is marked, xprof gives no time of a step, and the review that of a run."""
    seen, (properties, rows) = review(read_trace(on_jax[1])), steps_of(on_jax[1], tmp_path)
    assert not rows and 'No step time measured' in properties['input_conclusion']
    assert seen.steps == 4 and 'runs of the module jit_multiply' in seen.steps_are
    assert seen.verdict.startswith('Compute-bound') and seen.top_ops


@pytest.mark.parametrize('title, device', [
    ('GPU', [(GEMM, 0, 7), ('reduce_kernel', 7, 3)]),
    ('GPU with collectives', [(GEMM, 0, 2), (NCCL, 2, 8)]),
    ('GPU with collectives, half of them beside computing',
     [(GEMM, 0, 8), (NCCL, 6, 4, 'Stream #20(Kernel)')]),
    ('GPU with transfers', [('MEMCPYHtoD', 0, 8, 'Stream #14(MemcpyH2D)'), (GEMM, 8, 2)])])
def test_a_gpu(tmp_path, title, device):
    trace = write(tmp_path, handmade.on_gpu(device))
    seen, (_, rows) = review(read_trace(trace)), steps_of(trace, tmp_path)
    compare(f'{title} (built)', {
        'steps': (seen.steps, len(rows)), 'step, ms': (seen.step_ms, mean(rows, 'stepTimeMs')),
        'computing, ms': (seen.split_ms['device'], mean(rows, 'deviceComputeTimeMs')),
        'collectives, ms': (seen.split_ms['communication'], mean(rows, 'deviceCollectivesTimeMs')),
        'transfer, ms': (seen.split_ms['transfer'], mean(rows, 'infeedTimeMs'))})
    _, kernels = tool(trace, 'kernel_stats', tmp_path)[0]
    ours = {name: time * seen.steps for name, time in seen.top_ops}
    compare(f'{title} (built): kernels, ms', {
        row['kernel_name']: (ours[row['kernel_name']], row['total_duration_us'] / 1e3)
        for row in kernels})


def test_a_tpu(tmp_path):
    made = handmade.on_tpu([(FUSION, 0, 3), ('all-reduce.1', 3, 5)], common=COST)
    trace = write(tmp_path / 'whole', made)
    seen = review(read_trace(trace))
    # xprof joins the host's steps to the core's by numbers that a trace made by hand lacks, so it
    # gets the plane of the core alone.
    for plane in [plane for plane in made.proto.planes if plane.name != '/device:TPU:0']:
        made.proto.planes.remove(plane)
    properties, _ = steps_of(write(tmp_path / 'core', made), tmp_path)
    roofline = read_roofline(trace)
    ops = {row['operation']: row for _, rows in tool(trace, 'roofline_model', tmp_path)
           for row in rows if row.get('step') == 'Total'}
    compare('TPU (built)', {
        'step, ms': (seen.step_ms, float(properties['steptime_ms_average'])),
        'busy, ms': (seen.ran_on['TPU:0'], float(properties['tc_active_ms_average'])),
        'idle, ms': (seen.step_ms - seen.ran_on['TPU:0'],
                     float(properties['tc_idle_ms_average'])),
        'share of peak': (roofline.share_of_peak, ops[FUSION]['compute_efficiency'])})


@pytest.mark.parametrize('name', MI300X)
def test_real_gpus(tmp_path, name):
    trace = REAL / f'{name}.xplane.pb'
    if not trace.exists():
        pytest.skip('the traces of MI300X are not here')
    read = read_trace(trace)
    ours = collections.Counter()
    for device in read.devices.values():
        for event in device.events:
            ours[event.name] += event.duration
    theirs = collections.Counter()
    for row in tool(trace, 'kernel_stats', tmp_path)[0][1]:
        theirs[row['kernel_name']] += row['total_duration_us']
    copies = {kernel for kernel in ours if kernel.startswith('Copy')}  # no kernels for xprof
    assert set(theirs) == set(ours) - copies
    compare(f'{name}: kernels, us', {kernel: (ours[kernel], theirs[kernel]) for kernel in theirs})

    programs = sum(event.duration for device in read.devices.values() for event in device.events
                   if event.module)
    _, ops = tool(trace, 'framework_op_stats', tmp_path)[0]
    _, hlo = tool(trace, 'hlo_stats', tmp_path)[0]
    program = next(row for _, rows in tool(trace, 'roofline_model', tmp_path) for row in rows
                   if row.get('operation') == 'Program')
    roofline, micro = read_roofline(trace), 1e-6
    compare(f'{name}: all devices', {
        'ops of XLA, us': (programs, sum(row['total_self_time'] for row in hlo)),
        'ops of frameworks, us': (programs, sum(
            row['total_self_time'] for row in ops
            if row['host_or_device'] == 'Device' and row['type'] != 'IDLE')),
        'arithmetic, TFLOP': (roofline.flops / 1e12, program['measured_flop_rate'] * micro
                              * program['total_time'] / 1e3),
        'memory, GiB': (roofline.bytes / 2**30, program['hbm_bw'] * micro
                        * program['total_time'])})
    properties, _ = steps_of(trace, tmp_path)
    assert 'No step time measured' in properties['input_conclusion']
    seen = review(read)
    print(f'  xprof: {properties["input_conclusion"]}')
    print(f'  review: {seen.steps} {seen.steps_are} of {seen.step_ms:.2f} ms: {seen.verdict}')
    assert seen.steps == 5 and max(seen.busy.values()) < 0.3
