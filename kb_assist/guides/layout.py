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
_LABEL_GAP = 6
"""Between two labels in one row."""
_ABOVE = 10
"""How far above its step an edge from below turns; less than the margin."""
_LANE = 10
"""Between two such edges beside each other."""
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
    """Where everything stands."""

    boxes: Mapping[str, Box]
    routes: Mapping[EdgeKey, tuple[Point, ...]]
    """Of edges that lead down: from the lower edge of the source over the gaps between boxes to
    the upper edge of the target, vertical at every point."""
    returns: Mapping[EdgeKey, tuple[Point, ...]]
    """Of edges that lead back up: corners of a line around all boxes."""
    labels: Mapping[EdgeKey, Point]
    """Middle and baseline of the label of every edge that has one."""
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


def place(
    nodes: Sequence[str],
    edges: Sequence[EdgeKey],
    lines: Mapping[str, int],
    labels: Mapping[EdgeKey, float] | None = None,
) -> Layout:
    """``lines`` is the number of text lines per node, ``labels`` the width of each label in
    pixels. The first node stands on top."""
    layered = _layered(nodes, edges)
    _order(layered)
    _spread(layered)
    wide = labels or {}
    back = [key for key in dict.fromkeys(edges) if key not in layered.chains]
    rows = [1] * len(layered.layers)
    while True:
        drawing = _Drawing(layered, lines, rows, back)
        places, crowded = drawing.labels(wide)
        if not crowded:
            return drawing.layout(places, wide)
        for layer in crowded:
            rows[layer] += 1


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


class _Drawing:
    """Boxes and lines, with ``rows`` of labels below each layer."""

    def __init__(
        self,
        layered: _Layered,
        lines: Mapping[str, int],
        rows: Sequence[int],
        back: Sequence[EdgeKey],
    ) -> None:
        self._layered = layered
        self._rows = rows
        self._back = back
        self._layer = {name: n for n, layer in enumerate(layered.layers) for name in layer}
        self._tops: list[float] = []
        self._bottoms: list[float] = []
        self._boxes: dict[str, Box] = {}
        y = float(MARGIN)
        for number, layer in enumerate(layered.layers):
            y += LABEL_HEIGHT * max(0, self._returning(number) - 1)
            heights = {n: _PADDING + _LINE_HEIGHT * lines.get(n, 1) for n in layer}
            tallest = max(heights[n] for n in layer if layered.is_node(n))
            for node in filter(layered.is_node, layer):
                left = layered.centre[node] - NODE_WIDTH / 2
                self._boxes[node] = Box(left, y, NODE_WIDTH, heights[node])
            self._tops.append(y)
            self._bottoms.append(y + tallest)
            y += tallest + LAYER_GAP + LABEL_HEIGHT * (rows[number] - 1)
        self._routes = self._down()

    def _returning(self, layer: int) -> int:
        """How many edges lead back up from a layer."""
        return sum(self._layer[source] == layer for source, _ in self._back)

    def _down(self) -> dict[EdgeKey, tuple[Point, ...]]:
        """Edges leave a box side by side, in the order of where they lead, and enter it
        likewise."""
        layered, ports = self._layered, dict[tuple[str, EdgeKey], float]()
        for node, box in self._boxes.items():
            leaving = [key for key in layered.chains if key[0] == node]
            leaving.sort(key=lambda key: layered.centre[layered.chains[key][1]])
            arriving = [key for key in layered.chains if key[1] == node]
            arriving.sort(key=lambda key: layered.centre[layered.chains[key][-2]])
            for keys in (leaving, arriving):
                for number, key in enumerate(keys, 1):
                    ports[node, key] = box.x + box.width * number / (len(keys) + 1)
        routes = {}
        for key, chain in layered.chains.items():
            passed = [point for name in chain[1:-1] for point in self._waypoint(name)]
            start = (ports[key[0], key], self._boxes[key[0]].bottom)
            routes[key] = (start, *passed, (ports[key[1], key], self._boxes[key[1]].y))
        return routes

    def _waypoint(self, name: str) -> tuple[Point, Point]:
        x, layer = self._layered.centre[name], self._layer[name]
        return (x, self._tops[layer]), (x, self._bottoms[layer])

    def labels(self, wide: Mapping[EdgeKey, float]) -> tuple[dict[EdgeKey, Point], set[int]]:
        """Each on its own line and in the first row with room; layers that need another row."""
        places: dict[EdgeKey, Point] = {}
        crowded: set[int] = set()
        taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for key in sorted(self._routes, key=lambda key: self._routes[key][0]):
            layer, width = self._layer[key[0]], wide.get(key, 0.0)
            if not width:
                continue
            for row in range(self._rows[layer]):
                y = self._bottoms[layer] + LABEL_HEIGHT * (row + 1)
                x = self._label_x(key, y, width)
                here = taken.setdefault((layer, row), [])
                span = (x - width / 2 - _LABEL_GAP, x + width / 2 + _LABEL_GAP)
                if all(span[1] <= left or right <= span[0] for left, right in here):
                    here.append((x - width / 2, x + width / 2))
                    places[key] = (x, y)
                    break
            else:
                crowded.add(layer)
        return places, crowded

    def _label_x(self, key: EdgeKey, y: float, width: float) -> float:
        """On the line, but never outside the picture."""
        start, end = self._routes[key][:2]
        return max(x_at(start, end, y), MARGIN / 2 + width / 2)

    def layout(self, places: dict[EdgeKey, Point], wide: Mapping[EdgeKey, float]) -> Layout:
        returns: dict[EdgeKey, tuple[Point, ...]] = {}
        before = [0] * len(self._tops)
        for number, key in enumerate(self._back):
            layer = self._layer[key[0]]
            line = self._return(key, number, before[layer])
            before[layer] += 1
            returns[key] = line
            if wide.get(key):
                (x, y) = line[2]
                places[key] = (x + 4 + wide[key] / 2, y - 4)
        points = [point for line in (*self._routes.values(), *returns.values()) for point in line]
        right = [box.x + box.width for box in self._boxes.values()] + [x for x, _ in points]
        right += [x + wide[key] / 2 for key, (x, _) in places.items()]
        return Layout(
            self._boxes,
            self._routes,
            returns,
            places,
            max(right) + MARGIN,
            max(box.bottom for box in self._boxes.values()) + MARGIN,
        )

    def _return(self, key: EdgeKey, number: int, before: int) -> tuple[Point, ...]:
        """Out of the right side, above the own layer to the right of everything between, up, and
        into the target from above."""
        source, target = self._boxes[key[0]], self._boxes[key[1]]
        beside = source.x + source.width + COLUMN_GAP / 2
        middle = source.y + source.height / 2
        over = self._tops[self._layer[key[0]]] - _ABOVE - LABEL_HEIGHT * before
        entry = target.x + target.width - _LANE
        line = [(source.x + source.width, middle), (beside, middle), (beside, over)]
        if key[0] != key[1]:
            above = self._tops[self._layer[key[1]]] - _ABOVE
            lane = self._right_of(key) + COLUMN_GAP / 2 + _LANE * number
            line += [(lane, over), (lane, above), (entry, above)]
        else:
            line.append((entry, over))
        return (*line, (entry, target.y))

    def _right_of(self, key: EdgeKey) -> float:
        """The right end of all that stands in the layers from the target down to the source."""
        first, last = sorted((self._layer[key[0]], self._layer[key[1]]))
        passed = self._layered.layers[first : last + 1]
        return max(
            self._layered.centre[name] + self._layered.width(name) / 2
            for layer in passed
            for name in layer
        )


def x_at(start: Point, end: Point, y: float) -> float:
    """Where a line that leaves and arrives vertically is at a height between its ends."""
    (x1, y1), (x2, y2) = start, end
    low, high = 0.0, 1.0
    # y grows with t, so halving finds it; a hundredth of a pixel is enough.
    for _ in range(16):
        t = (low + high) / 2
        low, high = (t, high) if y1 + (y2 - y1) * (1.5 * t * (1 - t) + t**3) < y else (low, t)
    return x1 + (x2 - x1) * (3 * low**2 - 2 * low**3)
