"""Identity over runs, bursts, labels of escalations, decisions, the Pareto line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from kb_assist.gaps.burst import is_burst
from kb_assist.gaps.detect import comes_back
from kb_assist.gaps.escalations import Recorded, label_of
from kb_assist.gaps.identity import matched
from kb_assist.gaps.inflow import around, weekly
from kb_assist.gaps.model import Decision, EscalationLabel, Finding, Gap, GapState
from kb_assist.gaps.report import as_csv, compose, enough
from kb_assist.gaps.review import lacking

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
A = frozenset({"KB-1"})


def _gap(number: int = 1, tickets: int = 3, **fields: object) -> Gap:
    usual: dict[str, object] = {
        "id": number,
        "state": GapState.PROPOSED,
        "title": "=Dock",
        "facts": {"tickets": tickets, "title": "=Dock"},
        "ticket_ids": frozenset(range(tickets)),
        "owner_id": None,
        "due": None,
        "reason": "",
        "dismissed_until": None,
        "article_id": "",
        "proof": None,
        "found": True,
        "decided_at": NOW,
    }
    return Gap(**(usual | fields))  # type: ignore[arg-type]


def _finding(*, after: int = 0) -> Finding:
    """Five tickets before the decision and some after it."""
    came = [NOW - timedelta(days=1)] * 5 + [NOW + timedelta(days=1)] * after
    return Finding(frozenset(range(len(came))), {}, dict(enumerate(came)))


def test_a_gap_that_shares_half_of_its_tickets_is_the_same() -> None:
    assert matched([frozenset({1, 2, 5, 6})], {7: frozenset({1, 2, 3, 4})}) == [7]
    assert matched([frozenset({1, 5, 6, 8})], {7: frozenset({1, 2, 3, 4})}) == [None]


def test_a_gap_is_continued_by_the_finding_that_shares_most() -> None:
    known = {7: frozenset({1, 2, 3, 4, 5})}

    assert matched([frozenset({1, 2}), frozenset({3, 4, 5})], known) == [None, 7]


def test_ten_tickets_of_one_morning_are_a_burst() -> None:
    assert is_burst([NOW + timedelta(minutes=9 * at) for at in range(10)])


def test_tickets_over_weeks_are_no_burst() -> None:
    assert not is_burst([NOW + timedelta(days=4 * at) for at in range(10)])


def test_three_tickets_of_one_morning_are_too_few_for_a_burst() -> None:
    assert not is_burst([NOW, NOW, NOW])


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        (Recorded(in_gap=True), EscalationLabel.NO_ARTICLE),
        (Recorded(solved_by=A), EscalationLabel.NOT_FOUND),
        (Recorded(solved_by=A, shown=A), EscalationLabel.NOT_OPENED),
        (Recorded(solved_by=A, shown=A, used=A), EscalationLabel.FAILED),
        (Recorded(failed=A), EscalationLabel.FAILED),
        (Recorded(), EscalationLabel.RIGHTLY_L2),
    ],
)
def test_an_escalation_is_labelled_from_what_was_recorded(
    recorded: Recorded, expected: EscalationLabel
) -> None:
    assert label_of(recorded)[0] is expected


def test_a_dismissal_needs_a_reason_a_publication_an_article_a_verification_its_proof() -> None:
    assert lacking(_gap(), Decision(GapState.DISMISSED)) == "reason"
    assert lacking(_gap(), Decision(GapState.PUBLISHED)) == "article"
    assert lacking(_gap(), Decision(GapState.VERIFIED)) == "proof"
    assert lacking(_gap(), Decision(GapState.ACCEPTED)) == ""


def test_a_gap_is_verified_only_when_most_tickets_find_the_article() -> None:
    verified = Decision(GapState.VERIFIED)

    assert lacking(_gap(proof={"tickets": 11, "found": 9}), verified) == ""
    assert lacking(_gap(proof={"tickets": 4, "found": 2}), verified) == "proof"


def test_what_first_level_cannot_read_or_another_article_proves_nothing() -> None:
    verified = Decision(GapState.VERIFIED)
    good = {"tickets": 11, "found": 11, "article": "a/b"}

    assert lacking(_gap(article_id="a/b", proof=good), verified) == ""
    assert lacking(_gap(article_id="a/b", proof=good | {"wip": True}), verified) == "proof"
    assert lacking(_gap(article_id="c/d", proof=good), verified) == "proof"


def test_a_closed_gap_reopens_with_three_new_tickets() -> None:
    assert comes_back(_gap(state=GapState.VERIFIED), _finding(after=3), NOW)
    assert not comes_back(_gap(state=GapState.VERIFIED), _finding(after=2), NOW)
    assert not comes_back(_gap(state=GapState.ACCEPTED), _finding(after=9), NOW)


def test_a_dismissed_gap_stays_away_until_its_day() -> None:
    until = _gap(state=GapState.DISMISSED, dismissed_until=date(2026, 11, 1))
    later = _gap(state=GapState.DISMISSED, dismissed_until=date(2026, 11, 2))

    assert comes_back(until, _finding(), NOW)
    assert not comes_back(later, _finding(after=50), NOW)


def test_inflow_is_counted_per_week_around_the_publication() -> None:
    moments = [NOW - timedelta(days=day) for day in (28, 21, 14, 7)] + [NOW + timedelta(days=9)]
    flow = around(moments, NOW, NOW + timedelta(days=14))

    assert (flow.before, flow.since) == (4, 1)
    assert (flow.before_per_week, flow.since_per_week) == (1.0, 0.5)
    assert not flow.is_early


def test_within_the_first_week_no_rate_is_told() -> None:
    assert around([NOW], NOW, NOW + timedelta(days=6)).is_early


def test_the_trend_counts_the_last_thirteen_weeks() -> None:
    moments = [NOW, NOW - timedelta(days=6), NOW - timedelta(days=8), NOW - timedelta(days=400)]

    assert weekly(moments, NOW)[-2:] == [1, 2]
    assert sum(weekly(moments, NOW)) == 3


def test_the_80_percent_line_counts_the_largest_gaps() -> None:
    gaps = [_gap(1, 10), _gap(2, 6), _gap(3, 2), _gap(4, 2)]

    assert enough(gaps) == 2
    assert enough([]) == 0


def test_no_title_is_taken_for_a_formula_by_a_spreadsheet() -> None:
    gap = _gap(facts={"title": "=Dock", "tickets": 3})

    assert ",'=Dock," in as_csv(compose([gap], []))
