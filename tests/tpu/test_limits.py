"""What binds, on numbers that can be reckoned in one's head."""

import pytest

from dualstream.tpu import SLICES, Chip, Slice
from dualstream.tpu.host import Host
from dualstream.tpu.limits import find_limits, image_bytes
from dualstream.tpu.words import limiting

HOST = Host('photographs', 50_000, 2, {
    'none': {'frame': 9.0}, 'tf-array': {'pixels': 50.0, 'grid': 100.0}})
SIZE = (100, 100)  # 30,000 bytes an image


def slice_of(*, link=1e9, network=8e9, vcpus=10):
    """Four of a host's eight chips, with half of its network."""
    chip = Chip('x', 'x', peak_flops=1e12, bandwidth=1e9, hbm_bytes=1e9, link=link,
                network=network, source='https://example.org')
    return Slice('x-4', chip, (2, 2), vcpus)


def test_each_part_allows_its_bytes_over_those_of_an_image():
    limits = find_limits(7_000, slice_of(), HOST, image_size=SIZE)
    assert limits['alone'].allows == {
        'chips': 7_000, 'links': 4 * 1e9 / 30_000, 'network': 4e9 / 50_000, 'vCPUs': 10 * 100.0}
    assert limits['fed'].allows == {
        'chips': 7_000, 'links': 4 * 1e9 / 30_000, 'network': 4e9 / 30_000}


@pytest.mark.parametrize('speed, tpu, alone, fed', [
    (900, slice_of(), 'chips', 'chips'),
    (7_000, slice_of(), 'vCPUs', 'chips'),
    (7_000, slice_of(link=6e6), 'links', 'links'),
    (7_000, slice_of(network=6e7), 'network', 'network'),
    # What is read for an image may be more than what is sent of it, or less.
    (7_000, slice_of(network=3e8, vcpus=40), 'network', 'network'),
])
def test_the_smallest_binds(speed, tpu, alone, fed):
    limits = find_limits(speed, tpu, HOST, image_size=SIZE)
    assert (limits['alone'].binding, limits['fed'].binding) == (alone, fed)
    for each in limits.values():
        assert each.images_per_second == min(each.allows.values())
    text = limiting(limits, tpu, HOST, image_size=SIZE)
    for how, binding in (('Alone', alone), ('Fed', fed)):
        [line] = [line for line in text.splitlines() if line.startswith(f'{how}, the {binding} ')]
        share = limits[how.lower()].images_per_second / speed
        assert f'{limits[how.lower()].images_per_second:,.0f} images/s, {share:.0%} of' in line


def test_without_a_grid_the_pixels_are_looked_at():
    host = Host('photographs', 50_000, 2, {'tf-array': {'pixels': 50.0, 'glance': 70.0}})
    limits = find_limits(7_000, slice_of(), host, image_size=SIZE)
    assert limits['alone'].allows['vCPUs'] == 10 * 50.0


def test_float_images_of_307213_a_second_are_more_than_a_host_s_network():
    per_second = 307_213 * image_bytes((224, 224), pixels='float32')
    assert per_second == pytest.approx(185e9, rel=0.01)
    assert SLICES['v5litepod-8'].network == 25e9  # 2 x 100 Gbit/s


def test_smaller_slices_have_their_chips_share_of_the_host():
    for kind in ('v5litepod', 'v6e'):
        whole = SLICES[f'{kind}-8']
        for chips in (1, 4):
            part = SLICES[f'{kind}-{chips}']
            assert part.network == pytest.approx(whole.network * chips / 8)
            assert part.link == pytest.approx(whole.link * chips / 8)
            assert part.vcpus <= whole.vcpus
