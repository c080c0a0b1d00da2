"""Shapes of small charts; pure. Templates draw them as SVG with a title and a table beside it.

Charts are stretched to the width there is, so that they carry no text of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

WIDTH = 100.0
HEIGHT = 40.0
# So that the thickest line stays inside.
_MARGIN = 2.0
_GAP = 0.2


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A line through counts at equal distances."""

    counts: tuple[int, ...]
    points: str
    """As ``<polyline>`` wants them."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One of several, from the bottom up."""

    count: int
    x: float
    y: float
    width: float
    height: float
    reached: float
    """Share of all counts up to this bar, between 0 and 1."""


@dataclass(frozen=True, slots=True)
class Pareto:
    """Bars from the largest down, and the share that they reach together."""

    bars: tuple[Bar, ...]
    points: str
    line_y: float
    """Where the wanted share is reached."""
    enough: int
    """How many of all counts reach the wanted share; perhaps more than there are bars."""
    counted: int
    """How many counts there are."""
    total: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a stacked bar."""

    name: str
    count: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a share surely lies, and where it was seen, on a scale from 0 to the width."""

    x: float
    width: float
    middle: float


def sparkline(counts: Sequence[int]) -> Sparkline:
    """The highest count reaches the top; zeros lie at the bottom."""
    highest = max(*counts, 1) if counts else 1
    step = WIDTH / max(len(counts) - 1, 1)
    room = HEIGHT - 2 * _MARGIN
    places = (
        (at * step, HEIGHT - _MARGIN - room * count / highest) for at, count in enumerate(counts)
    )
    return Sparkline(tuple(counts), _points(places))


def pareto(counts: Sequence[int], *, wanted: float = 0.8, most: int = 40) -> Pareto:
    """``counts``: the largest first; ``most`` of them get a bar, because more are too thin to be
    told apart, and all of them count."""
    total = sum(counts)
    if not total:
        return Pareto((), "", HEIGHT * (1 - wanted), 0, 0, 0)
    reached = [part / total for part in accumulate(counts)]
    shown = counts[:most]
    step = WIDTH / len(shown)
    bars = tuple(
        Bar(
            count,
            x=round(at * step + step * _GAP / 2, 2),
            y=round(HEIGHT * (1 - count / total), 2),
            width=round(step * (1 - _GAP), 2),
            height=round(HEIGHT * count / total, 2),
            reached=reached[at],
        )
        for at, count in enumerate(shown)
    )
    middles = ((at + 0.5) * step for at in range(len(shown)))
    heights = (HEIGHT * (1 - share) for share in reached[: len(shown)])
    points = _points(zip(middles, heights, strict=True))
    # Sums of shares may fall short of it by a rounding.
    enough = min(1 + sum(share < wanted - 1e-9 for share in reached), len(counts))
    return Pareto(bars, points, round(HEIGHT * (1 - wanted), 2), enough, len(counts), total)


def stacked(parts: Sequence[tuple[str, int]]) -> tuple[Piece, ...]:
    """Parts in a row that fill the width together; empty ones are left out."""
    total = sum(count for _, count in parts)
    pieces, before = [], 0
    for name, count in parts:
        if count:
            x, width = WIDTH * before / total, WIDTH * count / total
            pieces.append(Piece(name, count, round(x, 2), round(width, 2)))
        before += count
    return tuple(pieces)


def reach(low: float, high: float, middle: float) -> Reach:
    """``low``, ``high`` and ``middle``: shares between 0 and 1."""
    x, end = round(WIDTH * low, 2), round(WIDTH * high, 2)
    return Reach(x, round(max(end - x, 1.0), 2), round(WIDTH * middle, 2))


def _points(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
