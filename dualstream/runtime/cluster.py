"""Several hosts that train one network together, as TF_CONFIG lists them.

Keras's JAX backend is needed for it: on TensorFlow, Keras's `fit` fails under
`MultiWorkerMirroredStrategy` (github.com/keras-team/keras/issues/20585, open in Keras 3.15).
"""

import atexit
import contextlib
import dataclasses
import json
import os
import pickle
import sys
from collections.abc import Iterator
from typing import Any

from dualstream.runtime.errors import UserError

_LOST_AFTER = 30
"""Seconds without a sign of life after which a host counts as lost, and the others stop."""


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The hosts that train together, and which of them this one is.

    Attributes:
      addresses: HOST:PORT of each; the first is the chief, which keeps the results, and whose port
        must be free.
      host: the number of this host, from 0.
    """

    addresses: tuple[str, ...] = ('localhost',)
    host: int = 0

    @property
    def hosts(self) -> int:
        """The number of hosts."""
        return len(self.addresses)

    @classmethod
    def from_environment(cls) -> 'Cluster':
        """Reads the environment variable TF_CONFIG; where it is not set, this host is alone.

        The format is TensorFlow's: {"cluster": {"worker": [HOST:PORT, ...]}, "task": {"type":
        "worker", "index": 0}}, where a "chief" may precede the workers.

        Raises:
          UserError: the variable has another format, or lists no such host.
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
            raise UserError(
                'TF_CONFIG must be like {"cluster": {"worker": ["a:5000", "b:5000"]}, "task": '
                f'{{"type": "worker", "index": 0}}}}; got {text}') from error

    def join(self) -> None:
        """Connects to the other hosts, and waits for them for up to five minutes.

        Call it before JAX looks for devices.

        Raises:
          UserError: the others did not connect.
        """
        if self.hosts == 1:
            return
        import jax

        jax.config.update('jax_cpu_collectives_implementation', 'gloo')
        try:
            jax.distributed.initialize(self.addresses[0], self.hosts, self.host,
                                       heartbeat_timeout_seconds=_LOST_AFTER)
        except RuntimeError as error:
            raise UserError(f'the {self.hosts} hosts of TF_CONFIG did not connect to '
                             f'{self.addresses[0]}: {error}') from error

    def from_chief(self, value: Any) -> Any:
        """Returns the chief's value on every host; all hosts must call it.

        Args:
          value: anything that can be pickled; the values of other hosts than the chief are ignored.
        """
        if self.hosts == 1:
            return value
        import numpy as np
        from jax.experimental.multihost_utils import broadcast_one_to_all

        content = np.frombuffer(pickle.dumps(value), np.uint8)
        size = int(broadcast_one_to_all(np.int32(len(content))))
        return pickle.loads(broadcast_one_to_all(np.resize(content, size)).tobytes())

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Exits with one line and status 1 where a step fails for want of another host.

        Wrap the training in it. With one host it does nothing.

        Raises:
          SystemExit: a step failed; what is open is closed on the way out.
        """
        if self.hosts == 1:
            yield
            return
        import jax

        try:
            yield
        except jax.errors.JaxRuntimeError as error:
            reason = str(error).splitlines()[0]
            atexit.register(_exit_at_once)
            sys.exit(f'error: a step with the other hosts failed ({reason}); where one was lost, '
                     'start all of them again with --resume')

    def stop_requested(self, step: int) -> bool:
        """Whether a host got a SIGTERM, and all hosts are to stop after this step.

        All hosts must call it after every step. They agree on the step in the background (JAX's
        preemption service): if one stopped earlier, the others would wait for it. With one host it
        is always False.

        Args:
          step: steps trained so far.
        """
        if self.hosts == 1:
            return False
        from jax.experimental.multihost_utils import reached_preemption_sync_point

        return reached_preemption_sync_point(step)


def _exit_at_once() -> None:
    """Ends the process before JAX's own exit function, which waits for all hosts and aborts."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
