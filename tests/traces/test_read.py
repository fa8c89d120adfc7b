"""What is no trace is refused in a line that says what is wrong."""

import pytest
from handmade import space

from dualstream.traces import read_trace, review


@pytest.fixture
def session(tmp_path):
    folder = tmp_path / 'plugins' / 'profile' / '2026_01_01'
    folder.mkdir(parents=True)
    return folder


def test_an_accelerators_ops_are_the_steps_computing(session, tmp_path):
    (session / 'host.xplane.pb').write_bytes(
        space(('/host:CPU', '/device:GPU:0')).SerializeToString())
    seen = review(read_trace(tmp_path))
    assert seen.steps == 2 and seen.step_ms == pytest.approx(10)
    assert seen.split_ms['device'] == pytest.approx(4) and seen.split_ms['compute'] == 0
    assert seen.input_ms == {'transfer': pytest.approx(1)}
    assert seen.split_ms['python'] == pytest.approx(6)
    assert seen.ran_on['GPU:0'] == pytest.approx(4)
    assert not any('accelerator' in warning for warning in seen.warnings)


def test_the_most_memory_that_any_event_saw_counts(session, tmp_path):
    made = space()
    plane = made.planes[0]
    plane.event_metadata[9].name = 'MemoryAllocation'
    plane.stat_metadata[2].name = 'peak_bytes_in_use'
    for peak in (10**6, 3 * 10**6, 2 * 10**6):
        event = plane.lines[0].events.add(metadata_id=9)
        event.stats.add(metadata_id=2, int64_value=peak)
    (session / 'host.xplane.pb').write_bytes(made.SerializeToString())
    assert review(read_trace(tmp_path)).memory_peak_mb == pytest.approx(3)


def test_what_a_later_version_may_add_is_passed_over(session, tmp_path):
    later = space()
    later.planes.add(name='/host:Something new').lines.add(name='unknown').events.add(metadata_id=9)
    unknown_field = bytes([0xFA, 0x7F, 3]) + b'new'  # number 2047, of three bytes
    (session / 'host.xplane.pb').write_bytes(later.SerializeToString() + unknown_field)
    assert review(read_trace(tmp_path)).steps == 2


@pytest.mark.parametrize('contents, why', [
    (space().SerializeToString()[:40], 'cut off'),
    (b'no trace at all', 'cut off|no trace'),
    (space(('/device:GPU:0',)).SerializeToString(), 'no plane'),
    (space(steps=0).SerializeToString(), 'no marked steps'),
    (b'', 'no plane'),
], ids=['truncated', 'text', 'no host', 'no steps', 'empty'])
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
        (session / f'{host}.xplane.pb').write_bytes(space().SerializeToString())
    with pytest.raises(ValueError, match=r'several hosts \(one, two\)'):
        read_trace(tmp_path)
    assert len(read_trace(session / 'one.xplane.pb').steps) == 2
