"""Reviews of traces of accelerators, which are made by hand: the critical resource decides.

No accelerator could be had; see handmade.py. Real ones, that others took, are in test_xprof.py.
"""

import os

import handmade
import pytest

from dualstream.traces import read_trace, review

GEMM = 'ampere_sgemm_128x64_tn'
NCCL = 'ncclDevKernel_AllReduce_Sum_f32_RING_LL(ncclDevComm*, unsigned long, ncclWork*)'
H2D = 'Stream #14(MemcpyH2D)'
NEXT = 'IteratorGetNextOp::DoCompute'
MATMUL = 'model/dense/MatMul:MatMul'


@pytest.fixture
def seen(tmp_path):
    """Reviews a trace that is made by hand."""
    def see(made):
        found = review(read_trace(handmade.write(tmp_path, made)))
        assert sum(found.split_ms.values()) == pytest.approx(found.step_ms)
        assert all(time >= 0 for time in found.split_ms.values())
        return found

    return see


@pytest.mark.parametrize('kernel', [
    NCCL, 'ncclKernel_AllReduce_RING_LL_Sum_float', 'rcclGenericKernel<4, false>',
    'void ncclDevKernel_ReduceScatter_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<4096ul>)',
    'all-reduce.1', 'all-reduce-start.3', 'all-gather.2', 'reduce-scatter.7', 'all-to-all',
    'collective-permute-done.2', 'psum.4'])
def test_collectives_by_the_names_that_devices_write(seen, kernel):
    found = seen(handmade.on_gpu([(GEMM, 0, 2), (kernel, 2, 8)]))
    assert found.split_ms['communication'] == pytest.approx(8)
    assert found.split_ms['device'] == pytest.approx(2)
    assert found.verdict.startswith('Bound by communication between devices, 80%')


@pytest.mark.parametrize('kernel', [
    'ampere_sgemm_128x64_tn', 'loop_all_reduced_fusion', 'input_transpose_fusion.kd',
    'reduce_kernel', 'void cutlass::Kernel2<cutlass_80_tensorop>', 'sendable_fusion'])
def test_other_kernels_compute(seen, kernel):
    assert seen(handmade.on_gpu([(kernel, 0, 10)])).split_ms['device'] == pytest.approx(10)


def test_what_overlaps_with_computing_costs_nothing(seen):
    found = seen(handmade.on_gpu([(GEMM, 0, 6), (NCCL, 4, 4, 'Stream #20(Kernel)'),
                                  ('MemcpyH2D', 0, 7, H2D)]))
    assert found.split_ms['device'] == pytest.approx(6)
    assert found.split_ms['communication'] == pytest.approx(2)
    assert found.split_ms['transfer'] == 0


TPU_OPS = [('%fusion.1 = f32[8]{0} fusion(%p)', 0, 3)]


def test_a_tpus_ops_count_once(seen):
    """Its lines of steps, modules and asynchronous ops show the same time once more."""
    found = seen(handmade.on_tpu(TPU_OPS, asynchronous=[('copy-start.1', 0, 2)]))
    assert found.split_ms['device'] == pytest.approx(3)
    assert found.busy == {'TPU:0': pytest.approx(0.3)}
    assert list(found.ran_on) == ['TPU:0']  # neither the SparseCore nor the network
    assert found.top_ops[0] == ('fusion', pytest.approx(3))


def test_an_op_around_others_counts_for_what_it_does_itself(seen):
    found = seen(handmade.on_tpu([('while.1', 0, 9), ('fusion.2', 0, 3), ('all-reduce.1', 3, 5)]))
    assert found.split_ms['device'] == pytest.approx(4)
    assert found.split_ms['communication'] == pytest.approx(5)
    assert dict(found.top_ops)['while'] == pytest.approx(1)


def test_a_tpu_that_waits_for_its_infeed(seen):
    found = seen(handmade.on_tpu([('infeed.1', 0, 7), ('fusion.2', 7, 2)]))
    assert found.verdict.startswith('Input-bound by 70%: TPU:0 computes 20%')


def test_ops_of_the_host_beside_a_gpu_are_launches(seen):
    about = {'tf_op': 'model/v4_conv/Conv2D:Conv2D'}
    found = seen(handmade.on_gpu([(GEMM, 8.5, 1, about)], [(MATMUL, 0, 8)]))
    assert found.split_ms['launch'] == pytest.approx(8) and found.split_ms['compute'] == 0
    assert found.verdict.startswith('Launch-bound, 80% of the step: GPU:0 computes 10%')
    assert found.network_ms == {'HSV stream': pytest.approx(1)}  # from the kernels' scope
    assert found.top_ops == [(GEMM, pytest.approx(1))]
    assert found.ran_on == {'GPU:0': pytest.approx(1)}


@pytest.mark.parametrize('statistic', ['tf_op', 'hlo_op'])
def test_the_networks_parts_on_xla(seen, statistic):
    about = {statistic: 'jit(step)/dual_stream/v1_magno_conv/conv_general_dilated'}
    found = seen(handmade.on_gpu([('loop_fusion_3', 0, 4, about)]))
    assert found.network_ms == {'gray stream': pytest.approx(4)}


def test_events_of_a_device_are_cut_to_the_steps(seen):
    """They ran before, between and after the marks, too."""
    made = handmade.on_gpu([], steps=2)
    line = made.plane('/device:GPU:0', handmade.H100).line(handmade.STREAM)
    line.add(GEMM, 5, 45)
    found = seen(made)
    assert found.step_ms == pytest.approx(10)
    assert found.split_ms['device'] == pytest.approx(7.5)
    assert found.ran_on['GPU:0'] == pytest.approx(7.5)
    assert found.top_ops == [(GEMM, pytest.approx(7.5))]


def test_work_that_outlasts_the_marks_sets_the_time_of_a_step(seen):
    """The host runs ahead: it marks 2 ms a step, and the GPU works for 10."""
    made = handmade.on_gpu([], steps=4, step_ms=2)
    line = made.plane('/device:GPU:0', handmade.H100).line(handmade.STREAM)
    python = made.host.line('python')
    for step in range(4):
        python.add('cuLaunchKernel', 2 * step + 1, 0.001, correlation_id=step)
        line.add(GEMM, 10 * step + 1, 10, correlation_id=step)
    found = seen(made)
    assert found.step_ms == pytest.approx(10) and found.busy['GPU:0'] == pytest.approx(1)
    assert found.steps == 4 and 'their work on the accelerator' in found.steps_are


@pytest.mark.parametrize('name', ['MemcpyH2D', 'MEMCPYHtoD', 'CopyHostToDevice'])
def test_a_transfer_is_not_computing(seen, name):
    found = seen(handmade.on_gpu([(name, 0, 8, H2D), (GEMM, 8, 1)]))
    assert found.split_ms['transfer'] == pytest.approx(8)
    assert found.input_ms == {'transfer': pytest.approx(8)}
    assert found.verdict.startswith('Bound by transfers between host and accelerator, 80%')
    assert found.advice[0].endswith('up to 5.0 times as fast.')


@pytest.mark.parametrize('name, line', [
    ('CopyDeviceToDevice', 'Stream #8(MemcpyOther)'), ('MemcpyP2P', 'Stream #9(MemcpyP2P)'),
    ('__amd_rocclr_copyBuffer.kd', 'Stream #16(Kernel)')])
def test_copies_between_accelerators(seen, name, line):
    found = seen(handmade.on_gpu([(name, 0, 6, line), (GEMM, 6, 3)]))
    assert found.split_ms['copies'] == pytest.approx(6)
    assert found.verdict.startswith('Bound by copies within or between accelerators, 60%')


def test_a_busy_device_is_not_input_bound(seen):
    """The host runs ahead of the GPU, and waits in GetNext while the GPU computes."""
    found = seen(handmade.on_gpu([(GEMM, 0, 10)], [(NEXT, 0, 8.5)]))
    assert found.input_bound == 0 and found.split_ms['device'] == pytest.approx(10)
    assert found.verdict == 'Compute-bound: GPU:0 computes 100% of the step.'


def test_an_idle_device_waits_for_input(seen):
    found = seen(handmade.on_gpu([(GEMM, 8.5, 1)], [(NEXT, 0, 8)]))
    assert found.input_bound == pytest.approx(0.8)
    assert found.verdict == (
        'Input-bound by 80%: GPU:0 computes 10%; most of the input is its reading.')


def test_an_idle_device_waits_for_python(seen):
    found = seen(handmade.on_gpu([(GEMM, 0, 2)], [('$loader.py:7 augment', 2, 8)]))
    assert found.verdict.startswith('Host-bound, 80% of the step: GPU:0 computes 20%')
    assert found.verdict.endswith('longest in $loader.py:7 augment.')


def test_the_device_that_computes_longest_is_the_critical_one(seen):
    """The others wait for it in their collective."""
    made = handmade.on_gpu([], gpus=0)
    for number, computing in enumerate([2, 9, 4]):
        line = made.plane(f'/device:GPU:{number}', handmade.H100).line(handmade.STREAM)
        for step in range(5):
            line.add(GEMM, 10 * step, computing)
            line.add(NCCL, 10 * step + computing, 10 - computing)
    found = seen(made)
    assert found.device == 'GPU:1' and found.split_ms['communication'] == pytest.approx(1)
    assert found.busy == {'GPU:0': pytest.approx(0.2), 'GPU:1': pytest.approx(0.9),
                          'GPU:2': pytest.approx(0.4)}
    assert found.verdict.startswith('Compute-bound: GPU:1 computes 90%')


def cost(flops, moved):
    """What a TPU's compiler notes of each run of an op."""
    return {'%fusion.1 = f32[8]{0} fusion(%p)': {
        'hlo_category': 'convolution fusion', 'flops': flops, 'model_flops': flops,
        'bytes_accessed': moved, 'program_id': 123, 'symbol_id': 1}}


@pytest.mark.parametrize('flops, moved, verdict', [
    # A v5e computes 197 TFLOP/s and moves 819 GB/s: in 9 ms 1.773e12 and 7.371e9.
    (1_418_400_000_000, 737_100_000,
     "Compute-bound: TPU:0 computes 90% of the step, at 80% of its peak arithmetic and 10% of its "
     "memory's bandwidth."),
    (177_300_000_000, 5_159_700_000,
     "Memory-bound: TPU:0 computes 90% of the step, at 70% of its memory's bandwidth and 10% of "
     "its peak arithmetic.")])
def test_what_limits_the_computing(seen, flops, moved, verdict):
    ops = [('%fusion.1 = f32[8]{0} fusion(%p)', 0, 9), ('all-reduce.1', 9, 1)]
    assert seen(handmade.on_tpu(ops, common=cost(flops, moved))).verdict == verdict


def test_without_marks_the_runs_of_the_main_module_are_the_steps(seen):
    found = seen(handmade.on_tpu(TPU_OPS, steps=4, marked=False))
    assert found.steps == 4 and found.steps_are == (
        'runs of the module jit_step (no steps are marked)')
    # The last run lasts until its end: what follows it is not known.
    assert found.step_ms == pytest.approx((3 * 10 + 9.9) / 4)


def test_without_marks_a_gpus_kernels_show_the_runs(seen):
    module = {'hlo_module': 'jit_step'}
    found = seen(handmade.on_gpu(
        [('first', 1, 1, module), ('looped', 2, 1, module), ('looped', 3, 1, module),
         ('other', 5, 1, {'hlo_module': 'jit_other'})], marked=False))
    assert found.steps == 5 and 'module jit_step' in found.steps_are
    assert found.step_ms == pytest.approx((4 * 10 + 3) / 5)
    assert found.split_ms['device'] == pytest.approx((4 * 4 + 3) / 5)


def test_without_marks_and_modules_all_that_ran_is_one_step(seen):
    found = seen(handmade.on_gpu([(GEMM, 1, 4)], marked=False))
    assert found.steps == 1 and found.step_ms == pytest.approx(44)
    assert found.split_ms['device'] == pytest.approx(20) and 'no steps are marked' in (
        found.steps_are)


def test_a_py_function_that_sleeps_does_not_hold_the_lock(seen):
    """A trace alone cannot say who holds it, so nobody is said to."""
    made = handmade.on_cpu(steps=4)
    made.host.line('tf_data_private_threadpool').add('map/slow:EagerPyFunc', 0, 40)
    found = seen(made)
    assert found.split_ms['lock'] == 0 and found.split_ms['python'] == pytest.approx(10)
    assert found.verdict.startswith('Bound by Python')


@pytest.mark.parametrize('name, said', [
    ('map/slow:EagerPyFunc', 'the py_function slow'), ('map/PyFunc:PyFunc', 'a py_function'),
    ('map/PyFuncStateless:PyFuncStateless', 'a py_function')])
def test_python_in_the_input_is_the_culprit(seen, name, said):
    made = handmade.on_gpu([(GEMM, 8, 2)], [(NEXT, 0, 8)])
    reader = made.host.line('tf_data_private_threadpool')
    for step in range(5):
        reader.add(name, 10 * step, 8)
    found = seen(made)
    assert found.verdict.startswith('Input-bound') and f'most of the input is {said}' in (
        found.verdict)
    assert any(f'{said} ran in Python on the host' in each for each in found.warnings)


def test_gains_are_those_of_the_changed_part(seen):
    """The step waits 8 of 10 ms for an input of which the resize is 6: 10 ms become 4."""
    made = handmade.on_gpu([(GEMM, 8, 2)], [(NEXT, 0, 8)])
    reader = made.host.line('tf_data_private_threadpool')
    for step in range(5):
        reader.add('map/resize/Resize:ResizeBilinear', 10 * step, 6)
        reader.add('map/decode/Decode:DecodePng', 10 * step + 6, 4)
    advice = seen(made).advice
    assert advice == ['A crop instead of resizing whole frames, --crop=array: up to 2.5 times as '
                      'fast.']


def test_a_gain_without_bound_is_not_a_number(seen):
    advice = seen(handmade.on_gpu([(GEMM, 9.95, 0.05)], [(NEXT, 0, 9.95)])).advice
    assert len(advice) == 1 and advice[0].endswith('more than 10 times as fast at best.')


def test_the_newest_trace_is_the_one_written_last(tmp_path):
    """TensorBoard writes into the folder of a trace that it shows."""
    for name, steps in (('old', 3), ('new', 2)):
        handmade.write(tmp_path / name, handmade.on_cpu(steps=steps))
    old, new = (next((tmp_path / name).rglob('*.xplane.pb')) for name in ('old', 'new'))
    os.utime(old, (1000, 1000))
    os.utime(new, (2000, 2000))
    (old.parent / 'host.op_stats.pb').write_bytes(b'what TensorBoard keeps')
    os.utime(new.parent, (2000, 2000))
    os.utime(old.parent, (3000, 3000))
    assert len(read_trace(tmp_path).steps) == 2
