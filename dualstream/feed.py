"""Makes batches for trainings on other machines: python -m dualstream.feed.

Use it where one host is too slow to make the batches for its accelerators. Start it on other
machines, which must see the data set at the same path, and name all of them to the training:

  python -m dualstream.feed --port=5050
  python -m dualstream.train --data_service=grpc://HOST:5050,grpc://OTHER:5050

A feed that was killed continues when it is started again with the same flags; trainings wait for
it. Anyone who reaches its two ports can make it run any data set: keep them in a trusted network.
"""

import pathlib
import signal
import socket

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError

_PORT = flags.DEFINE_integer('port', 5050, 'The port for requests; PORT + 1 sends the batches.')
_ADDRESS = flags.DEFINE_string(
    'address', socket.gethostname(), 'The name or address by which trainings reach this machine.')
_WORKDIR = flags.DEFINE_string(
    'workdir', 'runs/feed', 'The folder for the state that a killed feed continues from.')


def main(argv: list[str]) -> None:
    del argv
    if not 1 <= _PORT.value < 65535:
        raise UserError(f'--port must be from 1 to 65534, got {_PORT.value}')
    for port in (_PORT.value, _PORT.value + 1):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(('', port))
            except OSError as error:
                raise UserError(f'port {port} cannot be used: {error}') from error
    journal = pathlib.Path(_WORKDIR.value, str(_PORT.value))
    journal.mkdir(parents=True, exist_ok=True)

    with command.hushed():
        import tensorflow as tf
        service = tf.data.experimental.service
        servers = [service.DispatchServer(service.DispatcherConfig(
            port=_PORT.value, work_dir=str(journal), fault_tolerant_mode=True))]
        servers.append(service.WorkerServer(service.WorkerConfig(
            dispatcher_address=f'localhost:{_PORT.value}', port=_PORT.value + 1,
            worker_address=f'{_ADDRESS.value}:{_PORT.value + 1}', heartbeat_interval_ms=1000)))
    print(f'feeding trainings with --data_service=grpc://{_ADDRESS.value}:{_PORT.value}; '
          'Ctrl-C stops it', flush=True)
    signal.pause()


def cli() -> None:
    command.run(main)


if __name__ == '__main__':
    cli()
