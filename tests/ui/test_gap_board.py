"""What the page of gaps shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kb_assist.gaps.events import GapEvent, GapEventKind
from kb_assist.gaps.model import Gap, GapState
from kb_assist.ui.gap_actions import may_draft, next_steps
from kb_assist.ui.gap_board import Change, Choice, arrange

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
TODAY = NOW.date()
PROOF = {"article": "KB-1", "tickets": 3, "found": 3, "first": 2}


def gap(number: int, state: GapState = GapState.PROPOSED, **fields: Any) -> Gap:
    """With as many tickets as its number says."""
    usual: dict[str, Any] = {
        "id": number,
        "state": state,
        "title": f"Gap {number}",
        "facts": {"products": ["VPN"], "languages": ["de"], "weeks": [1, 2]},
        "ticket_ids": frozenset(range(number)),
        "owner_id": None,
        "due": None,
        "reason": "",
        "dismissed_until": None,
        "article_id": "",
        "proof": None,
        "found": True,
        "decided_at": NOW,
    }
    return Gap(**(usual | fields))


def event(gap_id: int, kind: GapEventKind) -> GapEvent:
    return GapEvent(1, gap_id, NOW, "kb-assist", None, kind, "", {})


def listed(gaps: list[Gap], **choice: str) -> list[int]:
    return [line.gap.id for line in arrange(gaps, (), choice=Choice(**choice), today=TODAY).lines]


def changed(gaps: list[Gap], *events: GapEvent) -> dict[Change, list[int]]:
    changes = arrange(gaps, events, choice=Choice(), today=TODAY).changes
    return {change: [one.id for one in found] for change, found in changes.items() if found}


def test_the_largest_open_gap_comes_first_and_closed_ones_last() -> None:
    closed = gap(9, GapState.VERIFIED)
    assert listed([gap(3), closed, gap(5)], state="all") == [5, 3, 9]


def test_the_usual_list_leaves_out_what_needs_nobody() -> None:
    gaps = [
        gap(1, GapState.VERIFIED),
        gap(2, GapState.DISMISSED),
        gap(3, found=False),
        gap(4, GapState.IN_WORK, found=False),
        gap(5, GapState.PUBLISHED),
    ]
    assert listed(gaps) == [5, 4]


@pytest.mark.parametrize(
    ("owner_id", "owner", "is_listed"), [(None, "none", True), (7, "none", False), (7, "7", True)]
)
def test_an_owner_or_nobody_can_be_asked_for(
    owner_id: int | None, owner: str, is_listed: bool
) -> None:
    assert (listed([gap(3, owner_id=owner_id)], owner=owner) == [3]) is is_listed


def test_the_pareto_counts_open_gaps_only() -> None:
    board = arrange([gap(6), gap(2), gap(90, GapState.DISMISSED)], (), choice=Choice(), today=TODAY)
    assert (board.pareto.total, [one.id for one in board.ranked]) == (8, [6, 2])


def test_a_gap_that_is_new_is_not_told_as_come_back_too() -> None:
    found = changed(
        [gap(1), gap(2)],
        event(1, GapEventKind.PROPOSED),
        event(1, GapEventKind.REOPENED),
        event(2, GapEventKind.REOPENED),
    )
    assert found == {Change.NEW: [1], Change.BACK: [2]}


def test_new_is_only_what_nobody_decided_about_yet() -> None:
    assert changed([gap(1, GapState.ACCEPTED)], event(1, GapEventKind.PROPOSED)) == {}


@pytest.mark.parametrize(
    ("state", "due", "is_overdue"),
    [
        (GapState.ACCEPTED, TODAY - timedelta(days=1), True),
        (GapState.ACCEPTED, TODAY, False),
        (GapState.PUBLISHED, TODAY - timedelta(days=1), False),
        # It came back, and nobody has taken it on again.
        (GapState.PROPOSED, TODAY - timedelta(days=1), False),
    ],
)
def test_overdue_is_work_that_somebody_took_on_after_its_day(
    state: GapState, due: date, is_overdue: bool
) -> None:
    assert (changed([gap(1, state, due=due)]) == {Change.OVERDUE: [1]}) is is_overdue


def test_a_trial_that_proves_little_is_not_told_as_proven() -> None:
    good = gap(1, GapState.PUBLISHED, article_id="KB-1", proof=PROOF)
    poor = gap(2, GapState.PUBLISHED, article_id="KB-1", proof={**PROOF, "found": 1})
    events = [event(number, GapEventKind.PROVEN) for number in (1, 2)]
    assert changed([good, poor], *events) == {Change.PROVEN: [1]}


def test_verified_is_blocked_until_the_proof_is_there() -> None:
    before = next_steps(gap(1, GapState.PUBLISHED, article_id="KB-1"))
    after = next_steps(gap(1, GapState.PUBLISHED, article_id="KB-1", proof=PROOF))
    assert [(step.state, step.blocked) for step in before] == [
        (GapState.VERIFIED, "proof"),
        (GapState.IN_WORK, ""),
    ]
    assert not any(step.blocked for step in after)


def test_every_state_leads_somewhere_and_drafts_come_after_accepting() -> None:
    assert all(next_steps(gap(1, state)) for state in GapState)
    assert [state for state in GapState if may_draft(gap(1, state))] == [
        GapState.ACCEPTED,
        GapState.IN_WORK,
    ]


def test_a_long_list_is_cut_into_pages() -> None:
    gaps = [gap(number) for number in range(1, 61)]
    first, second = (
        arrange(gaps, (), choice=Choice(), today=TODAY, start=start) for start in (0, 50)
    )
    assert (len(first.lines), len(second.lines), second.fitting) == (50, 10, 60)
