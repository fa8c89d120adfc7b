"""Several hosts that train one network together, as TF_CONFIG lists them.

Keras's JAX backend carries them. Its trainer on TensorFlow cannot: `fit` fails under
`MultiWorkerMirroredStrategy` (github.com/keras-team/keras/issues/20585, open as of Keras 3.15).
"""

import contextlib
import dataclasses
import json
import os
import pickle
import sys
from collections.abc import Iterator
from typing import Any

_LOST_AFTER = 30
"""Seconds of silence after which a host is lost, and the others end, too."""


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The hosts, and which of them this one is.

    Attributes:
      addresses: HOST:PORT of each; the first is the chief, whose port must be free.
      host: this one's number among them, from 0.
    """

    addresses: tuple[str, ...] = ('localhost',)
    host: int = 0

    @property
    def hosts(self) -> int:
        """How many there are."""
        return len(self.addresses)

    @classmethod
    def from_environment(cls) -> 'Cluster':
        """What the variable TF_CONFIG says; this host alone if it is not set.

        The format is TensorFlow's: {"cluster": {"worker": [HOST:PORT, ...]}, "task": {"type":
        "worker", "index": 0}}, where a "chief" may come before the workers.

        Raises:
          ValueError: it says something else.
        """
        text = os.environ.get('TF_CONFIG')
        if not text:
            return cls()
        try:
            config = json.loads(text)
            tasks = [(kind, number, address) for kind in ('chief', 'worker')
                     for number, address in enumerate(config['cluster'].get(kind, []))]
            me = (config['task']['type'], int(config['task']['index']))
            return cls(tuple(address for _, _, address in tasks),
                       [task[:2] for task in tasks].index(me))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                'TF_CONFIG must be like {"cluster": {"worker": ["a:5000", "b:5000"]}, "task": '
                f'{{"type": "worker", "index": 0}}}}; got {text}') from error

    def join(self) -> None:
        """Meets the other hosts; call it before JAX looks for devices. Waits for five minutes.

        Raises:
          ValueError: the others did not come.
        """
        if self.hosts == 1:
            return
        import jax

        jax.config.update('jax_cpu_collectives_implementation', 'gloo')
        try:
            jax.distributed.initialize(self.addresses[0], self.hosts, self.host,
                                       heartbeat_timeout_seconds=_LOST_AFTER)
        except RuntimeError as error:
            raise ValueError(f'the {self.hosts} hosts of TF_CONFIG did not meet at '
                             f'{self.addresses[0]}: {error}') from error

    def from_chief(self, value: Any) -> Any:
        """The chief's value, on every host; all must call it."""
        if self.hosts == 1:
            return value
        import numpy as np
        from jax.experimental.multihost_utils import broadcast_one_to_all

        content = np.frombuffer(pickle.dumps(value), np.uint8)
        size = int(broadcast_one_to_all(np.int32(len(content))))
        return pickle.loads(broadcast_one_to_all(np.resize(content, size)).tobytes())

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Inside it, a step that fails for want of another host ends this one, in one line."""
        if self.hosts == 1:
            yield
            return
        import jax

        try:
            yield
        except jax.errors.JaxRuntimeError as error:
            said = str(error).splitlines()[0]
            print(f'error: a step with the other hosts failed ({said}); where one was lost, start '
                  'all of them again with --resume', file=sys.stderr, flush=True)
            os._exit(1)  # JAX's own way out waits for all hosts, and then aborts

    def told_to_end(self, step: int) -> bool:
        """Whether a host got a SIGTERM, and this is the step after which all of them end.

        All must call it after every step. They agree on the step in the background (JAX's
        preemption service), for if one ended earlier the others would wait for it.
        """
        if self.hosts == 1:
            return False
        from jax.experimental.multihost_utils import reached_preemption_sync_point

        return reached_preemption_sync_point(step)
