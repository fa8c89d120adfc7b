"""Names in narrow places."""


def shortened(name: str, most: int) -> str:
    """Shortens a name in its middle, since paths differ at their ends.

    Args:
      name: any.
      most: characters that may remain, at least 2.

    Example:

    >>> shortened('a/long/path/to/leaf.jpg', 15), shortened('leaf.jpg', 15)
    ('a/long/…eaf.jpg', 'leaf.jpg')
    """
    return name if len(name) <= most else f'{name[:most // 2]}…{name[most // 2 + 1 - most:]}'
