"""Where the network runs: --device and --tpu, on Keras's TensorFlow or JAX backend.

Call `choose_backend` before Keras is imported, which reads its backend only once, and `place` after
it, before anything is computed.
"""

import contextlib
import dataclasses
import glob
import importlib.util
import os

from dualstream.runtime.choices import DEVICES
from dualstream.runtime.cluster import Cluster
from dualstream.runtime.errors import UserError

_TPU_FILES = ('/dev/accel*', '/dev/vfio/[0-9]*')
"""A TPU VM has one of these for each chip. JAX and libtpu look for them, too, but wait for long."""

_AMPERE = 8.0
"""The lowest compute capability of NVIDIA's GPUs that multiply in bfloat16."""


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the network runs, on one device or on several that share each batch.

    Attributes:
      kind: 'CPU', 'GPU' or 'TPU'.
      devices: their names, such as '/device:GPU:0'.
      strategy: TensorFlow's distribution strategy; None on JAX, where Keras's own distribution is
        set instead.
      bfloat16: whether the devices multiply fast in bfloat16: TPUs, and GPUs since NVIDIA's Ampere.
      cluster: the hosts that these devices belong to.
    """

    kind: str
    devices: list[str]
    strategy: object = None
    bfloat16: bool = False
    cluster: Cluster = Cluster()

    @property
    def chief(self) -> bool:
        """Whether this host keeps the results; those of the other hosts are scratch."""
        return self.cluster.host == 0

    @property
    def replicas(self) -> int:
        """The number of devices that share a batch."""
        return len(self.devices)

    @property
    def dtype_policy(self) -> str:
        """Keras's policy of types for networks on these devices."""
        return 'mixed_bfloat16' if self.bfloat16 else 'float32'

    def scope(self) -> contextlib.AbstractContextManager:
        """Returns the context in which the network must be built and compiled."""
        return self.strategy.scope() if self.strategy else contextlib.nullcontext()

    def __str__(self) -> str:
        """In words, such as 'CPU', '8 x TPU' or '16 x TPU on 2 hosts'."""
        hosts = f' on {self.cluster.hosts} hosts' if self.cluster.hosts > 1 else ''
        return (self.kind if self.replicas == 1 else f'{self.replicas} x {self.kind}') + hosts


def choose_backend(device: str = 'auto', tpu: str = '') -> None:
    """Sets KERAS_BACKEND: to the backend that has the TPU that is asked for, to JAX for several
    hosts, and else not at all, so that the variable or Keras's default counts.

    Args:
      device: 'auto', 'cpu', 'gpu' or 'tpu', as `place` takes it.
      tpu: 'local' on a TPU VM, a TPU's name or grpc:// address, or '' for none.

    Raises:
      UserError: an unknown device, contradictory arguments, or no TPU on this machine.
    """
    if device not in DEVICES:
        raise UserError(f'--device must be one of {", ".join(DEVICES)}; got {device!r}')
    if tpu and device not in ('auto', 'tpu'):
        raise UserError(f'--tpu={tpu} contradicts --device={device}')
    if Cluster.from_environment().hosts > 1:
        _choose_jax_for_hosts()
    if (tpu or device == 'tpu') and (tpu or 'local') == 'local':
        os.environ['KERAS_BACKEND'] = _backend_with_tpu(os.environ.get('KERAS_BACKEND'))
    elif tpu and os.environ.setdefault('KERAS_BACKEND', 'tensorflow') != 'tensorflow':
        raise UserError(f'--tpu={tpu}: only the backend tensorflow reaches a TPU of another '
                        f'machine; KERAS_BACKEND is {os.environ["KERAS_BACKEND"]}')


def place(device: str = 'auto', tpu: str = '') -> Place:
    """Finds the devices to train on; call it before anything is computed.

    A device that is asked for and missing is an error: none is ever replaced by another.

    Args:
      device: 'cpu'; 'gpu', all of this machine's; 'tpu'; or 'auto': a TPU where `tpu` names one,
        else the GPUs, else the CPU.
      tpu: 'local' on a TPU VM, a TPU's name or grpc:// address, or '' for none.

    Returns:
      The devices, and what is needed to build the network for them.

    Raises:
      UserError: the device or another host is missing, or the backend cannot train.
    """
    import keras

    backend = keras.backend.backend()
    if backend not in ('jax', 'tensorflow'):
        raise UserError(f'KERAS_BACKEND must be tensorflow or jax to train, got {backend}')
    if backend == 'jax':
        return _on_jax('tpu' if tpu else device)
    return _on_tensorflow('tpu' if tpu else device, tpu or 'local')


def _choose_jax_for_hosts() -> None:
    if os.environ.setdefault('KERAS_BACKEND', 'jax') != 'jax':
        raise UserError("several hosts (TF_CONFIG) train on Keras's backend jax alone; "
                        f'KERAS_BACKEND is {os.environ["KERAS_BACKEND"]}')
    if not importlib.util.find_spec('jax'):
        raise UserError('several hosts (TF_CONFIG) train on JAX: pip install jax')


def _backend_with_tpu(wanted: str | None) -> str:
    looked = []
    if any(map(glob.glob, _TPU_FILES)):
        for backend in (wanted,) if wanted else ('jax', 'tensorflow'):
            if importlib.util.find_spec(backend) and _sees_tpu(backend):
                return backend
            looked.append(backend)
    raise UserError(
        '--tpu=local: no TPU on this machine: looked for ' + ' and '.join(_TPU_FILES)
        + (f', and for TPUs in {" and ".join(looked)}' if looked else '')
        + '; on a TPU VM, pip install "jax[tpu]"')


def _sees_tpu(backend: str) -> bool:
    if backend == 'tensorflow':
        import tensorflow as tf
        return bool(tf.config.list_physical_devices('TPU'))
    if Cluster.from_environment().hosts > 1:  # JAX may not look before the hosts have met
        return bool(importlib.util.find_spec('libtpu'))
    import jax
    try:
        return bool(jax.devices('tpu'))
    except RuntimeError:
        return False


def _on_jax(device: str) -> Place:
    import jax
    import keras
    import tensorflow as tf

    # TensorFlow only reads the data; it must not take the accelerator's memory.
    tf.config.set_visible_devices([], 'GPU')
    cluster = Cluster.from_environment()
    cluster.join()
    try:
        devices = jax.devices(None if device == 'auto' else device)
    except RuntimeError as error:
        raise UserError(f'--device={device}: JAX sees none; on a machine with one, pip install '
                        f'"jax[{"cuda" if device == "gpu" else "tpu"}]"') from error
    platform = devices[0].platform
    if len(devices) > 1:
        # The pipeline gives each host its share of a batch.
        keras.distribution.set_distribution(keras.distribution.DataParallel(
            devices=keras.distribution.list_devices(platform), auto_shard_dataset=False))
    else:
        jax.config.update('jax_default_device', devices[0])
    kind = platform.upper()
    bfloat16 = platform == 'tpu' or platform == 'gpu' and float(
        devices[0].compute_capability) >= _AMPERE
    return Place(kind, [f'/device:{kind}:{number}' for number in range(len(devices))],
                 bfloat16=bfloat16, cluster=cluster)


def _on_tensorflow(device: str, tpu: str) -> Place:
    import tensorflow as tf

    if device == 'tpu':
        strategy = _tpu_strategy(tpu)
        return Place('TPU', _names(tf.config.list_logical_devices('TPU')), strategy, True)
    gpus = tf.config.list_physical_devices('GPU')
    if device == 'gpu' and not gpus:
        raise UserError('--device=gpu: TensorFlow sees no GPU; pip install "tensorflow[and-cuda]" '
                        'on a machine with an NVIDIA driver')
    if device == 'cpu':
        tf.config.set_visible_devices([], 'GPU')
    kind = 'GPU' if gpus and device != 'cpu' else 'CPU'
    names = _names(tf.config.list_logical_devices(kind))
    strategy = (tf.distribute.MirroredStrategy(names) if len(names) > 1
                else tf.distribute.get_strategy())
    bfloat16 = kind == 'GPU' and all(
        tf.config.experimental.get_device_details(gpu).get('compute_capability', (0,))[0]
        >= _AMPERE for gpu in gpus)
    return Place(kind, names, strategy, bfloat16)


def _names(devices) -> list[str]:
    return [f"/device:{device.name.rpartition('/device:')[2]}" for device in devices]


def _tpu_strategy(tpu: str):
    import tensorflow as tf

    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu)
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, tf.errors.OpError) as error:
        raise UserError(f'--tpu={tpu} cannot be reached: {error}') from error
    return tf.distribute.TPUStrategy(resolver)
