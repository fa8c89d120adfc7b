"""Says what an event is: computing, a transfer, a collective, a launch, a wait for input."""

import re

from dualstream.traces.event import Event

TRACING = 'tf.function-graph_building'

_COLLECTIVE = re.compile(
    r'^(void )?_?(nccl|rccl|msccl)'  # kernels of NVIDIA's and AMD's libraries
    r'|(^|[/:%])(all-reduce|all-gather|all-to-all|reduce-scatter|collective-(permute|broadcast))'
    r'|(^|[/:%])(psum|pmean|all_gather|all_to_all|ppermute|reduce_scatter)\w*(\.\d+)?$'  # of JAX
    r'|:(Collective\w+|Nccl\w+|CrossReplicaSum|AllReduce)$', re.IGNORECASE)
_COLLECTIVE_WAIT = re.compile(r'^(send|recv)(-done)?(\.\d+)?$|^Rendezvous$')

_INFEED = re.compile(r'^infeed', re.IGNORECASE)
_TRANSFER = re.compile(
    r'(?i)^memcpy\s?(h2d|htod|d2h|dtoh)|^Copy(HostToDevice|DeviceToHost)|^outfeed|^host-transfer')
_TO_DEVICE = re.compile(r'(?i)^memcpy\s?(h2d|htod)|^CopyHostToDevice|^infeed')
_COPY = re.compile(
    r'(?i)^memcpy\s?(d2d|dtod|p2p|ptop)|^CopyDeviceToDevice|^__amd_rocclr_copyBuffer')

_HOST_TRANSFER = re.compile(
    r'(?i)^(cu|cuda|hip)Memcpy\w*(H2?D|HtoD)|TransferToDevice|BufferFromHost')
_HOST_LAUNCH = re.compile(
    r'^(cu|cuda|hip)[A-Z]\w*|^ExecutorState::Process|Execut\w*::(Execute|Enqueue|Launch)\w*'
    r'|^ThenExecuteCallback|:XLA \w+ module$|LaunchOnDevice')
_COMPILING = re.compile(r'XlaCompil|[A-Za-z]*Compiler::|HloPass|^backend_compile')
_WAITING = 'IteratorGetNextOp::DoCompute'
PYTHON_OP = re.compile(r':(EagerPyFunc|PyFunc|PyFuncStateless)$')
_OP = re.compile(r'[^:]+:_?[A-Z]\w+$')


def kind_on_device(event: Event) -> str:
    """Says what an accelerator did: a name in `split.PARTS`.

    It is 'device' for computing, 'communication' for a collective, 'copies' for a copy within or
    between accelerators, 'transfer' for one from or to the host, and 'input' for a wait for the
    host's feed.

    Args:
      event: of an accelerator.

    Example:
      >>> kind_on_device(Event('ncclDevKernel_AllReduce_Sum_f32_RING_LL', 0, 1, 'Stream #20'))
      'communication'
    """
    for name in (event.category, event.name):
        if _COLLECTIVE.search(name) or _COLLECTIVE_WAIT.match(name):
            return 'communication'
    if _INFEED.match(event.name):
        return 'input'
    if _TRANSFER.match(event.name):
        return 'transfer'
    return 'copies' if _COPY.match(event.name) else 'device'


def is_transfer_to_device(event: Event) -> bool:
    """Tells whether an accelerator's event brings a batch to it."""
    return bool(_TO_DEVICE.match(event.name))


def is_communication(event: Event) -> bool:
    """Tells whether an event of the host is a collective."""
    return bool(_COLLECTIVE.search(event.name) or _COLLECTIVE_WAIT.match(event.name))


def is_transfer(event: Event) -> bool:
    """Tells whether an event of the host sends data to an accelerator."""
    return bool(_HOST_TRANSFER.search(event.name))


def is_launch(event: Event) -> bool:
    """Tells whether an event of a host beside an accelerator launches work on it.

    Ops of TensorFlow are launches there, too: their kernels run on the accelerator, later.
    """
    return event.launch is not None or bool(_HOST_LAUNCH.search(event.name)) or is_op(event)


def is_input_thread(thread: str) -> bool:
    """Tells whether a thread belongs to tf.data."""
    return thread.startswith('tf_data')


def is_waiting(event: Event) -> bool:
    """Tells whether an event is the step's wait for its next batch."""
    return event.name == _WAITING


def is_compiling(event: Event) -> bool:
    """Tells whether an event traces a function or compiles a program."""
    return event.name == TRACING or bool(_COMPILING.match(event.name))


def is_op(event: Event) -> bool:
    """Tells whether an event of the host is the run of an op, and not the wait for the next batch.

    TensorFlow's ops are named NAME:TYPE; those of an XLA program say which module they are of.
    """
    if event.module:
        return event.launch is None
    return bool(_OP.match(event.name)) and ':IteratorGetNext' not in event.name


def is_python_op(event: Event) -> bool:
    """Tells whether an event is a py_function or a numpy_function."""
    return bool(PYTHON_OP.search(event.name))
