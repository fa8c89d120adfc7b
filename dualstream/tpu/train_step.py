"""Lowers one step of the network's training, as JAX would run it on a slice of TPUs."""

import jax
import keras
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from dualstream import network
from dualstream.runtime.errors import UserError
from dualstream.tpu import compiler
from dualstream.tpu.chips import Slice
from dualstream.training import recipe

PRECISION = 'mixed_bfloat16'
"""TPUs are built to compute in bfloat16 and to keep weights in float32."""


def lower_train_step(
    tpu: Slice,
    preset: str,
    *,
    batch_size: int,
    image_size: tuple[int, int],
    classes: int = 5,
    pixels: str = 'uint8',
) -> jax.stages.Lowered:
    """Lowers a data-parallel step of the recipe: the loss, its gradients and AdamW's update.

    Every chip has all weights and its own shard of the batch. The chips exchange gradients and the
    statistics of batch normalisation, which are those of the whole batch.

    Args:
      tpu: what to compile for.
      preset: a name in `network.PRESETS`.
      batch_size: images in a step on each chip.
      image_size: (height, width) in pixels.
      classes: at least 1.
      pixels: dtype of the images: 'uint8', as in training, which the step scales, or 'float32'.

    Raises:
      ValueError: Keras runs on another backend than JAX, or an argument is out of its range.
    """
    if keras.backend.backend() != 'jax':
        raise ValueError(f'KERAS_BACKEND must be jax, got {keras.backend.backend()}')
    if preset not in network.PRESETS:
        raise UserError(f'--preset must be one of {", ".join(network.PRESETS)}, got {preset!r}')
    if batch_size < 1:
        raise UserError(f'--batch_size must be positive, got {batch_size}')
    mesh = Mesh(compiler.devices(tpu), ('batch',))
    everywhere = NamedSharding(mesh, PartitionSpec())
    shared_out = NamedSharding(mesh, PartitionSpec('batch'))
    keras.config.set_dtype_policy(PRECISION)
    # The weights' values do not matter and drawing them would take most of the time: in this scope
    # variables have shapes and no values.
    with keras.StatelessScope(initialize_variables=False):
        model = network.build(preset, image_size=image_size, classes=classes)
    recipe.compile_network(model, learning_rate=1e-3, steps=1000, on_cpu=False)
    state = [
        [jax.ShapeDtypeStruct(variable.shape, variable.dtype, sharding=everywhere)
         for variable in variables]
        for variables in (
            model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)]
    images = jax.ShapeDtypeStruct(
        (tpu.chips * batch_size, *image_size, 3), pixels, sharding=shared_out)
    labels = jax.ShapeDtypeStruct((tpu.chips * batch_size,), 'int32', sharding=shared_out)

    with keras.StatelessScope(initialize_variables=False):
        return jax.jit(_step_of(model), donate_argnums=0).lower(state, images, labels)


def _step_of(model: keras.Model):
    """Makes a function (state, images, labels) -> (state, loss), after Keras's guide to JAX."""
    def loss_of(trainable, others, images, labels):
        probabilities, others = model.stateless_call(trainable, others, images, training=True)
        return model.loss(labels, probabilities), others

    def step(state, images, labels):
        trainable, others, slots = state
        (loss, others), gradients = jax.value_and_grad(loss_of, has_aux=True)(
            trainable, others, images, labels)
        trainable, slots = model.optimizer.stateless_apply(slots, gradients, trainable)
        return [trainable, others, slots], loss

    return step
