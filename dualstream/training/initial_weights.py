"""Weights of an earlier training as the start of a new one."""

import keras

from dualstream.runtime.errors import UserError
from dualstream.training.saved_network import find_network, load_network

_HEAD = 'logits'


def take_weights(network: keras.Model, source: str) -> None:
    """Gives a network the weights of an earlier one, in every layer but the last.

    Use it to start from a training on other photographs, with other classes; the layer `logits`
    keeps its new weights.

    Args:
      network: of the same preset; the size of its images may be another.
      source: a .keras file, or the folder of a run, which holds model.keras.

    Raises:
      UserError: there is no such file, it cannot be read, or a layer is missing or has another
        shape; nothing has been changed then.
    """
    earlier = load_network(find_network(source, 'init_from'), 'init_from')
    theirs = {layer.name: layer for layer in earlier.layers if layer.weights}
    ours = {layer.name: layer for layer in network.layers
            if layer.weights and layer.name != _HEAD}
    if missing := sorted(set(ours) - set(theirs)):
        raise UserError(
            f'--init_from={source} is another network: it has no layer {", ".join(missing[:3])}')
    for name, layer in ours.items():
        shapes, expected = (
            [tuple(weight.shape) for weight in each.weights] for each in (theirs[name], layer))
        if shapes != expected:
            raise UserError(
                f'--init_from={source} is a network of another size: layer {name} has weights of '
                f'{shapes[0]}, and this one has {expected[0]}; use the same --preset')
    for name, layer in ours.items():
        layer.set_weights(theirs[name].get_weights())
