"""The language of rules."""

from __future__ import annotations

from datetime import date

import pytest

from kb_assist.guides.conditions import (
    ConditionError,
    Value,
    holds,
    known_if,
    names,
    parse_condition,
    unguarded,
)

DAY = date(2026, 5, 4)
ENV: dict[str, Value] = {
    "latency": 150.0,
    "shown": "timeout",
    "until": date(2026, 5, 3),
    "apps": ("outlook", "teams"),
    "net.link": "wifi",
    "ctx.os": "windows",
    "skipped": None,
}


@pytest.mark.parametrize(
    "source",
    [
        "latency >= 150",
        "latency > -1",
        "latency >= 150 and shown == 'timeout'",
        'shown in ["login", "timeout"]',
        'shown not in ["login"]',
        "until < today",
        'until == date("2026-05-03")',
        'apps in ["teams"]',
        'not (net.link == "cable" or ctx.os == "mac")',
        "answered(shown)",
        "not answered(skipped)",
    ],
)
def test_a_condition_holds(source: str) -> None:
    assert holds(parse_condition(source), ENV, DAY)


@pytest.mark.parametrize(
    "source",
    [
        "latency > 150",
        "latency < 150",
        "gone == 'x'",
        "gone != 'x'",
        "gone not in ['x']",
        "skipped != 'x'",
        "latency == 'x'",
        "shown < 3",
        "until >= today",
        "latency < gone",
    ],
)
def test_a_condition_does_not_hold_and_what_is_missing_never_does(source: str) -> None:
    assert not holds(parse_condition(source), ENV, DAY)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "latency",
        "latency >",
        "1 < latency < 3",
        "today > until",
        "__import__('os').system('x')",
        "latency == open('x')",
        "shown == f'{latency}'",
        "latency == 1 + 1",
        "latency is 3",
        "flag == True",
        "shown in 'timeout'",
        "shown == ['a']",
        "shown in []",
        "a.b.c == 1",
        "answered('shown')",
        "answered(shown, latency)",
        'until < date("2026-02-30")',
        'until < date("today")',
        "(lambda: 1) == 1",
        "x == 'a\\n'",
        "x == 1 " * 200,
        "(" * 300,
    ],
)
def test_nothing_outside_the_grammar_is_a_condition(source: str) -> None:
    with pytest.raises(ConditionError):
        parse_condition(source)


def test_names_are_found_on_both_sides_and_in_answered() -> None:
    condition = parse_condition("answered(a) and (b < c.d or not ctx.e == 'x')")

    assert list(names(condition)) == ["a", "b", "c.d", "ctx.e"]


@pytest.mark.parametrize(
    ("source", "true", "false"),
    [
        ("answered(a)", {"a"}, set()),
        ("not answered(a)", set(), {"a"}),
        ("a > b", {"a", "b"}, set()),
        ("a > 1 and answered(b)", {"a", "b"}, set()),
        ("a > 1 or b > 1", set(), set()),
        ("a > 1 or a < 0", {"a"}, set()),
        ("not answered(a) or not answered(b)", set(), {"a", "b"}),
        ("not (answered(a) and answered(b))", set(), {"a", "b"}),
    ],
)
def test_the_result_of_a_condition_tells_what_was_answered(
    source: str, true: set[str], false: set[str]
) -> None:
    condition = parse_condition(source)

    assert known_if(condition, true=True) == true
    assert known_if(condition, true=False) == false


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("a > 1", ["a"]),
        ("answered(a) and a > 1", []),
        ("a > 1 and answered(a)", ["a"]),
        ("not answered(a) or a > 1", []),
        ("answered(a) or a > 1", ["a"]),
        ("k > 1", []),
    ],
)
def test_answered_protects_what_stands_behind_it(source: str, left: list[str]) -> None:
    assert list(unguarded(parse_condition(source), frozenset({"k"}))) == left
