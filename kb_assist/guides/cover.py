"""What the cases of a guide have been through: branches, limits on both sides, outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from kb_assist.guides.cases import Run
from kb_assist.guides.conditions import (
    ORDERING,
    Compare,
    Name,
    Value,
    comparisons,
    holds,
    parse_condition,
)
from kb_assist.guides.model import Bundle, Guide, Step
from kb_assist.guides.run import Trace, prefix_of

_ALL_SIDES = ("true", "false", "exact")
EXHAUSTED = -1
"""In place of a branch number: the way out of a loop that is used up."""

Edge = tuple[str, int]
"""Step and number of the branch."""
Side = tuple[str, str, str]
"""Step, comparison as text, and ``true``, ``false`` or ``exact``: the limit itself, which alone
tells ``>`` from ``>=``."""


@dataclass(frozen=True)
class Coverage:
    """Needed and met, for one guide; called guides have cases of their own."""

    guide: Guide
    edges: frozenset[Edge]
    sides: frozenset[Side]
    outcomes: frozenset[str]
    longest: int
    """Visits on the longest path."""

    @cached_property
    def missing_edges(self) -> list[Edge]:
        return [edge for edge in edges_of(self.guide) if edge not in self.edges]

    @cached_property
    def missing_sides(self) -> list[Side]:
        return [side for side in sides_of(self.guide) if side not in self.sides]

    @property
    def missing_outcomes(self) -> list[str]:
        return [step.id for step in self.guide.outcomes if step.id not in self.outcomes]

    @property
    def is_complete(self) -> bool:
        return not (self.missing_edges or self.missing_sides or self.missing_outcomes)

    def counts(self) -> dict[str, tuple[int, int]]:
        """Met and needed, by kind."""
        edges, sides = len(edges_of(self.guide)), len(sides_of(self.guide))
        outcomes = len(self.guide.outcomes)
        return {
            "branches": (edges - len(self.missing_edges), edges),
            "sides": (sides - len(self.missing_sides), sides),
            "outcomes": (outcomes - len(self.missing_outcomes), outcomes),
        }


def edges_of(guide: Guide) -> list[Edge]:
    """Every branch that can be taken, in file order."""
    edges: list[Edge] = []
    for step in guide.steps.values():
        edges += [(step.id, n) for n, _ in enumerate(step.branches) if _is_way(step, n)]
        if step.settings.exhausted:
            edges.append((step.id, EXHAUSTED))
    return edges


def _is_way(step: Step, number: int) -> bool:
    """An option without an arrow is no way of its own."""
    branch = step.branches[number]
    return branch.value is None or branch.target is not None


def sides_of(guide: Guide) -> list[Side]:
    """Both results of every comparison with a number or a day that has an order, and its limit."""
    sides: list[Side] = []
    for step in guide.steps.values():
        for compare in _ordered(step):
            kinds = ("true", "false") if isinstance(compare.right, Name) else _ALL_SIDES
            sides += [(step.id, str(compare), kind) for kind in kinds]
    return list(dict.fromkeys(sides))


def _ordered(step: Step) -> Iterator[Compare]:
    for branch in step.rules:
        if branch.condition is not None:
            for compare in comparisons(parse_condition(branch.condition)):
                if compare.operator in ORDERING:
                    yield compare


def cover(bundle: Bundle, runs: Iterable[Run]) -> Coverage:
    """What these runs met of the bundle's root guide."""
    edges: set[Edge] = set()
    sides: set[Side] = set()
    outcomes: set[str] = set()
    longest = 0
    for run in runs:
        met = met_by(bundle, run.trace, run.case.today)
        edges |= met[0]
        sides |= met[1]
        longest = max(longest, len(run.trace.path))
        if run.trace.outcome is not None:
            outcomes.add(run.trace.outcome.step)
    return Coverage(bundle.guide, frozenset(edges), frozenset(sides), frozenset(outcomes), longest)


def met_by(bundle: Bundle, trace: Trace, today: date) -> tuple[set[Edge], set[Side]]:
    """Edges and sides of the root guide on one path."""
    guide = bundle.guide
    edges: set[Edge] = {
        (place.step, EXHAUSTED) for place in trace.exhausted if not prefix_of(place.key)
    }
    sides: set[Side] = set()
    env: dict[str, Value] = {k: v for k, v in trace.env.items() if k.startswith("ctx.")}
    for visit in trace.path:
        if prefix_of(visit.key):
            continue
        step = guide.steps[visit.place.step]
        edges.add((step.id, visit.branch))
        env |= _named(bundle, trace, step, visit.key)
        env[step.id] = visit.value
        sides |= set(_sides(step, env, today))
    return edges, sides


def _named(bundle: Bundle, trace: Trace, step: Step, key: str) -> Mapping[str, Value]:
    """Exports of a call as they were at this visit."""
    called = bundle.guides.get(step.type) if f"{key}/" in trace.scopes else None
    if called is None:
        return {}
    inner = trace.scopes[f"{key}/"]
    return {f"{step.id}.{name}": inner.get(name) for name in called.front.exports}


def _sides(step: Step, env: Mapping[str, Value], today: date) -> Iterator[Side]:
    for compare in _ordered(step):
        if env.get(compare.name) is not None:
            held = holds(compare, env, today)
            yield step.id, str(compare), "true" if held else "false"
            if holds(replace(compare, operator="=="), env, today):
                yield step.id, str(compare), "exact"


def edge_text(guide: Guide, edge: Edge) -> str:
    """``step → target (option)`` as people read it."""
    step = guide.steps[edge[0]]
    if edge[1] == EXHAUSTED:
        return f"{step.id} → {step.settings.exhausted} (exhausted)"
    branch = step.branches[edge[1]]
    if branch.value is not None:
        return f"{step.id} → {branch.target} ({branch.value})"
    return f"{step.id} → {branch.target}" + (
        f" (if {branch.condition})" if branch.condition else ""
    )
