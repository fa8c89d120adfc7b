"""Reads the statistics that an XPlane stores with an event, by name."""


def stats(plane, event, *wanted: str) -> dict[str, int | float | str]:
    """Reads an event's statistics.

    Args:
      plane: the XPlane that the event is in, which holds the names.
      event: an XEvent.
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
