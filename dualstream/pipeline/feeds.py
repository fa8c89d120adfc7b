"""Reading through a feed: another machine that makes batches, by way of tf.data service.

tf.data service promises each element at least once, or at most once, in whatever order they arrive
(Audibert et al. 2023, tf.data service: A Case for Disaggregating ML Input Data Processing). Here
each feed makes a data set of its own, in order and numbered, so that what comes again is known:
each batch comes exactly once, in order, or the reading fails.
"""

import socket

import tensorflow as tf

_SERVICE = tf.data.experimental.service


def check_feed(address: str) -> None:
    """Checks that something listens at a feed's address, grpc://HOST:PORT.

    Raises:
      ValueError: the address is of another form, or nothing answers there.
    """
    scheme, _, rest = address.partition('://')
    host, _, port = rest.rpartition(':')
    if scheme != 'grpc' or not host or not port.isdigit():
        raise ValueError(f'--data_service must be grpc://HOST:PORT, got {address!r}')
    try:
        socket.create_connection((host.strip('[]'), int(port)), timeout=5).close()
    except (OSError, OverflowError) as error:
        raise ValueError(f'--data_service={address}: nothing answers there ({error}); is '
                         'python -m dualstream.feed running?') from error


def through(feed: str, batches: tf.data.Dataset) -> tf.data.Dataset:
    """The same batches, made by a feed.

    Each comes once and in order, even where the feed is killed and started again: it then makes the
    data set from its beginning on, and what came before is dropped. Until it is back the reading
    waits.

    Args:
      feed: its address, grpc://HOST:PORT; it must see the files at the same paths.
      batches: in an order that is always the same.

    Raises:
      tf.errors.InvalidArgumentError: when read, if a batch was lost on its way.
    """
    # Uncompressed, since float images hardly shrink and both machines' cores are what is short.
    arrived = batches.enumerate().apply(_SERVICE.distribute(
        _SERVICE.ShardingPolicy.OFF, feed, compression=None))

    def is_next(wanted, numbered):
        number, batch = numbered
        with tf.control_dependencies([tf.debugging.assert_less_equal(
                number, wanted, f'a batch of the feed {feed} was lost on its way')]):
            new = number == wanted
        return wanted + tf.cast(new, tf.int64), (new, batch)

    checked = arrived.scan(tf.constant(0, tf.int64), is_next)
    fresh = checked.filter(lambda new, _: new)
    return fresh.map(lambda _, batch: batch)
