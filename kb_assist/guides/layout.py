"""Places for the nodes of a graph: layers from the start down, few crossings, no library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NODE_WIDTH = 190
COLUMN_GAP = 26
LAYER_GAP = 62
MARGIN = 16
_LINE_HEIGHT = 16
_PADDING = 20
_SWEEPS = 8
"""Passes that order the layers; more changed nothing for guides of up to sixty steps."""


@dataclass(frozen=True, slots=True)
class Box:
    """Left upper corner and size, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Layout:
    boxes: Mapping[str, Box]
    width: float
    height: float


def place(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]], lines: Mapping[str, int]
) -> Layout:
    """``lines`` is the number of text lines per node. The first node stands on top."""
    layers = _layers(nodes, edges)
    ordered = _ordered(layers, edges)
    widest = max(len(layer) for layer in ordered)
    width = MARGIN * 2 + widest * NODE_WIDTH + (widest - 1) * COLUMN_GAP
    boxes: dict[str, Box] = {}
    y = float(MARGIN)
    for layer in ordered:
        row = len(layer) * NODE_WIDTH + (len(layer) - 1) * COLUMN_GAP
        x = (width - row) / 2
        tallest = 0.0
        for node in layer:
            height = _PADDING + _LINE_HEIGHT * lines.get(node, 1)
            boxes[node] = Box(x, y, NODE_WIDTH, height)
            tallest = max(tallest, height)
            x += NODE_WIDTH + COLUMN_GAP
        y += tallest + LAYER_GAP
    return Layout(boxes, width, y - LAYER_GAP + MARGIN)


def _forward(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Edges without those that close a circle, found by walking from the first node."""
    following: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        if source != target:
            following[source].append(target)
    kept: list[tuple[str, str]] = []
    state: dict[str, int] = {}
    for root in nodes:
        if root in state:
            continue
        state[root] = 1
        trail = [(root, iter(following[root]))]
        while trail:
            node, rest = trail[-1]
            target = next(rest, "")
            if not target:
                state[node] = 2
                trail.pop()
            elif state.get(target) != 1:
                kept.append((node, target))
                if target not in state:
                    state[target] = 1
                    trail.append((target, iter(following[target])))
    return kept


def _layers(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Each node one layer below the lowest that leads to it."""
    forward = _forward(nodes, edges)
    depth = dict.fromkeys(nodes, 0)
    for _ in nodes:
        changed = False
        for source, target in forward:
            if depth[target] < depth[source] + 1:
                depth[target] = depth[source] + 1
                changed = True
        if not changed:
            break
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in nodes:
        layers[depth[node]].append(node)
    return layers


def _ordered(layers: list[list[str]], edges: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Each node as near as possible to the middle of its neighbours, down and up in turn."""
    near: dict[str, list[str]] = {}
    for source, target in edges:
        near.setdefault(source, []).append(target)
        near.setdefault(target, []).append(source)
    for sweep in range(_SWEEPS):
        position = {n: i / max(len(layer), 1) for layer in layers for i, n in enumerate(layer)}
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            middle = {
                node: sum(position[n] for n in near.get(node, [node])) / len(near.get(node, [node]))
                for node in layer
            }
            layer.sort(key=lambda node: (middle[node], node))
            position |= {node: i / len(layer) for i, node in enumerate(layer)}
    return layers
