"""What a profiler's trace says of a training step: what limits it, and where the time goes."""

from dualstream.traces.read import Event, Trace, read_trace
from dualstream.traces.review import Review, review

__all__ = ['Event', 'Review', 'Trace', 'read_trace', 'review']
