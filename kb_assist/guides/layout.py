"""Places for the nodes of a graph: layers from the start down, few crossings, no library."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

NODE_WIDTH = 190
COLUMN_GAP = 28
LAYER_GAP = 46
LABEL_HEIGHT = 13
MARGIN = 16
BACK_EDGE_ROOM = 48
"""Right of the graph, for edges that lead back up."""
_LINE_HEIGHT = 16
_PADDING = 20
_WAYPOINT_WIDTH = 14
_SWEEPS = 10
"""Passes over the layers; more changed nothing for guides of up to sixty steps."""

EdgeKey = tuple[str, str]
Point = tuple[float, float]


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
    """Where everything stands. A route that leads down has at least two points, from the lower
    edge of its source over the gaps between boxes to the upper edge of its target; edges that
    lead back up have none."""

    boxes: Mapping[str, Box]
    routes: Mapping[EdgeKey, tuple[Point, ...]]
    labels: Mapping[EdgeKey, Point]
    width: float
    height: float


@dataclass(slots=True)
class _Layered:
    """Layers that hold waypoints too, where an edge passes a layer without a stop there."""

    layers: list[list[str]]
    chains: dict[EdgeKey, list[str]]
    """Edge that leads down to the nodes and waypoints it passes, ends included."""
    near: dict[str, list[str]] = field(default_factory=dict)
    centre: dict[str, float] = field(default_factory=dict)

    def is_node(self, name: str) -> bool:
        return not name.startswith("\0")

    def width(self, name: str) -> float:
        return NODE_WIDTH if self.is_node(name) else _WAYPOINT_WIDTH


def place(nodes: Sequence[str], edges: Sequence[EdgeKey], lines: Mapping[str, int]) -> Layout:
    """``lines`` is the number of text lines per node. The first node stands on top."""
    layered = _layered(nodes, edges)
    _order(layered)
    _spread(layered)
    boxes, waypoints, height = _boxes(layered, lines)
    routes, labels = _routes(layered, boxes, waypoints)
    width = max(box.x + box.width for box in boxes.values()) + MARGIN + BACK_EDGE_ROOM
    width = max([width, *(point[0] + MARGIN for route in routes.values() for point in route)])
    return Layout(boxes, routes, labels, width, height)


def _forward(nodes: Sequence[str], edges: Sequence[EdgeKey]) -> list[EdgeKey]:
    """Edges without those that close a circle, found by walking from the first node."""
    following: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        if source != target:
            following[source].append(target)
    kept: list[EdgeKey] = []
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


def _depths(nodes: Sequence[str], forward: Sequence[EdgeKey]) -> dict[str, int]:
    """Each node one layer below the lowest that leads to it."""
    depth = dict.fromkeys(nodes, 0)
    for _ in nodes:
        changed = False
        for source, target in forward:
            if depth[target] < depth[source] + 1:
                depth[target] = depth[source] + 1
                changed = True
        if not changed:
            break
    return depth


def _layered(nodes: Sequence[str], edges: Sequence[EdgeKey]) -> _Layered:
    forward = _forward(nodes, edges)
    depth = _depths(nodes, forward)
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in nodes:
        layers[depth[node]].append(node)
    layered = _Layered(layers, {})
    for source, target in dict.fromkeys(forward):
        between = [f"\0{source} {target} {n}" for n in range(depth[source] + 1, depth[target])]
        for n, waypoint in enumerate(between, depth[source] + 1):
            layers[n].append(waypoint)
        chain = [source, *between, target]
        layered.chains[source, target] = chain
        for upper, lower in itertools.pairwise(chain):
            layered.near.setdefault(upper, []).append(lower)
            layered.near.setdefault(lower, []).append(upper)
    return layered


def _order(layered: _Layered) -> None:
    """Each node as near as possible to the middle of its neighbours, down and up in turn."""
    layers = layered.layers
    for sweep in range(_SWEEPS):
        position = {n: i / max(len(layer), 1) for layer in layers for i, n in enumerate(layer)}
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            middle = {node: _mean(position, layered.near.get(node, [node])) for node in layer}
            layer.sort(key=lambda node: (middle[node], node))
            position |= {node: i / len(layer) for i, node in enumerate(layer)}


def _mean(value: Mapping[str, float], names: Sequence[str]) -> float:
    return sum(value[name] for name in names) / len(names)


def _spread(layered: _Layered) -> None:
    """Columns: as near to the neighbours as the order and the widths allow."""
    centre = layered.centre
    for layer in layered.layers:
        x = 0.0
        for node in layer:
            centre[node] = x + layered.width(node) / 2
            x += layered.width(node) + COLUMN_GAP
    for sweep in range(_SWEEPS):
        for layer in layered.layers if sweep % 2 else reversed(layered.layers):
            _settle(layered, layer)
    left = min(centre[n] - layered.width(n) / 2 for layer in layered.layers for n in layer)
    for node in centre:
        centre[node] += MARGIN - left


def _settle(layered: _Layered, layer: Sequence[str]) -> None:
    centre = layered.centre
    wanted = [_mean(centre, layered.near.get(node, [node])) for node in layer]
    placed: list[float] = []
    for number, node in enumerate(layer):
        x = wanted[number]
        if number:
            before = layer[number - 1]
            apart = (layered.width(before) + layered.width(node)) / 2 + COLUMN_GAP
            x = max(x, placed[-1] + apart)
        placed.append(x)
    # Pushing to the right only would let the picture drift.
    shift = sum(w - p for w, p in zip(wanted, placed, strict=True)) / len(layer)
    for node, x in zip(layer, placed, strict=True):
        centre[node] = x + shift


def _boxes(
    layered: _Layered, lines: Mapping[str, int]
) -> tuple[dict[str, Box], dict[str, tuple[Point, Point]], float]:
    """Boxes of nodes, upper and lower point of waypoints, and the height of all."""
    boxes: dict[str, Box] = {}
    waypoints: dict[str, tuple[Point, Point]] = {}
    y = float(MARGIN)
    for layer in layered.layers:
        heights = {n: _PADDING + _LINE_HEIGHT * lines.get(n, 1) for n in layer}
        tallest = max(heights[n] for n in layer if layered.is_node(n))
        for node in layer:
            x = layered.centre[node]
            if layered.is_node(node):
                boxes[node] = Box(x - NODE_WIDTH / 2, y, NODE_WIDTH, heights[node])
            else:
                waypoints[node] = ((x, y), (x, y + tallest))
        ways = [sum(source == n for source, _ in layered.chains) for n in layer]
        y += tallest + LAYER_GAP + LABEL_HEIGHT * max(max(ways) - 1, 0)
    return boxes, waypoints, y - LAYER_GAP + MARGIN


def _routes(
    layered: _Layered,
    boxes: Mapping[str, Box],
    waypoints: Mapping[str, tuple[Point, Point]],
) -> tuple[dict[EdgeKey, tuple[Point, ...]], dict[EdgeKey, Point]]:
    """Edges leave a box side by side, in the order of where they lead, and enter it likewise.
    Labels stand one below the other, so that long ones do not cover each other."""
    routes: dict[EdgeKey, tuple[Point, ...]] = {}
    labels: dict[EdgeKey, Point] = {}
    ports: dict[tuple[str, EdgeKey], float] = {}
    for node, box in boxes.items():
        leaving = [key for key in layered.chains if key[0] == node]
        leaving.sort(key=lambda key: layered.centre[layered.chains[key][1]])
        arriving = [key for key in layered.chains if key[1] == node]
        arriving.sort(key=lambda key: layered.centre[layered.chains[key][-2]])
        for keys in (leaving, arriving):
            for number, key in enumerate(keys, 1):
                ports[node, key] = box.x + box.width * number / (len(keys) + 1)
        for number, key in enumerate(leaving):
            labels[key] = (ports[node, key], box.bottom + LABEL_HEIGHT * (number + 1))
    for key, chain in layered.chains.items():
        source, target = boxes[key[0]], boxes[key[1]]
        passed = [point for name in chain[1:-1] for point in waypoints[name]]
        start = (ports[key[0], key], source.bottom)
        routes[key] = (start, *passed, (ports[key[1], key], target.y))
    return routes, labels
