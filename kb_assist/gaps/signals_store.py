"""Reads what people said about suggestions, searches and guides."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from kb_assist.articles.reports import ParagraphReport
from kb_assist.gaps.signals import Heard, Search, Told
from kb_assist.guides.model import Outcome
from kb_assist.redaction import redact
from kb_assist.retrieval.query import clean_query
from kb_assist.storage.tables.feedback import suggestion_signals
from kb_assist.storage.tables.guides import guide_sessions
from kb_assist.storage.tables.tickets import ticket_articles, tickets
from kb_assist.text import fold
from kb_assist.tickets.feedback_model import SignalKind, SubjectKind
from kb_assist.tickets.model import ArticleRole

_s, _g, _t = suggestion_signals.c, guide_sessions.c, tickets.c
_MOST_SEARCHES = 5_000
_Kinds = dict[SignalKind, set[str]]
_ABOUT_ARTICLES = (SignalKind.IMPRESSION, SignalKind.DISMISS, SignalKind.DID_NOT_HELP)


def heard(
    connection: Connection, since: datetime, reports: Iterable[ParagraphReport] = ()
) -> Heard:
    """Everything recorded since then, by ticket."""
    articles = _about_articles(connection, since)
    none = _none_of_these(connection, since)
    searches = _searches(connection, since)
    failed = Counter(search.ticket_id for search in searches)
    guides = _failed_guides(connection, since)
    reopened, solved = _reopened(connection, since)
    told = {
        key: Told(
            shown=frozenset(articles[key][SignalKind.IMPRESSION]),
            dismissed=frozenset(articles[key][SignalKind.DISMISS]),
            did_not_help=frozenset(articles[key][SignalKind.DID_NOT_HELP]),
            solved_by=frozenset(solved[key]),
            none_of_these=none[key],
            failed_searches=failed[key],
            guides_failed=guides[key],
            reopened=reopened.get(key, 0),
        )
        for key in {*articles, *none, *guides, *reopened, *(k for k in failed if k is not None)}
    }
    flags = Counter(one.article_id for one in reports if one.at >= since.isoformat())
    return Heard(told, searches, flags)


def _about_articles(connection: Connection, since: datetime) -> defaultdict[int, _Kinds]:
    found: defaultdict[int, _Kinds] = defaultdict(lambda: {kind: set() for kind in _ABOUT_ARTICLES})
    statement = select(_s.ticket_id, _s.kind, _s.subject_id).where(
        _s.at >= since,
        _s.ticket_id.is_not(None),
        _s.subject_kind == SubjectKind.ARTICLE.value,
        _s.kind.in_([kind.value for kind in _ABOUT_ARTICLES]),
    )
    for row in connection.execute(statement.distinct()):
        found[int(row.ticket_id)][SignalKind(row.kind)].add(row.subject_id)
    return found


def _none_of_these(connection: Connection, since: datetime) -> Counter[int]:
    statement = select(_s.ticket_id).where(
        _s.at >= since, _s.ticket_id.is_not(None), _s.kind == SignalKind.NONE_OF_THESE.value
    )
    return Counter(int(row[0]) for row in connection.execute(statement))


def _searches(connection: Connection, since: datetime) -> tuple[Search, ...]:
    """The newest first; the same words on the same ticket count once."""
    statement = (
        select(_s.ticket_id, _s.query, _s.at, _t.requester_name)
        .select_from(suggestion_signals.outerjoin(tickets, _t.id == _s.ticket_id))
        .where(_s.at >= since, _s.kind == SignalKind.FAILED_SEARCH.value, _s.query != "")
        .order_by(_s.id.desc())
        .limit(_MOST_SEARCHES)
    )
    found: dict[tuple[int | None, str], Search] = {}
    for row in connection.execute(statement):
        search = _search(row)
        found.setdefault((search.ticket_id, fold(search.text)), search)
    return tuple(found.values())


def _search(row: Any) -> Search:
    names = [row.requester_name] if row.requester_name else []
    query = clean_query(row.query)
    text = redact(query.text, names=names).text
    return Search(text, query.language, row.ticket_id, row.at)


def _failed_guides(connection: Connection, since: datetime) -> Counter[int]:
    statement = select(_g.ticket_id).where(
        _g.started_at >= since,
        _g.ticket_id.is_not(None),
        or_(
            _g.outcome == Outcome.ESCALATE.value, _g.abandoned_at.is_not(None) & (_g.outcome == "")
        ),
    )
    return Counter(int(row[0]) for row in connection.execute(statement))


def _reopened(
    connection: Connection, since: datetime
) -> tuple[Mapping[int, int], defaultdict[int, set[str]]]:
    """How often tickets were reopened, and the articles that had been said to solve them."""
    again = (_t.created_at >= since) & (_t.reopened > 0)
    counts = {
        int(row.id): int(row.reopened)
        for row in connection.execute(select(_t.id, _t.reopened).where(again))
    }
    links = ticket_articles.c
    solved: defaultdict[int, set[str]] = defaultdict(set)
    statement = (
        select(links.ticket_id, links.article_id)
        .join(tickets, _t.id == links.ticket_id)
        .where(again, links.role == ArticleRole.SOLVED.value)
    )
    for row in connection.execute(statement):
        solved[int(row.ticket_id)].add(row.article_id)
    return counts, solved
