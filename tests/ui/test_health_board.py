"""The page of content health by filter and order."""

from __future__ import annotations

from datetime import date

import pytest

from kb_assist.articles.model import Audience
from kb_assist.gaps.health.findings import Finding, Share
from kb_assist.gaps.health.report import Health
from kb_assist.ui import health_board
from kb_assist.ui.health_board import NO_OWNER, Choice, Order, arrange


def _one(name: str, *findings: Finding, **changed: object) -> Health:
    values = {
        "kind": "article",
        "id": name,
        "title": name,
        "path": f"{name}.md",
        "owner": "",
        "confidence": "validated",
        "language": "en",
        "audience": Audience.L1,
        "review_due": None,
        "findings": findings,
        "figures": {"solves": Share(0, 0).as_json()},
    }
    return Health(**(values | changed))  # type: ignore[arg-type]


DEAD = Finding("dead_links", 15, {"messages": ["It leads nowhere."]})
FOUND = (
    _one("worst", DEAD, Finding("orphan", 10), owner="Mail team"),
    _one("dead", DEAD, language="de", review_due=date(2026, 3, 1)),
    _one("guide", kind="guide", confidence="", figures={"sessions": 40}),
    _one("poor", figures={"solves": Share(1, 9).as_json(), "linked": 9, "opens": 9}),
    _one("good", figures={"solves": Share(9, 9).as_json()}, review_due=date(2026, 1, 1)),
)


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (Choice(finding="dead_links"), ["worst", "dead"]),
        (Choice(finding="orphan"), ["worst"]),
        (Choice(kind="guide"), ["guide"]),
        (Choice(owner="Mail team"), ["worst"]),
        (Choice(owner=NO_OWNER, language="de"), ["dead"]),
        (Choice(order=Order.USED), ["guide", "poor", "worst", "dead", "good"]),
        (Choice(order=Order.SOLVES), ["poor", "good", "dead", "guide", "worst"]),
        (Choice(order=Order.DUE), ["good", "dead", "worst", "guide", "poor"]),
    ],
)
def test_a_choice_narrows_and_orders(choice: Choice, names: list[str]) -> None:
    assert [one.id for one in arrange(FOUND, choice).rows] == names


def test_reasons_are_counted_over_everything_whatever_is_shown() -> None:
    board = arrange(FOUND, Choice(kind="guide"))

    assert [(reason.kind, reason.count, reason.width) for reason in board.reasons] == [
        ("dead_links", 2, 100.0),
        ("orphan", 1, 50.0),
    ]
    assert (board.known, board.sound) == (5, 3)


def test_the_worst_are_those_with_something_against_them() -> None:
    idle = _one("idle", Finding("never_used", 5))

    assert [one.id for one in health_board.worst((*FOUND, idle))] == ["worst", "dead"]


def test_a_share_reaches_over_what_is_surely_true() -> None:
    shape = health_board.solved(FOUND[3])

    assert shape is not None
    assert shape.x < shape.middle < shape.x + shape.width
    assert health_board.solved(FOUND[0]) is None, "nobody said anything"
