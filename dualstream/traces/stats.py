"""Reads the statistics that an XPlane stores with an event, by name.

xprof's own reader, `xprof.profile_data.ProfileData`, gives a number in place of each name that a
statistic refers to (`tf_op`, `hlo_op`), gives no number of a thread, and takes about 30 times as
long (3.6 s for 320,000 events). So these few lines read the protocol buffers that TensorFlow
brings.
"""


def stats(plane, event, *wanted: str) -> dict[str, int | float | str]:
    """Reads the statistics of an event, or of what all events of its name have in common.

    Args:
      plane: the XPlane that the event is in, which holds the names.
      event: an XEvent, an XEventMetadata or the plane itself.
      *wanted: names; without any, all are read.
    """
    found = {}
    for stat in event.stats:
        name = plane.stat_metadata[stat.metadata_id].name
        if not wanted or name in wanted:
            kind = stat.WhichOneof('value')
            value = getattr(stat, kind)
            found[name] = plane.stat_metadata[value].name if kind == 'ref_value' else value
    return found
