"""Probes become outages by debounced rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from kb_assist.monitoring.model import Health, Sample
from kb_assist.monitoring.outages import Debounce, causes, judge

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def samples(marks: str) -> list[Sample]:
    """``+`` good, ``-`` bad, ``m`` bad in maintenance; a minute apart."""
    return [
        Sample(START + timedelta(minutes=i), mark == "+", mark == "m")
        for i, mark in enumerate(marks)
    ]


def replayed(marks: str, rules: Debounce | None = None) -> list[Health]:
    health = Health.UNKNOWN
    seen: list[Health] = []
    for end in range(1, len(marks) + 1):
        health = judge(samples(marks[:end]), health, rules)
        seen.append(health)
    return seen


def test_one_failed_probe_is_no_outage() -> None:
    assert replayed("+++-+++")[3] is Health.UNSTABLE
    assert Health.DOWN not in replayed("+++-+++")


def test_two_failed_probes_of_three_open_an_outage() -> None:
    assert replayed("++-+-")[-1] is Health.DOWN
    assert replayed("++--")[-1] is Health.DOWN


def test_a_good_probe_never_opens_an_outage() -> None:
    assert judge(samples("--+"), Health.UP) is Health.UNSTABLE


def test_an_outage_ends_after_three_good_probes_in_a_row() -> None:
    assert replayed("++--++")[-1] is Health.DOWN
    assert replayed("++--+++")[-1] is Health.UP


def test_a_flapping_tool_makes_one_outage_that_is_held() -> None:
    seen = replayed("--" + "+++-" * 5)
    opened = [a is not Health.DOWN and b is Health.DOWN for a, b in pairwise(seen)]
    assert sum(opened) <= 2
    held = replayed("--+-+-+-+-+++")
    assert held[-1] is Health.DOWN, "three good probes, but five changes within ten"
    assert held.index(Health.DOWN) == 1


def test_a_held_outage_ends_when_the_tool_is_calm_again() -> None:
    assert replayed("--+-+-+-+-" + "+" * 10)[-1] is Health.UP


def test_probes_in_maintenance_count_for_nothing() -> None:
    assert replayed("+mmmmmm")[-1] is Health.UP
    assert replayed("mmm")[-1] is Health.UNKNOWN
    assert replayed("--mm")[-1] is Health.DOWN


def test_the_first_good_probe_makes_a_tool_known() -> None:
    assert replayed("+") == [Health.UP]


def test_needed_covers_every_rule() -> None:
    rules = Debounce(failures=4, of=12, successes=2, calm_over=6)
    assert rules.needed == 12


def test_a_chain_is_blamed_on_the_lowest_tool_that_is_down() -> None:
    links = {"web": ["app"], "app": ["db"]}
    assert causes({"web", "app", "db"}, links) == {"web": "db", "app": "db", "db": "db"}


def test_a_dependency_that_is_up_passes_the_blame_on() -> None:
    assert causes({"web", "db"}, {"web": ["app"], "app": ["db"]})["web"] == "db"


def test_tools_without_a_broken_dependency_are_their_own_cause() -> None:
    assert causes({"web", "mail"}, {"web": ["app"]}) == {"web": "web", "mail": "mail"}


def test_a_circle_is_blamed_on_its_first_tool() -> None:
    links = {"a": ["b"], "b": ["c"], "c": ["a"]}
    assert causes({"a", "b", "c"}, links) == {"a": "a", "b": "a", "c": "a"}


def test_a_circle_above_a_broken_tool_is_blamed_on_that_tool() -> None:
    links = {"a": ["b"], "b": ["a", "z"]}
    assert causes({"a", "b", "z"}, links) == {"a": "z", "b": "z", "z": "z"}
