"""Escalations counted for owners."""

from __future__ import annotations

from datetime import UTC, datetime

from kb_assist.gaps.escalations import Escalation
from kb_assist.gaps.model import EscalationLabel
from kb_assist.ui.escalation_board import by, by_month, involved, whole

LABEL = EscalationLabel


def escalation(
    label: EscalationLabel, *articles: str, product: str = "VPN", month: int = 11
) -> Escalation:
    at = datetime(2026, month, 2, tzinfo=UTC)
    return Escalation(1, at, product, 1, label, label, articles)


FOUND = (
    escalation(LABEL.NO_ARTICLE),
    escalation(LABEL.FAILED, "KB-1", month=10),
    escalation(LABEL.RIGHTLY_L2, "KB-9", product="SAP"),
    escalation(LABEL.RIGHTLY_L2, product="SAP"),
    escalation(LABEL.RIGHTLY_L2, product="SAP"),
)


def test_what_rightly_went_up_is_not_avoidable() -> None:
    assert (whole(FOUND).avoidable, whole(FOUND).total) == (2, 5)


def test_most_avoidable_comes_before_most() -> None:
    rows = by(FOUND, lambda one: one.product)
    assert [(row.name, row.avoidable, row.total) for row in rows] == [("VPN", 2, 2), ("SAP", 0, 3)]


def test_the_newest_month_comes_first() -> None:
    assert [row.name for row in by_month(FOUND)] == ["2026-11", "2026-10"]


def test_articles_of_avoidable_escalations_are_to_be_looked_at() -> None:
    assert involved((*FOUND, escalation(LABEL.NOT_FOUND, "KB-1", "KB-2"))) == (
        ("KB-1", 2),
        ("KB-2", 1),
    )
