"""Reads traces: XPlane files of TensorFlow or JAX, as TensorBoard's profile plugin keeps them."""

import dataclasses
import os
import pathlib

from google.protobuf import message
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from dualstream.runtime.errors import UserError
from dualstream.traces import planes
from dualstream.traces.event import Trace
from dualstream.traces.stats import stats
from dualstream.traces.steps import find_steps

_HOST = '/host:CPU'


def read_trace(where: os.PathLike | str) -> Trace:
    """Reads the newest trace in a folder of logs.

    Its steps are those that the program marked, or the runs of its main XLA module where it marked
    none, or else one: all that ran.

    Args:
      where: an .xplane.pb file, or any folder above some.

    Raises:
      UserError: there is no trace, or there are traces of several hosts; the file is cut off, is
        not a trace, or nothing ran in it.
    """
    path = newest_trace(where)
    space = xplane_pb2.XSpace()
    try:
        space.ParseFromString(path.read_bytes())
    except message.DecodeError as error:
        raise UserError(f'{path} is cut off, or is not a trace') from error
    named = {plane.name: plane for plane in space.planes}
    devices = [device for device in map(planes.read_device, space.planes) if device]
    host = named.get(_HOST)
    if host is None:
        raise UserError(f'{path} is not a trace of TensorFlow or JAX: it has no plane {_HOST}')
    marks, facts = planes.read_marks(host)
    trace = Trace(path, planes.read_threads(host), {each.name: each for each in devices}, marks,
                  facts, _memory_peak(host))
    steps, steps_are = find_steps(trace)
    if not steps:
        raise UserError(f'{path} has neither marked steps nor an op: nothing ran while it was '
                        'traced, or too little was recorded')
    return dataclasses.replace(trace, steps=steps, steps_are=steps_are)


def newest_trace(where: os.PathLike | str) -> pathlib.Path:
    """Finds the file of the newest trace.

    The newest is the one that was written last. The folder's own time says nothing: TensorBoard
    writes into it when it shows a trace.

    Args:
      where: an .xplane.pb file, or any folder above some.

    Raises:
      UserError: there is no trace, or there are traces of several hosts.
    """
    where = pathlib.Path(where)
    if where.is_file():
        return where
    if not where.exists():
        raise UserError(f'there is no {where}')
    newest = max(where.rglob('*.xplane.pb'), key=lambda file: file.stat().st_mtime_ns, default=None)
    if newest is None:
        raise UserError(f'no trace in {where}; dualstream.train --profile_steps leaves one')
    files = sorted(newest.parent.glob('*.xplane.pb'))
    if len(files) > 1:
        hosts = ', '.join(file.name.removesuffix('.xplane.pb') for file in files)
        raise UserError(f'{newest.parent} has traces of several hosts ({hosts}): name one file')
    return newest


def _memory_peak(host) -> dict[str, int]:
    peaks = {}
    wanted = {number for number, each in host.event_metadata.items()
              if each.name in ('MemoryAllocation', 'MemoryDeallocation')}
    for line in host.lines:
        for event in line.events:
            if event.metadata_id in wanted:
                said = stats(host, event, 'allocator_name', 'peak_bytes_in_use')
                name = said.get('allocator_name', 'unnamed')
                peaks[name] = max(said.get('peak_bytes_in_use', 0), peaks.get(name, 0))
    return peaks
