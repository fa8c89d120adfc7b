"""Traces made by hand, whose times are known exactly."""

import pathlib

from tensorflow.tsl.profiler.protobuf import xplane_pb2

MILLISECOND = 10**9  # in picoseconds, which is what a trace counts

EVENTS = {'step': (1, 'train'), 'op': (2, 'model/dense/MatMul:MatMul'),
          'transfer': (3, 'MemcpyH2D'), 'wait': (4, 'IteratorGetNextOp::DoCompute')}
"""Kind -> (number, name) of the events."""


def space(planes=('/host:CPU',), *, steps=2, step_ms=10, wait_ms=0) -> xplane_pb2.XSpace:
    """A trace of steps, each of which first waits for its input for a while.

    On an accelerator each step gets a batch for 1 ms, and then computes for 3 ms.

    Args:
      planes: the names of the host and of accelerators.
      steps: how many.
      step_ms, wait_ms: milliseconds of a step, and of its wait for input.
    """
    made = xplane_pb2.XSpace()
    for number, name in enumerate(planes):
        plane = made.planes.add(name=name)
        for kind, event_name in EVENTS.values():
            plane.event_metadata[kind].name = event_name
        plane.stat_metadata[1].name = 'step_num'
        line = plane.lines.add(id=number, name='python' if name == '/host:CPU' else 'stream')

        def add(kind, begin_ms, length_ms, line=line):
            return line.events.add(
                metadata_id=EVENTS[kind][0], offset_ps=int(begin_ms * MILLISECOND),
                duration_ps=int(length_ms * MILLISECOND))

        for step in range(steps):
            begun = step * step_ms
            if name != '/host:CPU':
                add('transfer', begun + 1, 1)
                add('op', begun + 2, 3)
                continue
            add('step', begun, step_ms).stats.add(metadata_id=1, int64_value=step)
            if wait_ms:
                add('wait', begun, wait_ms)
    return made


def write(logdir: pathlib.Path, made: xplane_pb2.XSpace) -> pathlib.Path:
    """Writes a trace where TensorBoard's profile plugin looks for it; returns the log directory."""
    folder = logdir / 'plugins' / 'profile' / '2026_01_01'
    folder.mkdir(parents=True)
    (folder / 'host.xplane.pb').write_bytes(made.SerializeToString())
    return logdir
