"""Where the network runs: --device and --tpu, as a TensorFlow distribution strategy."""

import tensorflow as tf

DEVICES = ('auto', 'cpu', 'gpu', 'tpu')


def choose_strategy(device: str = 'auto', tpu: str = '') -> tf.distribute.Strategy:
    """The strategy to build and train the network under.

    Args:
      device: 'cpu'; 'gpu', all of this machine's; 'tpu'; or 'auto': a TPU where one is named, else
        the GPUs, else the CPU.
      tpu: 'local' on a TPU VM, or a TPU's name or grpc:// address.

    Raises:
      ValueError: an unknown device, or one that is not there; it is never replaced by another.
    """
    if device not in DEVICES:
        raise ValueError(f'--device must be one of {", ".join(DEVICES)}; got {device!r}')
    if tpu and device not in ('auto', 'tpu'):
        raise ValueError(f'--tpu={tpu} contradicts --device={device}')
    if tpu or device == 'tpu':
        return _tpu_strategy(tpu or 'local')
    gpus = tf.config.list_physical_devices('GPU')
    if device == 'gpu' and not gpus:
        raise ValueError('--device=gpu: TensorFlow sees no GPU; pip install "tensorflow[and-cuda]" '
                         'on a machine with an NVIDIA driver')
    if device == 'cpu':
        tf.config.set_visible_devices([], 'GPU')
    elif len(gpus) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


def replica_devices(strategy: tf.distribute.Strategy) -> list[str]:
    """The devices that the network runs on under a strategy, such as ['/device:GPU:0']."""
    if isinstance(strategy, type(tf.distribute.get_strategy())):  # the default one
        kind = 'GPU' if tf.config.list_logical_devices('GPU') else 'CPU'
        return [f'/device:{kind}:0']
    return [f"/device:{name.rpartition('/device:')[2]}"
            for name in strategy.extended.worker_devices]


def describe(strategy: tf.distribute.Strategy) -> str:
    """In words, such as 'CPU', 'GPU' or '8 x TPU'."""
    kind = next((kind for kind in ('TPU', 'GPU') if tf.config.list_logical_devices(kind)), 'CPU')
    replicas = strategy.num_replicas_in_sync
    return kind if replicas == 1 else f'{replicas} x {kind}'


def _tpu_strategy(tpu: str) -> tf.distribute.Strategy:
    if tpu == 'local' and not tf.config.list_physical_devices('TPU'):
        raise ValueError('--tpu=local: TensorFlow sees no TPU on this machine; on a TPU VM, '
                         'pip install tensorflow-tpu')
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu)
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, tf.errors.OpError) as error:
        raise ValueError(f'--tpu={tpu} cannot be reached: {error}') from error
    return tf.distribute.TPUStrategy(resolver)
