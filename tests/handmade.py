"""Traces made by hand, whose times are known exactly.

No accelerator could be had. The names of their planes, lines and events are those that real ones
have: of NVIDIA's GPUs, of AMD's (as in the traces that others took) and of TPUs.
"""

import itertools
import pathlib

from tensorflow.tsl.profiler.protobuf import xplane_pb2

PICOSECONDS = 10**9
"""In a millisecond; a trace counts picoseconds."""

STREAM = 'Stream #16(Kernel)'
KERNEL = 'regs:32 static_shared:0 dynamic_shared:0 grid:132,1,1 block:128,1,1 occ_pct:50.0'

H100 = {'device_vendor': 'Nvidia', 'clock_rate': 1980000, 'core_count': 132,
        'memory_bandwidth': 3352000000000, 'memory_size': 85000000000, 'compute_cap_major': 9,
        'compute_cap_minor': 0}
"""What the plane of a GPU says about it."""

V5E = {'device_type_string': 'TPU v5 lite', 'peak_teraflops_per_second': 197.0,
       'peak_hbm_bw_gigabytes_per_second': 819.0}
"""What the plane of a TPU says about it."""


class Line:
    """A line of a plane, to which events are added."""

    def __init__(self, plane, name):
        self.plane, self.proto = plane, plane.proto.lines.add(id=len(plane.proto.lines), name=name)

    def add(self, event_name, begin_ms, length_ms, /, **stats):
        """Adds an event, in milliseconds, with its statistics."""
        event = self.proto.events.add(
            metadata_id=self.plane.event_name(event_name), offset_ps=round(begin_ms * PICOSECONDS),
            duration_ps=round(length_ms * PICOSECONDS))
        self.plane.add_stats(event, stats)


class Plane:
    """A plane of a trace, with the tables of its names."""

    def __init__(self, space, name, stats):
        self.proto = space.planes.add(name=name)
        self._lines = {}
        self.add_stats(self.proto, stats)

    def line(self, name):
        if name not in self._lines:
            self._lines[name] = Line(self, name)
        return self._lines[name]

    def event_name(self, name, /, **stats):
        """The number of an event's name, with what all events of the name have in common."""
        found = self._number(self.proto.event_metadata, name)
        self.add_stats(self.proto.event_metadata[found], stats)
        return found

    def add_stats(self, owner, stats):
        kinds = {int: 'int64_value', float: 'double_value', str: 'str_value'}
        for name, value in stats.items():
            owner.stats.add(metadata_id=self._number(self.proto.stat_metadata, name),
                            **{kinds[type(value)]: value})

    @staticmethod
    def _number(table, name):
        for number, metadata in table.items():
            if metadata.name == name:
                return number
        number = len(table) + 1
        table[number].id, table[number].name = number, name
        return number


class Space:
    """A trace, with the plane of its host."""

    def __init__(self):
        self.proto = xplane_pb2.XSpace()
        self.host = self.plane('/host:CPU')

    def plane(self, name, stats=None):
        return Plane(self.proto, name, stats or {})

    def as_bytes(self):
        """The file's contents, with the events in the order in which profilers write them."""
        for line in itertools.chain.from_iterable(plane.lines for plane in self.proto.planes):
            line.events.sort(key=lambda event: (event.offset_ps, -event.duration_ps))
        return self.proto.SerializeToString()


def on_cpu(*, steps=2, step_ms=10, wait_ms=0):
    """A trace of a CPU: steps that first wait for their input."""
    return repeat(Space(), [('IteratorGetNextOp::DoCompute', 0, wait_ms)] * bool(wait_ms),
                  steps=steps, step_ms=step_ms)


def on_gpu(device, host=(), *, steps=5, step_ms=10, marked=True, gpus=1, about=H100):
    """A trace of steps on GPUs; launches have the time at which their kernel begins.

    Args:
      device: of one step on each GPU, (name, begin, length) in milliseconds, and the line if it is
        not STREAM, and statistics.
      host: of one step, (name, begin, length), and statistics.
      steps, step_ms: how many, and how long each.
      marked: whether the host marks the steps.
      gpus: how many.
      about: what the planes say about them.
    """
    space = Space()
    planes = [space.plane(f'/device:GPU:{number}', about) for number in range(gpus)]
    launches = itertools.count(1)
    repeat(space, host, steps=steps, step_ms=step_ms, marked=marked)
    for step, plane in itertools.product(range(steps), planes):
        for name, begin, length, *more in device:
            line = next((each for each in more if isinstance(each, str)), STREAM)
            stats = next((each for each in more if isinstance(each, dict)), {})
            launch, begin = next(launches), step * step_ms + begin
            if line == STREAM:
                stats = {'kernel_details': KERNEL} | stats
            plane.line(line).add(name, begin, length, correlation_id=launch, **stats)
            if begin < (step + 1) * step_ms:
                space.host.line('python').add(
                    'cuLaunchKernel', begin + 0.001, 0.001, correlation_id=launch)
    return space


def on_tpu(ops, *, steps=5, step_ms=10, marked=True, asynchronous=(), common=None):
    """A trace of a TPU core, and of what lies beside it: a SparseCore, and the network's plane.

    Args:
      ops: of one step, (name, begin, length) in milliseconds.
      steps, step_ms: how many, and how long each.
      marked: whether the host marks the steps, and so the TPU shows them.
      asynchronous: of one step, what the line of asynchronous ops shows.
      common: name of an op -> what all its events have in common, as hlo_category and flops.
    """
    space = Space()
    repeat(space, [('TpuExecute', 0, 0.1)], steps=steps, step_ms=step_ms, marked=marked)
    core = space.plane('/device:TPU:0', V5E)
    for name, stats in (common or {}).items():
        core.event_name(name, **stats)
    for beside, line in (('/device:TPU:0 SparseCore 0', 'Sparse Core Ops'),
                         ('/device:CUSTOM:Megascale Trace', 'DCN')):
        space.plane(beside).line(line).add('whole', 0, steps * step_ms)
    for step in range(steps):
        begun, group = step * step_ms, {'group_id': step, 'run_id': step}
        if marked:
            core.line('Steps').add(str(step), begun, step_ms, step_num=step, **group)
        core.line('XLA Modules').add('jit_step(123)', begun, 0.99 * step_ms, **group)
        for line, events in (('XLA Ops', ops), ('Async XLA Ops', asynchronous)):
            for name, begin, length in events:
                core.line(line).add(name, begun + begin, length, **group)
    return space


def repeat(space, host, *, steps, step_ms, marked=True):
    """Adds what a host does in each step, and the steps' marks; returns the trace."""
    python = space.host.line('python')
    for step in range(steps):
        begun = step * step_ms
        if marked:
            python.add('train', begun, step_ms, step_num=step, _r=1)
            # A mark without any call inside is no step for xprof.
            python.add('TFE_DeleteTensorHandle', begun + step_ms - 0.002, 0.001)
        for name, begin, length, *stats in host:
            python.add(name, begun + begin, length, **(stats[0] if stats else {}))
    return space


def write(logdir: pathlib.Path, made: Space) -> pathlib.Path:
    """Writes a trace where TensorBoard's profile plugin looks for it; returns the log directory."""
    folder = logdir / 'plugins' / 'profile' / '2026_01_01'
    folder.mkdir(parents=True)
    (folder / 'host.xplane.pb').write_bytes(made.as_bytes())
    return logdir
