"""Reads what was recorded about the use of articles; counts only, no persons."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from kb_assist.articles.reports import ParagraphReport
from kb_assist.gaps.health.findings import Share, Use
from kb_assist.gaps.stock import of_an_event
from kb_assist.redaction import redact
from kb_assist.storage.tables.feedback import suggestion_signals
from kb_assist.storage.tables.gaps import gap_tickets, gaps
from kb_assist.storage.tables.handover import handovers
from kb_assist.storage.tables.records import cis
from kb_assist.storage.tables.tickets import ticket_articles, tickets
from kb_assist.tickets.feedback_model import SignalKind, SubjectKind
from kb_assist.tickets.model import ArticleRole

_s, _t, _a = suggestion_signals.c, tickets.c, ticket_articles.c
# A short name stands in every second text.
_SHORTEST_NAME = 5
_MOST_RETIRED = 500
_REMARKS = 10


@dataclass(frozen=True, slots=True)
class Window:
    """``half`` cuts it: what came since is compared with what came before."""

    since: datetime
    half: datetime


def uses(
    connection: Connection, window: Window, reports: Iterable[ParagraphReport] = ()
) -> dict[str, Use]:
    """By article; articles nothing is known about are left out. Outage and surge tickets do not
    count, because they say nothing about articles."""
    signals = _signals(connection, window.since)
    linked = _linked(connection, window)
    remarks: defaultdict[str, list[str]] = defaultdict(list)
    for report in reports:
        if report.at >= window.since.isoformat():
            remarks[report.article_id].append(redact(report.remark or report.excerpt).text)
    return {
        article: _use(signals[article], linked[article], remarks[article])
        for article in {*signals, *linked, *remarks}
    }


def _use(signals: Counter[str], linked: _Linked, remarks: list[str]) -> Use:
    new, old = linked.newer, linked.older
    return Use(
        impressions=signals[SignalKind.IMPRESSION],
        opens=signals[SignalKind.OPEN],
        linked=new["all"] + old["all"],
        solved=new["solved"] + old["solved"],
        did_not_help=signals[SignalKind.DID_NOT_HELP],
        dismissed=signals[SignalKind.DISMISS],
        remarks=tuple(remarks[-_REMARKS:]),
        reopened=Share(new["reopened"], new["all"]),
        reopened_before=Share(old["reopened"], old["all"]),
        escalated=Share(new["escalated"], new["all"]),
        escalated_before=Share(old["escalated"], old["all"]),
    )


class _Linked:
    """Linked tickets in both halves of the window."""

    __slots__ = ("newer", "older")

    def __init__(self) -> None:
        self.newer: Counter[str] = Counter()
        self.older: Counter[str] = Counter()


def _signals(connection: Connection, since: datetime) -> defaultdict[str, Counter[str]]:
    """Tickets per kind of signal: one that was shown to three people counts once."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    statement = (
        select(_s.subject_id, _s.kind, func.count(_s.ticket_id.distinct()))
        .join(tickets, _t.id == _s.ticket_id)
        .where(_s.at >= since, _s.subject_kind == SubjectKind.ARTICLE.value, ~of_an_event())
        .group_by(_s.subject_id, _s.kind)
    )
    for article, kind, count in connection.execute(statement):
        found[article][SignalKind(kind)] = int(count)
    return found


def _linked(connection: Connection, window: Window) -> defaultdict[str, _Linked]:
    found: defaultdict[str, _Linked] = defaultdict(_Linked)
    escalated = select(handovers.c.ticket_id)
    statement = (
        select(
            _a.article_id,
            _a.role,
            _a.at,
            _t.reopened,
            _t.id.in_(escalated).label("escalated"),
        )
        .join(tickets, _t.id == _a.ticket_id)
        .where(_a.at >= window.since, ~of_an_event())
    )
    for row in connection.execute(statement):
        both = found[row.article_id]
        half = both.newer if row.at >= window.half else both.older
        half["all"] += 1
        half["solved"] += row.role == ArticleRole.SOLVED.value
        half["reopened"] += row.reopened > 0
        half["escalated"] += bool(row.escalated)
    return found


def moments(
    connection: Connection, article_id: str, since: datetime
) -> tuple[list[datetime], list[datetime]]:
    """When an article was opened on a ticket, and when it was linked to one; oldest first."""
    opened = (
        select(_s.at)
        .join(tickets, _t.id == _s.ticket_id)
        .where(
            _s.subject_id == article_id,
            _s.at >= since,
            _s.kind == SignalKind.OPEN.value,
            _s.subject_kind == SubjectKind.ARTICLE.value,
            ~of_an_event(),
        )
    )
    linked = (
        select(_a.at)
        .join(tickets, _t.id == _a.ticket_id)
        .where(_a.article_id == article_id, _a.at >= since, ~of_an_event())
    )
    return (
        sorted(connection.execute(opened).scalars()),
        sorted(connection.execute(linked).scalars()),
    )


def retired_names(connection: Connection) -> tuple[str, ...]:
    """Keys, and models that nothing in use has any more, folded to lower case."""
    kept: set[str] = set()
    gone: set[str] = set()
    for row in connection.execute(select(cis.c.key, cis.c.model, cis.c.status)):
        names = {name.strip().casefold() for name in (row.key, row.model)}
        (gone if row.status == "retired" else kept).update(names)
    left = sorted(name for name in gone - kept if len(name) >= _SHORTEST_NAME)
    return tuple(left[:_MOST_RETIRED])


@dataclass(frozen=True, slots=True)
class Domain:
    """KCS figures about the whole knowledge base: no figure about a person exists."""

    resolved: int
    linked: Share
    """Resolved tickets with an article linked: known questions."""
    new: Share
    """Resolved tickets without one that belong to a gap: new questions."""
    reused: Share
    """Linked articles that were linked to two tickets or more."""


def domain(connection: Connection, since: datetime) -> Domain:
    """Over tickets resolved since then, without those of outages and surges."""
    resolved = (_t.resolved_at >= since) & ~of_an_event()
    total = _count(connection, select(func.count()).select_from(tickets).where(resolved))
    known = _t.id.in_(select(_a.ticket_id).where(_a.role != ArticleRole.TRIED.value))
    in_gap = _t.id.in_(select(gap_tickets.c.ticket_id).join(gaps).where(gaps.c.found))
    counted = select(func.count()).select_from(tickets)
    linked = _count(connection, counted.where(resolved, known))
    new = _count(connection, counted.where(resolved, ~known, in_gap))
    per_article = (
        select(func.count().label("uses"))
        .select_from(ticket_articles.join(tickets, _t.id == _a.ticket_id))
        .where(resolved, _a.role != ArticleRole.TRIED.value)
        .group_by(_a.article_id)
    )
    uses_of = [int(row[0]) for row in connection.execute(per_article)]
    reused = Share(sum(count > 1 for count in uses_of), len(uses_of))
    return Domain(total, Share(linked, total), Share(new, total), reused)


def _count(connection: Connection, statement: object) -> int:
    return int(connection.execute(statement).scalar_one())  # type: ignore[call-overload]
