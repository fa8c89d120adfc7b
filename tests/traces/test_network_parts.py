"""The parts of the network: every layer is in one, whatever the network is like."""

import keras
import pytest

from dualstream import network
from dualstream.traces.network_parts import part_of


@pytest.mark.parametrize('changed', [
    {}, {'lateral': 'both', 'merge': 'gate', 'hsv_areas': 4}, {'delay': 0},
    {'lateral': 'gray_to_hsv', 'merge': 'add', 'hsv_areas': 4}, {'slow': 'none'},
    {'fast': 'lightness', 'slow': 'ab'}])
def test_every_layer_is_in_a_part(changed):
    model = network.build('nano', image_size=(64, 64), **changed)
    parts = {layer.name: part_of(f'model/{layer.name}_1/op:Op') for layer in model.layers
             if not isinstance(layer, keras.layers.InputLayer)}
    assert None not in parts.values()
    assert parts['v1_magno_conv'] == 'gray stream' and parts['pfc_norm'] == 'merges'
    assert parts['probabilities'] == 'head'
    if changed.get('slow') != 'none':
        assert parts['v1_parvo_step1_conv'] == parts['lgn_parvo'] == 'HSV stream'
    if not changed:
        assert parts['v2_thick_merged_conv'] == parts['skip_to_v2_thick'] == 'merges'


@pytest.mark.parametrize('name, part', [
    ('StatefulPartitionedCall/adam_w/Sqrt_153:Sqrt', 'optimizer'),
    ('gradient_tape/dual_stream_nano_1/it_conv_1/convolution/Conv2DBackpropInput:X', 'HSV stream'),
    ('StatefulPartitionedCall/adam_w_2/Sqrt_153:Sqrt', 'optimizer'),
    ('StatefulPartitionedCall/AddN_61:AddN', None),
])
def test_an_op_is_of_the_layer_that_its_name_holds(name, part):
    assert part_of(name) == part
