"""Why tickets went from L1 to L2, from what was recorded: the report on L1 documentation.

The rules are pure; ``of_window`` reads what they need.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from kb_assist.gaps.model import EscalationLabel
from kb_assist.storage.tables.feedback import suggestion_signals
from kb_assist.storage.tables.gaps import gap_tickets, gaps
from kb_assist.storage.tables.handover import handovers
from kb_assist.storage.tables.tickets import ticket_articles, tickets
from kb_assist.tickets.feedback_model import SignalKind, SubjectKind
from kb_assist.tickets.model import ArticleRole, Level

_s = suggestion_signals.c
_USED = frozenset({SignalKind.OPEN, SignalKind.LINK, SignalKind.INSERT})


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is known about one escalation at the time it happened."""

    shown: frozenset[str] = frozenset()
    """Articles that L1 had on the screen before."""
    used: frozenset[str] = frozenset()
    """Opened, linked or quoted before."""
    failed: frozenset[str] = frozenset()
    solved_by: frozenset[str] = frozenset()
    """Articles that solved it in the end, on whatever level."""
    in_gap: bool = False
    """Whether it belongs to a gap, so that no article answers it."""


@dataclass(frozen=True, slots=True)
class Escalation:
    ticket_id: int
    at: datetime
    product: str
    group_id: int
    label: EscalationLabel
    computed: EscalationLabel
    """What the rules say; differs from ``label`` where somebody corrected it."""
    articles: tuple[str, ...]
    """Articles involved in the label."""


def label_of(recorded: Recorded) -> tuple[EscalationLabel, tuple[str, ...]]:
    """The label and the articles it rests on.

    An article that solved the ticket decides first, because then it existed: was it shown, was it
    opened, did it fail in L1's hands? Without one, a failed article was not enough; a gap has no
    article; what remains needed L2.
    """
    if recorded.solved_by:
        return _despite_article(recorded)
    if recorded.in_gap:
        return EscalationLabel.NO_ARTICLE, ()
    if recorded.failed:
        return EscalationLabel.FAILED, tuple(sorted(recorded.failed))
    return EscalationLabel.RIGHTLY_L2, ()


def _despite_article(recorded: Recorded) -> tuple[EscalationLabel, tuple[str, ...]]:
    articles = tuple(sorted(recorded.solved_by))
    if recorded.solved_by & (recorded.failed | recorded.used):
        return EscalationLabel.FAILED, articles
    if recorded.solved_by & recorded.shown:
        return EscalationLabel.NOT_OPENED, articles
    return EscalationLabel.NOT_FOUND, articles


def of_window(
    connection: Connection,
    since: datetime,
    corrected: Mapping[int, EscalationLabel],
) -> tuple[Escalation, ...]:
    """Every first escalation from L1 since then, newest first."""
    rows = connection.execute(
        select(handovers.c.ticket_id, handovers.c.at, handovers.c.to_group_id, tickets.c.product)
        .join(tickets, tickets.c.id == handovers.c.ticket_id)
        .where(handovers.c.at >= since, handovers.c.from_level == Level.L1.value)
        .order_by(handovers.c.id)
    ).all()
    first = {row.ticket_id: row for row in reversed(rows)}
    known = _recorded(connection, {key: row.at for key, row in first.items()})
    found = []
    for ticket_id, row in first.items():
        computed, articles = label_of(known[ticket_id])
        label = corrected.get(ticket_id, computed)
        found.append(
            Escalation(ticket_id, row.at, row.product, row.to_group_id, label, computed, articles)
        )
    return tuple(sorted(found, key=lambda e: (e.at, e.ticket_id), reverse=True))


def _recorded(connection: Connection, escalated: Mapping[int, datetime]) -> dict[int, Recorded]:
    ids = list(escalated)
    by_kind: defaultdict[tuple[int, SignalKind], set[str]] = defaultdict(set)
    signals = select(_s.ticket_id, _s.kind, _s.subject_id, _s.at).where(
        _s.ticket_id.in_(ids), _s.subject_kind == SubjectKind.ARTICLE.value
    )
    for row in connection.execute(signals):
        kind = SignalKind(row.kind)
        # What L2 saw later says nothing about L1.
        if kind is SignalKind.SOLVED or row.at <= escalated[row.ticket_id]:
            by_kind[row.ticket_id, kind].add(row.subject_id)
    solved = select(ticket_articles.c.ticket_id, ticket_articles.c.article_id).where(
        ticket_articles.c.ticket_id.in_(ids), ticket_articles.c.role == ArticleRole.SOLVED.value
    )
    for solution in connection.execute(solved):
        by_kind[solution.ticket_id, SignalKind.SOLVED].add(solution.article_id)
    lacking = select(gap_tickets.c.ticket_id).join(gaps).where(gap_tickets.c.ticket_id.in_(ids))
    in_gap = {int(row[0]) for row in connection.execute(lacking.where(gaps.c.found))}
    return {key: _one(key, by_kind, in_gap=key in in_gap) for key in ids}


def _one(
    ticket_id: int, by_kind: Mapping[tuple[int, SignalKind], set[str]], *, in_gap: bool
) -> Recorded:
    def articles(*kinds: SignalKind) -> frozenset[str]:
        return frozenset().union(*(by_kind.get((ticket_id, kind), set()) for kind in kinds))

    return Recorded(
        shown=articles(SignalKind.IMPRESSION),
        used=articles(*_USED),
        failed=articles(SignalKind.DID_NOT_HELP, SignalKind.DISMISS),
        solved_by=articles(SignalKind.SOLVED),
        in_gap=in_gap,
    )


def counted(escalations: Sequence[Escalation]) -> dict[str, int]:
    """How many per label, every label named."""
    return {label.value: sum(e.label is label for e in escalations) for label in EscalationLabel}
