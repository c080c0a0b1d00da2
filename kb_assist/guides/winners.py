"""Rules that no combination of answers lets win: tries the values around every literal."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from kb_assist.guides.conditions import (
    Compare,
    Condition,
    Literal,
    Name,
    Today,
    Value,
    comparisons,
    holds,
    names,
    parse_condition,
)
from kb_assist.guides.model import Ask, Branch, Guide, Kind, Outcome, Step

MOST_COMBINATIONS = 20_000
"""Steps whose rules have more are passed over; nobody writes them by hand."""
_TODAY = date(2026, 6, 15)
_OTHER_TEXT = "\0other"


def losers(guide: Guide, named: Mapping[str, Step]) -> Iterator[Branch]:
    """Rules with a condition that never win over those before them."""
    for step in guide.steps.values():
        rules = [(rule, parse_condition(rule.condition)) for rule in step.rules if rule.condition]
        if rules:
            winning = _winners(step, [condition for _, condition in rules], named)
            if winning is not None:
                yield from (rule for n, (rule, _) in enumerate(rules) if n not in winning)


def _winners(step: Step, rules: Sequence[Condition], named: Mapping[str, Step]) -> set[int] | None:
    """Numbers of the rules that win for some answers; None when there are too many to try."""
    used = list(dict.fromkeys(name for rule in rules for name in names(rule)))
    found = [compare for rule in rules for compare in comparisons(rule)]
    days = _days(found)
    values = [_candidates(name, step, found, named, days) for name in used]
    count = len(days)
    for choices in values:
        count *= len(choices)
    if count > MOST_COMBINATIONS:
        return None
    winning: set[int] = set()
    for today in days:
        for combination in itertools.product(*values):
            env = dict(zip(used, combination, strict=True))
            first = next((n for n, rule in enumerate(rules) if holds(rule, env, today)), None)
            if first is not None:
                winning.add(first)
        if len(winning) == len(rules):
            return winning
    return winning


def _days(found: Sequence[Compare]) -> list[date]:
    """Days that ``today`` may be, seen from the dates the rules name."""
    if not any(isinstance(compare.right, Today) for compare in found):
        return [_TODAY]
    literals = [d for compare in found for d in _dates(compare)]
    return _around_days(literals) or [_TODAY]


def _dates(compare: Compare) -> list[date]:
    right = compare.right
    return [right.value] if isinstance(right, Literal) and isinstance(right.value, date) else []


def _around_days(days: Sequence[date]) -> list[date]:
    return sorted({day + timedelta(days=n) for day in days for n in (-1, 0, 1)})


def _candidates(
    name: str,
    step: Step,
    found: Sequence[Compare],
    named: Mapping[str, Step],
    days: Sequence[date],
) -> list[Value]:
    """None stands for "not answered"; the step's own answer is there unless it may be skipped."""
    asked = named.get(name)
    others = [c for c in found if c.name == name or c.right == Name(name)]
    if asked is not None and asked.kind is Kind.ASK and asked.type == Ask.NUMBER:
        values: list[Value] = [*_numbers(asked, [c.right for c in found])]
    elif asked is not None and asked.kind is Kind.ASK and asked.type == Ask.DATE:
        literals = [d for compare in found for d in _dates(compare)]
        values = [*_around_days([*days, *literals])]
    else:
        values = [*_texts(asked, step, others)]
    is_own = asked is step and not step.settings.optional
    return values if is_own else [*values, None]


def _numbers(step: Step, operands: Sequence[object]) -> list[float]:
    low = step.settings.min if step.settings.min is not None else float("-inf")
    high = step.settings.max if step.settings.max is not None else float("inf")
    literals: set[float] = set()
    for operand in operands:
        if isinstance(operand, Literal):
            many = operand.value if isinstance(operand.value, tuple) else (operand.value,)
            literals |= {value for value in many if isinstance(value, float)}
    around = {value + n for value in literals for n in (-1, 0, 1)}
    ordered = sorted(literals)
    around |= {(a + b) / 2 for a, b in itertools.pairwise(ordered)}
    # Without literals numbers are compared with each other, so there must be several.
    around |= {0.0, 1.0} | {n for n in (low, low + 1, high) if math.isfinite(n)}
    return sorted(value for value in around if low <= value <= high)


def _texts(asked: Step | None, step: Step, found: Sequence[Compare]) -> list[Value]:
    if asked is not None and asked.options:
        led_away = {b.value for b in step.branches if b.target} if asked is step else set()
        options = [option for option in asked.options if option not in led_away]
        if asked.type == Ask.MULTI:
            return [(option,) for option in options] + [tuple(options)]
        return [*options, *(Outcome if asked.kind is Kind.CALL else ())]
    literals: set[str] = set()
    for compare in found:
        if isinstance(compare.right, Literal):
            right = compare.right.value
            many = right if isinstance(right, tuple) else (right,)
            literals |= {value for value in many if isinstance(value, str)}
    return [*sorted(literals), _OTHER_TEXT]
