"""Walks through a guide with representative answers: for tests, and to propose missing cases."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kb_assist.guides.answers import value_fault
from kb_assist.guides.conditions import Compare, Literal, Today, comparisons, parse_condition
from kb_assist.guides.cover import Coverage, Edge, Side, edges_of, met_by, sides_of
from kb_assist.guides.model import WITH_OPTIONS, Ask, Bundle, Guide, Kind, Step
from kb_assist.guides.replay import replay, step_at
from kb_assist.guides.run import Answer, Place, Stored, Trace

WALKS = 3_000
"""Enough to reach every branch of the guides people write; a walk takes about a millisecond."""
_EXAMPLES = {Ask.ASSET: "NB-0001", Ask.PERSON: "jana.sommer@nordwind.example", Ask.TEXT: "text"}


def representatives(bundle: Bundle, place: Place, today: date) -> list[Stored]:
    """Answers that between them meet every rule about this step, on both sides of each limit."""
    step = step_at(bundle, place)
    if step.kind is Kind.DO or step.type in WITH_OPTIONS:
        options = list(step.options)
        found: list[Stored] = [*options] if step.type != Ask.MULTI else [(o,) for o in options]
    elif step.type == Ask.NUMBER:
        found = [*_numbers(step, _compared(bundle, place))]
    elif step.type == Ask.DATE:
        found = [str(day) for day in _days(_compared(bundle, place), today)]
    elif step.type == Ask.FILE:
        found = [f"evidence.{(step.settings.accept or ('png',))[0].lstrip('.')}"]
    else:
        found = [step.settings.example or _EXAMPLES[Ask(step.type)]]
        found += [*_texts(_compared(bundle, place))]
    if step.settings.optional:
        found.append(None)
    return [value for value in found if value_fault(step, value, today) is None]


def _compared(bundle: Bundle, place: Place) -> list[Compare]:
    """Every comparison with this step, also of guides that see it as an export."""
    found: list[Compare] = []
    for guide in bundle.guides.values():
        names = set(_names_for(guide, place))
        for step in guide.steps.values():
            for branch in step.rules if names else ():
                if branch.condition is not None:
                    parsed = comparisons(parse_condition(branch.condition))
                    found += [compare for compare in parsed if compare.name in names]
    return found


def _names_for(guide: Guide, place: Place) -> Iterator[str]:
    if guide.id == place.guide:
        yield place.step
    for step in guide.steps.values():
        if step.kind is Kind.CALL and step.type == place.guide:
            yield f"{step.id}.{place.step}"


def _numbers(step: Step, compares: list[Compare]) -> list[float]:
    low, high = step.settings.min, step.settings.max
    numbers = {
        compare.right.value
        for compare in compares
        if isinstance(compare.right, Literal) and isinstance(compare.right.value, float)
    }
    near = {number + n for number in numbers for n in (-1, 0, 1)}
    near |= {number for number in (low, high) if number is not None}
    return sorted(near) or [1.0]


def _days(compares: list[Compare], today: date) -> list[date]:
    days = {today} if any(isinstance(c.right, Today) for c in compares) or not compares else set()
    for compare in compares:
        if isinstance(compare.right, Literal) and isinstance(compare.right.value, date):
            days.add(compare.right.value)
    return sorted({day + timedelta(days=n) for day in days for n in (-1, 0, 1)})


def _texts(compares: list[Compare]) -> Iterator[str]:
    for compare in compares:
        if isinstance(compare.right, Literal):
            value = compare.right.value
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, str):
                    yield item


@dataclass(frozen=True, slots=True)
class Walk:
    """A path to an end, with the answers that led there."""

    answers: Mapping[str, Stored]
    context: Mapping[str, str]
    trace: Trace


def random_walk(
    bundle: Bundle, chance: random.Random, today: date, *, wanted: frozenset[Edge] = frozenset()
) -> Walk:
    """Answer at random until an end is reached; prefers branches in ``wanted``."""
    answers: dict[str, Answer] = {}
    context = _context(bundle, chance)
    while True:
        trace = replay(bundle, answers, context)
        if trace.current is None:
            return Walk({k: a.value for k, a in answers.items()}, context, trace)
        choices = representatives(bundle, trace.current, today)
        chance.shuffle(choices)
        value = choices[0]
        if wanted and trace.current.guide == bundle.root:
            value = next(
                (c for c in choices if _leads(bundle, answers, trace.current.key, c) & wanted),
                value,
            )
        answers[trace.current.key] = Answer(value, today)


def _leads(bundle: Bundle, answers: Mapping[str, Answer], key: str, value: Stored) -> set[Edge]:
    day = next(iter(answers.values())).on if answers else date.min
    trace = replay(bundle, {**answers, key: Answer(value, day)})
    return {(visit.place.step, visit.branch) for visit in trace.path if visit.key == key}


def _context(bundle: Bundle, chance: random.Random) -> dict[str, str]:
    """Values that rules compare the context with, or none at all."""
    context: dict[str, str] = {}
    for guide in bundle.guides.values():
        for step in guide.steps.values():
            for branch in step.rules:
                if branch.condition is not None:
                    for compare in comparisons(parse_condition(branch.condition)):
                        if compare.name.startswith("ctx.") and chance.random() < 0.5:
                            texts = list(_texts([compare]))
                            context[compare.name.removeprefix("ctx.")] = chance.choice(
                                texts or [""]
                            )
    return {key: value for key, value in context.items() if value}


def propose(bundle: Bundle, covered: Coverage | None, today: date, *, seed: int = 1) -> list[Walk]:
    """Few walks that meet what is not covered yet; what even these do not meet is left out."""
    edges = set(edges_of(bundle.guide)) - (covered.edges if covered else set())
    sides = set(sides_of(bundle.guide)) - (covered.sides if covered else set())
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    found: list[tuple[Walk, set[Edge | Side]]] = []
    open_edges, open_sides = set(edges), set(sides)
    for _ in range(WALKS):
        if not open_edges and not open_sides:
            break
        walk = random_walk(bundle, chance, today, wanted=frozenset(open_edges))
        met = met_by(bundle, walk.trace, today)
        new: set[Edge | Side] = {*(met[0] & edges), *(met[1] & sides)}
        if met[0] & open_edges or met[1] & open_sides:
            found.append((walk, new))
            open_edges -= met[0]
            open_sides -= met[1]
    return _fewest(found)


def _fewest(found: list[tuple[Walk, set[Edge | Side]]]) -> list[Walk]:
    """Greedy: the walk that adds most, shorter ones first."""
    chosen: list[Walk] = []
    remaining = list(found)
    covered: set[Edge | Side] = set()
    while remaining:
        best = max(remaining, key=lambda each: (len(each[1] - covered), -len(each[0].answers)))
        if not best[1] - covered:
            break
        covered |= best[1]
        chosen.append(best[0])
        remaining.remove(best)
    return chosen
