"""Captures and reads profiler traces: what limits a training step, and where its time goes."""

from dualstream.traces.event import Event, Trace
from dualstream.traces.read import read_trace
from dualstream.traces.review import Review, review

__all__ = ['Event', 'Review', 'Trace', 'read_trace', 'review']
