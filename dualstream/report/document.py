"""A page of a report as a value, written as Markdown and as HTML."""

import dataclasses
import html
from collections.abc import Sequence

_STYLE = '''
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; background: #fff; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ddd; }
.table { overflow-x: auto; } table { border-collapse: collapse; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid #ddd; text-align: right; }
td { white-space: nowrap; } th { border-bottom: 2px solid #888; }
th:first-child, td:first-child { text-align: left; }
pre { background: #f5f5f5; padding: 1rem; overflow-x: auto; }
img { max-width: 100%; height: auto; }
'''


@dataclasses.dataclass(frozen=True)
class Heading:
    """Opens a part of the page."""

    text: str


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of cells below a row of headings; all have equally many cells."""

    heading: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture's file, beside the page, and what is to be seen in it."""

    file: str
    text: str


@dataclasses.dataclass(frozen=True)
class Code:
    """Lines to be typed as they are."""

    text: str


Block = str | Heading | Table | Picture | Code
"""A text is a paragraph."""


def as_markdown(title: str, blocks: Sequence[Block]) -> str:
    """Writes a page as Markdown.

    Args:
      title: of the page.
      blocks: what is on it, from top to bottom.

    Example:

    >>> print(as_markdown('Leaves', ['Three.', Table(['class', 'count'], [['cmd', '3']])]))
    # Leaves
    <BLANKLINE>
    Three.
    <BLANKLINE>
    | class | count |
    | --- | --- |
    | cmd | 3 |
    <BLANKLINE>
    """
    return '\n'.join(f'{each}\n' for each in [f'# {title}', *map(_block_as_markdown, blocks)])


def as_html(title: str, blocks: Sequence[Block]) -> str:
    """Writes a page as HTML that needs no other file but its pictures; as `as_markdown`."""
    shown = '\n'.join(map(_block_as_html, blocks))
    return f'''<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{_STYLE}</style></head>
<body><h1>{html.escape(title)}</h1>
{shown}
</body></html>
'''


def _block_as_markdown(block: Block) -> str:
    match block:
        case Heading(text):
            return f'## {text}'
        case Table(heading, rows):
            lines = [heading, ['---'] * len(heading), *rows]
            return '\n'.join(
                f'| {" | ".join(cell.replace("|", chr(92) + "|") for cell in line)} |'
                for line in lines)
        case Picture(file, text):
            return f'![{text}]({file})'
        case Code(text):
            return f'```\n{text}\n```'
    return block


def _block_as_html(block: Block) -> str:
    match block:
        case Heading(text):
            return f'<h2>{html.escape(text)}</h2>'
        case Table(heading, rows):
            cells = [_row(heading, 'th'), *(_row(row, 'td') for row in rows)]
            return f'<div class="table"><table>{"".join(cells)}</table></div>'
        case Picture(file, text):
            return (f'<p><a href="{html.escape(file)}"><img src="{html.escape(file)}" '
                    f'alt="{html.escape(text)}"></a></p>')
        case Code(text):
            return f'<pre>{html.escape(text)}</pre>'
    return f'<p>{html.escape(block)}</p>'


def _row(cells: Sequence[str], tag: str) -> str:
    return f'<tr>{"".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)}</tr>'
