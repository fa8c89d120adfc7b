"""Traces are read as xprof reads them, and what is no trace is refused in a line that says why."""

import pytest
from handmade import Space, on_cpu, on_gpu
from xprof.profile_data import ProfileData

from dualstream.traces import read_trace, review


@pytest.fixture
def session(tmp_path):
    folder = tmp_path / 'plugins' / 'profile' / '2026_01_01'
    folder.mkdir(parents=True)
    return folder


def test_the_most_memory_that_any_event_saw_counts(session, tmp_path):
    made = on_cpu()
    for peak in (10**6, 3 * 10**6, 2 * 10**6):
        made.host.line('python').add('MemoryAllocation', 1, 0, peak_bytes_in_use=peak)
    (session / 'host.xplane.pb').write_bytes(made.as_bytes())
    assert review(read_trace(tmp_path)).memory_peak_mb == pytest.approx(3)


def test_what_a_later_version_may_add_is_passed_over(session, tmp_path):
    later = on_cpu()
    later.proto.planes.add(name='/host:Something new').lines.add(name='unknown').events.add(
        metadata_id=9)
    unknown_field = bytes([0xFA, 0x7F, 3]) + b'new'  # number 2047, of three bytes
    (session / 'host.xplane.pb').write_bytes(later.as_bytes() + unknown_field)
    assert review(read_trace(tmp_path)).steps == 2


def test_names_and_times_are_those_of_xprofs_reader(session, tmp_path):
    """xprof's own reader gives each event of the lines that count, and no other."""
    made = on_gpu([('gemm', 1, 2, {'hlo_op': 'dot.1'}), ('MemcpyH2D', 0, 1, 'Stream #14')])
    (session / 'host.xplane.pb').write_bytes(made.as_bytes())
    read = read_trace(tmp_path)
    ours = {(event.name, event.start, event.duration) for events in [
        *read.threads.values(), read.devices['GPU:0'].events] for event in events}
    theirs = {(event.name, event.start_ns / 1e3, event.duration_ns / 1e3)
              for plane in ProfileData.from_file(session / 'host.xplane.pb').planes
              for line in plane.lines for event in line.events}
    assert len(ours) == 30
    assert sorted(ours) == [
        (name, pytest.approx(start), pytest.approx(duration))
        for name, start, duration in sorted(theirs)]


@pytest.mark.parametrize('contents, why', [
    (on_cpu().as_bytes()[:40], 'cut off'),
    (b'no trace at all', 'cut off|no trace'),
    (Space().as_bytes(), 'neither marked steps nor an op'),
    (on_cpu(steps=0).as_bytes(), 'neither marked steps nor an op'),
    (b'', 'no plane'),
], ids=['truncated', 'text', 'no events', 'no steps', 'empty'])
def test_what_is_no_trace_is_refused(session, tmp_path, contents, why):
    (session / 'host.xplane.pb').write_bytes(contents)
    with pytest.raises(ValueError, match=why):
        read_trace(tmp_path)


def test_an_empty_folder_and_several_hosts_are_refused(session, tmp_path):
    with pytest.raises(ValueError, match='no trace in'):
        read_trace(tmp_path)
    with pytest.raises(ValueError, match='there is no'):
        read_trace(tmp_path / 'nowhere')
    for host in ('one', 'two'):
        (session / f'{host}.xplane.pb').write_bytes(on_cpu().as_bytes())
    with pytest.raises(ValueError, match=r'several hosts \(one, two\)'):
        read_trace(tmp_path)
    assert len(read_trace(session / 'one.xplane.pb').steps) == 2
