"""Writes a plan as text."""

from dualstream.tpu.chips import Slice
from dualstream.tpu.estimate import Estimate, to_feed
from dualstream.tpu.host import Host


def in_words(what: str, tpu: Slice, estimate: Estimate, compiler: str) -> str:
    """Writes the compiler's estimate of a step as text.

    Args:
      what: a heading that says what is trained.
      tpu: the slice that the step was compiled for.
      estimate: of the step.
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
    return '\n'.join([*lines, '', f"The chip's figures: {chip.source}"])


def feeding(images_per_second: float, host: Host) -> str:
    """Writes how many cores and workers would keep a TPU fed, for each routine and look.

    Args:
      images_per_second: that the TPU consumes.
      host: the measured machine.
    """
    lines = [
        f'To keep it fed, the host must deliver {images_per_second:,.0f} images/s. One of the '
        f'{host.cores} cores of this machine makes, from {host.photographs} in memory:', '',
        f'  {"routine":10}{"looks at":10}{"images/s":>10}{"cores":>8}'
        f'{f"workers of {host.cores} cores":>22}']
    for name, rates in host.rates.items():
        for look, rate in rates.items():
            cores, workers = to_feed(images_per_second, rate, host.cores)
            lines.append(f'  {name:10}{look:10}{rate:>10,.1f}{cores:>8,}{workers:>22,}')
    return '\n'.join(lines)
