"""A graph as an SVG picture: no script, no outside reference, colours from the page's classes."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator, Sequence
from html import escape

from kb_assist.guides.graph import Edge, Graph, Node
from kb_assist.guides.layout import BACK_EDGE_ROOM, Box, Layout, Point, place

_CHARACTERS = 24
"""Per line of a node, at 13 pixels in a usual typeface."""
_MOST_LINES = 4
_LINE_HEIGHT = 16

# Presentation attributes, not a style element: the pages' security policy forbids inline styles.
_FILLS = {"ask": "#e8f0fe", "do": "#fff4e0", "call": "#efe9fb", "end": "#e6f4ea"}
_STROKES = {"ask": "#3b6fd4", "do": "#b8770b", "call": "#7048c4", "end": "#2e7d46"}
_WARM = (197, 34, 31)


def draw(graph: Graph, *, link: str = "#{id}") -> str:
    """``link`` is the address a node leads to, with ``{id}`` for the step."""
    texts = {node.id: _lines(node) for node in graph.nodes}
    layout = place(
        [node.id for node in graph.nodes],
        [(edge.source, edge.target) for edge in graph.edges],
        {key: len(lines) for key, lines in texts.items()},
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="guide-graph" role="group"'
        f' viewBox="0 0 {layout.width:g} {layout.height:g}" width="{layout.width:g}"'
        f' height="{layout.height:g}" font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{escape(graph.title)}</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="#5f6b7a"/>'
        "</marker></defs>",
        *(part for edge in graph.edges for part in _edge(edge, layout)),
        *(_node(node, texts[node.id], layout.boxes[node.id], link) for node in graph.nodes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _lines(node: Node) -> list[str]:
    lines = textwrap.wrap(node.text, _CHARACTERS) or [node.id]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1][: _CHARACTERS - 1] + "…"]
    return [*lines, node.note] if node.note else lines


def _node(node: Node, lines: list[str], box: Box, link: str) -> str:
    fill = _FILLS[node.kind] if node.weight is None else _shade(node.weight)
    radius = box.height / 2 if node.kind == "end" else 8 if node.kind == "ask" else 2
    first = box.y + (box.height - _LINE_HEIGHT * len(lines)) / 2 + 12
    rows = "".join(
        f'<tspan x="{box.centre:g}" y="{first + n * _LINE_HEIGHT:g}">{escape(line)}</tspan>'
        for n, line in enumerate(lines)
    )
    address = escape(link.replace("{id}", node.id))
    return (
        f'<a href="{address}" class="node {node.kind}"><title>{escape(node.text)}</title>'
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"'
        f' rx="{radius:g}" fill="{fill}" stroke="{_STROKES[node.kind]}"/>'
        f'<text text-anchor="middle" fill="#14213d">{rows}</text></a>'
    )


def _shade(weight: float) -> str:
    """White to red."""
    share = min(max(weight, 0.0), 1.0) * 0.7
    red, green, blue = (round(255 + (part - 255) * share) for part in _WARM)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _edge(edge: Edge, layout: Layout) -> Iterator[str]:
    key = (edge.source, edge.target)
    if key in layout.routes:
        path, dash = _down(layout.routes[key]), ""
        at = layout.labels[key]
    else:
        path, at = _back(layout, edge)
        dash = ' stroke-dasharray="4 3"'
    yield f'<path d="{path}" fill="none" stroke="#5f6b7a" marker-end="url(#tip)"{dash}/>'
    if edge.label:
        short = (
            edge.label if len(edge.label) <= _CHARACTERS else edge.label[: _CHARACTERS - 1] + "…"
        )
        yield (
            f'<text x="{at[0]:g}" y="{at[1]:g}" text-anchor="middle" font-size="11" fill="#3c4654"'
            f' stroke="#ffffff" stroke-width="3" paint-order="stroke"><title>{escape(edge.label)}'
            f"</title>{escape(short)}</text>"
        )


def _down(points: Sequence[Point]) -> str:
    """Through all points, vertical at each."""
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for (x1, y1), (x2, y2) in itertools.pairwise(points):
        bend = (y2 - y1) / 2
        path += f"C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {y2:g}"
    return path


def _back(layout: Layout, edge: Edge) -> tuple[str, Point]:
    """Out of the right side of a step, around, and into the right side of an earlier one."""
    source, target = layout.boxes[edge.source], layout.boxes[edge.target]
    x1, y1 = source.x + source.width, source.y + source.height / 2
    x2, y2 = target.x + target.width, target.y + target.height / 2
    out = max(x1, x2) + BACK_EDGE_ROOM
    path = f"M{x1:g} {y1:g}C{out:g} {y1:g} {out:g} {y2:g} {x2:g} {y2:g}"
    # Beside its beginning, where no other label stands.
    return path, (min(x1 + 24, layout.width - 40), y1 - 6)
