"""The training's step on JAX, under the compilers of two TPUs."""

import pytest

PROGRAM = '''
from dualstream.tpu.compiler import compile_lowered
from dualstream.tpu.train_step import lower_train_step

tpu = find_slice(sys.argv[1])
for preset in sys.argv[2:]:
    step = lower_train_step(tpu, preset, batch_size=4, image_size=(64, 64))
    images = next(str(shape.dtype) for shape in step.in_avals[0][1:] if shape.ndim == 4)
    compiled = compile_lowered(step)
    print(json.dumps([preset, [compiled.fits, compiled.flops, compiled.memory_bytes], images]))
'''

# What it takes of a chip when a matrix product is shared out, when it does not fit in a chip's
# memory but in eight, and when its result takes the place of its argument.
SHARED_OUT = '''
import jax
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from dualstream.tpu.compiler import compile_lowered, devices

def compiled(name, rows, step=lambda x: x @ jnp.ones((4096, 128), x.dtype), donate=()):
    mesh = Mesh(devices(find_slice(name)), ('batch',))
    sharding = NamedSharding(mesh, PartitionSpec('batch'))
    x = jax.ShapeDtypeStruct((rows, 4096), 'bfloat16', sharding=sharding)
    return compile_lowered(jax.jit(step, donate_argnums=donate).lower(x))

for rows in 8192, 3 * 2**20:
    for name in 'v5litepod-1', 'v5litepod-8':
        seen = compiled(name, rows)
        print(json.dumps([seen.fits, seen.flops, seen.memory_bytes]))
for donate in (), (0,):
    print(json.dumps(compiled('v5litepod-1', 8192, lambda x: x + 1, donate).memory_bytes))
'''


def check(outcome):
    fits, flops, memory = outcome
    assert fits and flops > 0 and 0 < memory < 2e9


def test_the_smallest_preset_compiles(run):
    [(preset, outcome, images)] = run(PROGRAM, 'v5litepod-8', 'nano')
    assert preset == 'nano' and images == 'uint8'
    check(outcome)


@pytest.mark.slow
@pytest.mark.parametrize('name, presets', [
    ('v5litepod-8', ('nano', 'tiny', 'small', 'base')), ('v6e-8', ('nano',))])
def test_every_preset_compiles_and_a_larger_one_takes_more(run, name, presets):
    outcomes = {preset: outcome for preset, outcome, _ in run(PROGRAM, name, *presets)}
    assert tuple(outcomes) == presets
    for outcome in outcomes.values():
        check(outcome)
    for figure in (1, 2):
        taken = [outcomes[preset][figure] for preset in presets]
        assert taken == sorted(taken)


def test_the_figures_are_one_chips(run):
    alone, of_eight, too_much, shared, copied, donated = run(SHARED_OUT)
    assert alone[0] and of_eight[0] and shared[0]
    assert alone[1] == pytest.approx(2 * 8192 * 4096 * 128, rel=0.01)
    assert of_eight[1] == pytest.approx(alone[1] / 8, rel=0.01)
    # 3 * 2^20 rows of 4096 numbers of 2 bytes are 24 GiB: too much for one chip's 16 GB.
    assert too_much[:2] == [False, None] and (too_much[2] is None or too_much[2] > 16e9)
    assert shared[2] == pytest.approx(3 * 2**30, rel=0.3)
    assert copied - donated == pytest.approx(8192 * 4096 * 2, rel=0.1)
