"""Receiving batches from a feed, another machine that makes them, by tf.data service.

tf.data service promises each element at least once or at most once, in any order (Audibert et al.
2023, tf.data service: A Case for Disaggregating ML Input Data Processing). Here each feed makes a
data set of its own, in order and numbered, so that repeated elements are recognised: each batch is
received exactly once and in order, or reading fails.
"""

import socket

import tensorflow as tf

from dualstream.runtime.errors import UserError

_SERVICE = tf.data.experimental.service


def check_feed(address: str) -> None:
    """Checks that something listens at a feed's address; call it before a training starts.

    Args:
      address: grpc://HOST:PORT.

    Raises:
      UserError: the address has another form, or nothing answers there.

    Example:

    >>> check_feed('http://...')
    Traceback (most recent call last):
    dualstream.runtime.errors.UserError: --data_service must be grpc://HOST:PORT, got 'http://...'
    """
    scheme, _, rest = address.partition('://')
    host, _, port = rest.rpartition(':')
    if scheme != 'grpc' or not host or not port.isdigit():
        raise UserError(f'--data_service must be grpc://HOST:PORT, got {address!r}')
    try:
        socket.create_connection((host.strip('[]'), int(port)), timeout=5).close()
    except (OSError, OverflowError) as error:
        raise UserError(f'--data_service={address}: nothing answers there ({error}); is '
                        'python -m dualstream.feed running?') from error


def receive(batches: tf.data.Dataset, feed: str) -> tf.data.Dataset:
    """Lets a feed make batches, and receives each of them exactly once and in order.

    A feed that is killed and started again makes the data set from the beginning; the batches that
    were received before are dropped. Until the feed is back, reading waits.

    Args:
      batches: in an order that is always the same.
      feed: its address, grpc://HOST:PORT; it must see the files at the same paths.

    Returns:
      The same batches.

    Raises:
      tf.errors.InvalidArgumentError: while reading, if a batch was lost on its way.
    """
    # Uncompressed, since photographs' pixels hardly shrink, and both machines' cores are scarce.
    received = batches.enumerate().apply(_SERVICE.distribute(
        _SERVICE.ShardingPolicy.OFF, feed, compression=None))

    def is_next(wanted, numbered):
        number, batch = numbered
        with tf.control_dependencies([tf.debugging.assert_less_equal(
                number, wanted, f'a batch of the feed {feed} was lost on its way')]):
            new = number == wanted
        return wanted + tf.cast(new, tf.int64), (new, batch)

    checked = received.scan(
        tf.constant(0, tf.int64), tf.autograph.experimental.do_not_convert(is_next))
    return checked.filter(lambda new, _: new).map(lambda _, batch: batch)
