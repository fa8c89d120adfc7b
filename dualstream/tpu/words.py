"""Writes a plan as text."""

from dualstream.tpu.chips import PCIE_SOURCE, VCPUS_SOURCE, Slice
from dualstream.tpu.estimate import Estimate, to_feed
from dualstream.tpu.host import Host
from dualstream.tpu.limits import Limits, image_bytes

WELL_USED = 128
"""Images on a chip from which its memory is used well. The compiler lays maps out in tiles of 8 x
128 numbers, and smaller batches moved about as many bytes as this one (`experiments.plans`)."""


def in_words(estimate: Estimate, tpu: Slice, *, what: str, batch_size: int, compiler: str) -> str:
    """Writes the compiler's estimate of a step as text.

    Args:
      estimate: of the step.
      tpu: the slice that the step was compiled for.
      what: a heading that says what is trained.
      batch_size: images in a step on each chip.
      compiler: its name and version.
    """
    chip = tpu.chip
    lines = [what, '', f"A compiler's estimate: {compiler} compiled it, and nothing was run on a "
             'TPU.', '']
    asked = '' if estimate.memory_gb is None else (
        f'{estimate.memory_gb:.2f} of {estimate.hbm_gb:.0f} GB on each chip')
    lines.append(f'  memory    {"fits" if estimate.fits else "DOES NOT FIT"}: {asked or "unknown"}')
    if estimate.fits:
        lines += [
            f'  a step    {estimate.gflops:,.1f} GFLOP and {estimate.accessed_gb:.2f} GB read and '
            'written, on each chip',
            f'  roofline  {estimate.step_ms:.2f} ms, bound by {estimate.bound_by}: the greater of '
            f'{estimate.compute_ms:.2f} ms at {chip.peak_flops / 1e12:.0f} TFLOP/s and '
            f'{estimate.memory_ms:.2f} ms at {chip.bandwidth / 1e9:,.0f} GB/s',
            f'  images/s  {estimate.images_per_second:,.0f} on {tpu.chips} '
            f'chip{"s" * (tpu.chips > 1)}']
        if batch_size < WELL_USED:
            lines += ['', f'Much of what {batch_size} images a chip move is padding: maps lie in '
                      f'tiles of 8 x {WELL_USED} numbers. {WELL_USED} images use a chip better.']
    return '\n'.join([*lines, '', f"The chip's figures: {chip.source}"])


def limiting(
    limits: dict[str, Limits], tpu: Slice, host: Host, *, image_size: tuple[int, int]
) -> str:
    """Writes which part of a slice limits the training, alone and fed, as text.

    Args:
      limits: from `find_limits`, by who makes the images.
      tpu: the slice.
      host: the measured machine.
      image_size: (height, width) of the images.
    """
    image, floats = image_bytes(image_size), image_bytes(image_size, pixels='float32')
    alone, fed = limits['alone'], limits['fed']
    speed = alone.allows['chips']
    link, network = tpu.chip.link / 1e9, tpu.network / 1e9
    reckoned = {
        'chips': 'the roofline',
        'links': f'{tpu.chips} x PCIe of {link:.0f} GB/s, for images',
        'network': f'{network:.1f} GB/s, for photographs of {host.photo_bytes / 1e3:.0f} kB alone, '
                   'for images fed',
        'vCPUs': f'{tpu.vcpus}, each as fast as a core of this machine by '
                 f'{", ".join(host.default_way)}'}
    lines = [
        f'Images travel with 8 bits a channel, {image:,} bytes each (float32: {floats:,}), so the '
        f'chips take {image * speed / 1e9:.1f} GB/s (float32: {floats * speed / 1e9:.1f}).', '',
        'At most, in images/s, where the host makes its images alone, and where others feed it '
        '(python -m dualstream.feed):', '',
        f'  {"part":10}{"alone":>12}{"fed":>12}  reckoned from']
    for part, why in reckoned.items():
        by_feeds = f'{fed.allows[part]:,.0f}' if part in fed.allows else '-'
        lines.append(f'  {part:10}{alone.allows[part]:>12,.0f}{by_feeds:>12}  {why}')
    lines.append('')
    for how, those in limits.items():
        verb = 'limits' if those.binding == 'network' else 'limit'
        lines.append(
            f'{how.capitalize()}, the {those.binding} {verb} it: {those.images_per_second:,.0f} '
            f'images/s, {those.images_per_second / speed:.0%} of what the chips could train on.')
    return '\n'.join([*lines, '', f'Network: {tpu.chip.source}', f'PCIe: {PCIE_SOURCE}',
                      f'vCPUs: {VCPUS_SOURCE}'])


def feeding(images_per_second: float, host: Host) -> str:
    """Writes how many cores and workers would keep a TPU fed, for each routine and look.

    Args:
      images_per_second: that the TPU consumes.
      host: the measured machine.
    """
    lines = [
        f'To keep the chips busy takes {images_per_second:,.0f} images/s. One of the '
        f'{host.cores} cores of this machine makes, from {host.photographs} in memory:', '',
        f'  {"routine":10}{"looks at":10}{"images/s":>10}{"cores":>8}'
        f'{f"workers of {host.cores} cores":>22}']
    for name, rates in host.rates.items():
        for look, rate in rates.items():
            cores, workers = to_feed(images_per_second, rate, host.cores)
            lines.append(f'  {name:10}{look:10}{rate:>10,.1f}{cores:>8,}{workers:>22,}')
    return '\n'.join(lines)
