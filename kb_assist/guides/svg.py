"""A graph as an SVG picture: no script, no outside reference, colours from the page's classes."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Sequence
from html import escape

from kb_assist.guides.graph import Edge, Graph, Node
from kb_assist.guides.layout import Box, Layout, Point, place

_CHARACTERS = 23
"""Per line of a node, at 13 pixels in a wide typeface."""
_LABEL_CHARACTERS = 28
_LABEL_WIDTH = 6.2
"""Pixels per character of a label, at 11 pixels in a wide typeface."""
_CORNER = 6
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
        {(e.source, e.target): _LABEL_WIDTH * len(_short(e.label)) for e in graph.edges},
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="guide-graph" role="group"'
        f' viewBox="0 0 {layout.width:g} {layout.height:g}" width="{layout.width:g}"'
        f' height="{layout.height:g}" font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{escape(graph.title)}</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="#5f6b7a"/>'
        "</marker></defs>",
        *(_line(edge, layout) for edge in graph.edges),
        # After all lines, so that none of them crosses a text.
        *(_label(edge, layout) for edge in graph.edges if edge.label),
        *(_node(node, texts[node.id], layout.boxes[node.id], link) for node in graph.nodes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _lines(node: Node) -> list[str]:
    shown = " ".join(_cut(word, _CHARACTERS) for word in node.text.split())
    lines = textwrap.wrap(shown, _CHARACTERS) or [node.id]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1][: _CHARACTERS - 1] + "…"]
    return [*lines, *(node.note.split(", ") if node.note else [])]


def _cut(word: str, most: int) -> str:
    """An address has no place to break it at."""
    return word if len(word) <= most else word[: most - 1] + "…"


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
    """White to red, as far as the words in it keep 4.5 to 1, in the dark theme's inversion too."""
    share = min(max(weight, 0.0), 1.0) * 0.35
    red, green, blue = (round(255 + (part - 255) * share) for part in _WARM)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _line(edge: Edge, layout: Layout) -> str:
    key = (edge.source, edge.target)
    if key in layout.routes:
        path, dash = _down(layout.routes[key]), ""
    else:
        path, dash = _around(layout.returns[key]), ' stroke-dasharray="4 3"'
    return f'<path d="{path}" fill="none" stroke="#5f6b7a" marker-end="url(#tip)"{dash}/>'


def _label(edge: Edge, layout: Layout) -> str:
    x, y = layout.labels[edge.source, edge.target]
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="middle" font-size="11" fill="#3c4654"'
        f' stroke="#ffffff" stroke-width="4" paint-order="stroke"><title>{escape(edge.label)}'
        f"</title>{escape(_short(edge.label))}</text>"
    )


def _short(label: str) -> str:
    return textwrap.shorten(label, _LABEL_CHARACTERS, placeholder=" …")


def _down(points: Sequence[Point]) -> str:
    """Through all points, vertical at each."""
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for (x1, y1), (x2, y2) in itertools.pairwise(points):
        bend = (y2 - y1) / 2
        path += f"C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {y2:g}"
    return path


def _around(points: Sequence[Point]) -> str:
    """Straight from corner to corner, with round corners."""
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        near, far = _towards(corner, before), _towards(corner, after)
        path += f"L{near[0]:g} {near[1]:g}Q{corner[0]:g} {corner[1]:g} {far[0]:g} {far[1]:g}"
    return f"{path}L{points[-1][0]:g} {points[-1][1]:g}"


def _towards(corner: Point, other: Point) -> Point:
    """A corner's width away from it, or half the way where that is less."""
    across, along = other[0] - corner[0], other[1] - corner[1]
    length = abs(across) + abs(along)
    share = min(_CORNER / length, 0.5) if length else 0.0
    return corner[0] + across * share, corner[1] + along * share
