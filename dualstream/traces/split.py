"""Splits a step's time by what the step was doing: each moment counts once."""

import re

from dualstream.traces import spans
from dualstream.traces.read import Event, Trace

PARTS = {
    'compile': 'tracing functions and compiling them',
    'input': 'waiting for input',
    'communication': 'exchanging between devices',
    'device': 'computing on the accelerator',
    'compute': 'computing on the host',
    'lock': "waiting for Python's lock, held by a py_function",
    'python': 'Python, and gaps between ops',
}
"""In this order: a moment that several parts claim goes to the first."""

TRACING = 'tf.function-graph_building'
_COMPILING = re.compile(r'XlaCompil|[A-Za-z]*Compiler::|HloPass')
_WAITING = 'IteratorGetNextOp::DoCompute'
_COMMUNICATION = re.compile(r':(Collective\w+|Nccl\w+|CrossReplicaSum|AllReduce)')
_OP = re.compile(r'[^:]+:_?[A-Z]\w+$')


def step_split(trace: Trace) -> dict[str, float]:
    """Computes the milliseconds of the mean step that each of PARTS takes; their sum is the step.

    What the host's threads compute meanwhile for the input of later steps is not counted.

    Args:
      trace: with marked steps.
    """
    steps = spans.union((step.start, step.end) for step in trace.steps)
    inner = [event for name, events in trace.threads.items() if not is_input_thread(name)
             for event in events]
    device = [event for events in trace.devices.values() for event in events]
    claims = {
        'compile': [event for event in inner if is_compiling(event)],
        'input': trace.select(lambda event: event.name == _WAITING),
        'communication': [event for event in inner + device
                          if _COMMUNICATION.search(event.name)],
        'device': device,
        'compute': [event for event in inner if is_op(event)],
        'lock': trace.select(lambda event: event.name.endswith(':EagerPyFunc')),
    }
    split, left = {}, steps
    for part in PARTS:
        claimed = left if part == 'python' else spans.intersection(
            left, spans.union((event.start, event.end) for event in claims[part]))
        split[part] = spans.total(claimed) / 1e3 / len(trace.steps)
        left = spans.difference(left, claimed)
    return split


def is_input_thread(thread: str) -> bool:
    """Tells whether a thread belongs to tf.data."""
    return thread.startswith('tf_data')


def is_compiling(event: Event) -> bool:
    return event.name == TRACING or bool(_COMPILING.match(event.name))


def is_op(event: Event) -> bool:
    """Tells whether an event is the run of an op, and not the wait for the next batch.

    TensorFlow's ops are named NAME:TYPE; those of a JAX program have a bare name, on XLA's threads.
    """
    if event.thread.startswith('tf_XLA'):
        return ':' not in event.name
    return bool(_OP.match(event.name)) and ':IteratorGetNext' not in event.name
