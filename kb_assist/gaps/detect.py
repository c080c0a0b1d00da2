"""Keeps what was found: new gaps are proposed, known ones continue, closed ones may reopen.

The steps are apart because a model must not run inside a transaction: read the stock, find, then
keep. Running twice changes nothing; only texts that are new are embedded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from kb_assist.gaps import arrange, events, store
from kb_assist.gaps.events import GapEventKind, Happening
from kb_assist.gaps.model import Decision, Finding, Gap, GapState
from kb_assist.tickets.model import SYSTEM

# A closed gap with so many tickets since then is open again.
_COMES_BACK_AT = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run changed."""

    new: int
    continued: int
    gone: int
    reopened: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a run would act on, beside what it finds."""

    gaps: tuple[Gap, ...]
    last_event: int
    over: tuple[int, ...]
    """Gaps whose dismissal ran out."""


def standing(connection: Connection, now: datetime) -> Standing:
    gaps = store.all_gaps(connection)
    over = (gap.id for gap in gaps if gap.dismissed_until and gap.dismissed_until < now.date())
    return Standing(gaps, events.last_id(connection), tuple(over))


def keep(connection: Connection, findings: Sequence[Finding], now: datetime) -> Kept:
    """Store what was found; gaps that share half of their tickets with a finding continue."""
    known = {gap.id: gap for gap in store.all_gaps(connection)}
    arranged = arrange.obeyed(connection, findings, tuple(known.values()))
    continued = {gap_id for gap_id, _ in arranged if gap_id is not None}
    reopened = 0
    for gap_id, finding in arranged:
        if gap_id is None:
            _propose(connection, finding, now)
            continue
        gap = known[gap_id]
        store.renew(connection, gap, finding, now)
        if comes_back(gap, finding, now):
            reopened += 1
            _reopen(connection, gap, finding, now)
    gone = [gap for gap in known.values() if gap.found and gap.id not in continued]
    for gap in gone:
        store.mark_gone(connection, gap.id)
    return Kept(len(arranged) - len(continued), len(continued), len(gone), reopened)


def comes_back(gap: Gap, finding: Finding, now: datetime) -> bool:
    """Whether a gap somebody closed is open again.

    Three tickets that no article answers came after its article did, whatever the number of runs
    that saw them; or its dismissal ran out.
    """
    if gap.state is GapState.DISMISSED:
        return gap.dismissed_until is not None and gap.dismissed_until < now.date()
    closed = gap.state in (GapState.PUBLISHED, GapState.VERIFIED)
    return closed and finding.since(gap.published_at or gap.decided_at) >= _COMES_BACK_AT


def _propose(connection: Connection, finding: Finding, now: datetime) -> None:
    gap_id = store.add(connection, finding, now)
    happening = Happening(GapEventKind.PROPOSED, facts={"tickets": len(finding.ticket_ids)})
    events.record(connection, gap_id, happening, actor=SYSTEM, at=now)


def _reopen(connection: Connection, gap: Gap, finding: Finding, now: datetime) -> None:
    store.decide(connection, gap.id, Decision(GapState.PROPOSED, reason="came_back"), now)
    since = finding.since(gap.published_at or gap.decided_at)
    facts = {"before": gap.state.value, "tickets_since": since}
    happening = Happening(GapEventKind.REOPENED, facts=facts)
    events.record(connection, gap.id, happening, actor=SYSTEM, at=now)
