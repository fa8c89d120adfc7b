"""Merges the traces of two profilers: JAX's and TensorFlow's each record their own library only.

When JAX trains and TensorFlow reads the data, both profilers run at once, and the review needs both
traces on one clock. Each XPlane counts time from the start of its own profile, which it records.
"""

import pathlib

from tensorflow.tsl.profiler.protobuf import xplane_pb2

from dualstream.runtime.atomic import writing
from dualstream.traces.stats import stats

_HOST, _ENVIRONMENT = '/host:CPU', 'Task Environment'


def merge_host(path: pathlib.Path, other: pathlib.Path) -> None:
    """Adds the host events of another trace of the same process to a trace.

    Args:
      path: an .xplane.pb file, which is replaced.
      other: the file of the other profiler, which started later.
    """
    space, added = (_read(each) for each in (path, other))
    host, theirs = _plane(space, _HOST), _plane(added, _HOST)
    later = _began(added) - _began(space)
    # Each plane numbers its names from 0, so the added ones are renumbered to follow ours.
    events = 1 + max(host.event_metadata, default=0)
    names = 1 + max(host.stat_metadata, default=0)
    for number, metadata in theirs.event_metadata.items():
        moved = host.event_metadata[events + number]
        moved.CopyFrom(metadata)
        moved.id = events + number
        del moved.stats[:]
    for number, metadata in theirs.stat_metadata.items():
        host.stat_metadata[names + number].CopyFrom(metadata)
        host.stat_metadata[names + number].id = names + number
    for line in theirs.lines:
        moved = host.lines.add()
        moved.CopyFrom(line)
        moved.timestamp_ns += later
        for event in moved.events:
            event.metadata_id += events
            for stat in event.stats:
                stat.metadata_id += names
                if stat.WhichOneof('value') == 'ref_value':
                    stat.ref_value += names
    with writing(path) as aside:
        aside.write_bytes(space.SerializeToString())


def _read(path: pathlib.Path):
    space = xplane_pb2.XSpace()
    space.ParseFromString(path.read_bytes())
    return space


def _plane(space, name: str):
    return next(plane for plane in space.planes if plane.name == name)


def _began(space) -> int:
    """When the profile started, in nanoseconds of the machine's clock."""
    plane = _plane(space, _ENVIRONMENT)
    return stats(plane, plane, 'profile_start_time')['profile_start_time']
