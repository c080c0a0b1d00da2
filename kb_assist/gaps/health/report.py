"""The health of all articles and guides, worst first, from the index, the folder and the log."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from kb_assist.articles.contradict import Contradiction
from kb_assist.articles.lint_content import review_problems
from kb_assist.articles.model import Article, Audience, Confidence
from kb_assist.articles.reports import ParagraphReport
from kb_assist.errors import N_, NotFoundError
from kb_assist.gaps.health import findings as health
from kb_assist.gaps.health import store as health_store
from kb_assist.gaps.health.findings import Finding, GuideUse, Share, Use, Written
from kb_assist.gaps.health.store import Window
from kb_assist.guides import database_store
from kb_assist.guides.analytics import SMALLEST_CELL, analyse
from kb_assist.guides.model import Outcome, article_id
from kb_assist.guides.published import Published
from kb_assist.indexer.snapshot import Snapshot

WINDOW_DAYS = 180
# Sessions read per guide; more change its figures little.
_NEWEST_SESSIONS = 500


@dataclass(frozen=True, slots=True)
class Health:
    """One article or guide. ``score`` is never shown without ``findings``."""

    kind: str
    """``article`` or ``guide``."""
    id: str
    title: str
    path: str
    owner: str
    confidence: str
    language: str
    audience: Audience
    review_due: date | None
    findings: tuple[Finding, ...]
    figures: Mapping[str, Any]

    @property
    def score(self) -> int:
        return health.score(self.findings)

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "id": self.id,
            "title": self.title,
            "path": self.path,
            "owner": self.owner,
            "confidence": self.confidence,
            "language": self.language,
            "review_due": self.review_due.isoformat() if self.review_due else None,
            "score": self.score,
            "evidence": [finding.as_json() for finding in self.findings],
            "figures": dict(self.figures),
        }


@dataclass(frozen=True)
class Sources:
    """Everything health is computed from, besides the database."""

    snapshot: Snapshot
    reports: Sequence[ParagraphReport]
    guides: Published
    now: datetime

    @cached_property
    def referred(self) -> frozenset[str]:
        """Ids of articles that another article links to or a guide ends with."""
        named = (step.settings.kb for g in self.guides.guides.values() for step in g.outcomes)
        return self.snapshot.checked.referred | {article_id(name) for name in named if name}

    @cached_property
    def articles(self) -> Sequence[Article]:
        """Of the index, archived ones too; read once, because it is all of them."""
        return tuple(self.snapshot.articles())

    @cached_property
    def contradicting(self) -> Mapping[str, Sequence[Contradiction]]:
        """By the ids of both articles."""
        found: defaultdict[str, list[Contradiction]] = defaultdict(list)
        for one in self.snapshot.checked.contradictions:
            found[one.first].append(one)
            found[one.second].append(one)
        return found


@dataclass(frozen=True, slots=True)
class _Common:
    """What holds for all articles."""

    sources: Sources
    used: Mapping[str, Use]
    retired: tuple[str, ...]
    unused_tells: bool


def report(connection: Connection, sources: Sources, *, days: int = WINDOW_DAYS) -> list[Health]:
    """All articles but archived ones, and all guides; the worst first."""
    common = _common(connection, sources, days)
    kept = (a for a in sources.articles if a.confidence is not Confidence.ARCHIVED)
    found = [_of_article(article, common) for article in kept]
    found += [_of_guide(connection, guide, sources) for guide in sources.guides.guides]
    return sorted(found, key=lambda one: (one.score, one.kind, one.path, one.id))


def of_one(
    connection: Connection, sources: Sources, name: str, *, days: int = WINDOW_DAYS
) -> Health:
    """The same about the article or guide of this id; raises NotFoundError."""
    if name in sources.guides.guides:
        return _of_guide(connection, name, sources)
    article = sources.snapshot.article(name)
    if article.confidence is Confidence.ARCHIVED:
        raise NotFoundError(N_("The article %(id)s is archived.", id=name))
    return _of_article(article, _common(connection, sources, days))


def _common(connection: Connection, sources: Sources, days: int) -> _Common:
    window = _window(sources.now, days)
    used = health_store.uses(connection, window, sources.reports)
    retired = health_store.retired_names(connection)
    telling = health.is_telling(used.values(), sources.snapshot.ranked)
    return _Common(sources, used, retired, telling)


def kcs(connection: Connection, sources: Sources, *, days: int) -> dict[str, Any]:
    """Figures about the knowledge base as a whole, and what use would confirm."""
    domain = health_store.domain(connection, sources.now - timedelta(days=days))
    used = health_store.uses(connection, _window(sources.now, days))
    articles = sources.articles
    waiting = [
        {"id": a.id, "title": a.title, "solved": used[a.id].solved}
        for a in articles
        if a.confidence in (Confidence.WIP, Confidence.NOT_VALIDATED)
        and a.id in used
        and used[a.id].solved
    ]
    confidence = Counter(article.confidence for article in articles)
    return {
        "resolved": domain.resolved,
        "link_rate": domain.linked.as_json(),
        "new": domain.new.as_json(),
        "reuse": domain.reused.as_json(),
        "confidence": {kind.value: confidence[kind] for kind in Confidence},
        "solved_but_not_validated": sorted(waiting, key=lambda one: (-one["solved"], one["id"])),
    }


def _window(now: datetime, days: int) -> Window:
    return Window(now - timedelta(days=days), now - timedelta(days=days / 2))


def _of_article(article: Article, common: _Common) -> Health:
    sources, retired = common.sources, common.retired
    use = common.used.get(article.id, Use())
    checked = sources.snapshot.checked
    due = article.review_due()
    text = article.body.casefold() if retired else ""
    written = Written(
        overdue_days=_overdue(due, sources.now),
        problems=(*checked.problems.get(article.path, ()), *_review(article, sources.now)),
        contradicts=_contradicts(article.id, sources),
        is_referred=article.id in sources.referred,
        retired=tuple(name for name in retired if _names(text, name)),
    )
    figures = {
        "impressions": use.impressions,
        "opens": use.opens,
        "linked": use.linked,
        "dismissed": use.dismissed,
        "link_rate": use.link_rate.as_json(),
        "solves": use.solves.as_json(),
        "reopened": use.reopened.as_json(),
        "escalated": use.escalated.as_json(),
    }
    return Health(
        kind="article",
        id=article.id,
        title=article.title,
        path=article.path,
        owner=article.owner,
        confidence=article.confidence.value,
        language=article.language,
        audience=article.audience,
        review_due=due,
        findings=tuple(health.of_article(use, written, unused_tells=common.unused_tells)),
        figures=figures,
    )


def _contradicts(article_id: str, sources: Sources) -> tuple[Mapping[str, Any], ...]:
    told = []
    for one in sources.contradicting.get(article_id, ()):
        is_first = article_id == one.first
        other = one.second if is_first else one.first
        here, there = one.first_says, one.second_says
        told.append(
            {
                "article": other,
                "title": sources.snapshot.article(other).title,
                "here": here if is_first else there,
                "there": there if is_first else here,
                "facts": [list(pair if is_first else pair[::-1]) for pair in one.facts],
            }
        )
    return tuple(told)


def _review(article: Article, now: datetime) -> list[tuple[str, str]]:
    """What is wrong on this day only."""
    return [(found.rule, found.message) for found in review_problems([article], now.date())]


def _overdue(due: date | None, now: datetime) -> int:
    return (now.date() - due).days if due else 0


def _names(text: str, name: str) -> bool:
    """Whether the text holds the name as a whole; the pattern is built for the few that may."""
    return name in text and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _of_guide(connection: Connection, guide_id: str, sources: Sources) -> Health:
    guide = sources.guides.guides[guide_id]
    events = database_store.sessions_of_guide(connection, guide_id, limit=_NEWEST_SESSIONS)
    left = database_store.given_up(connection, guide_id)
    figures = analyse(events, now=sources.now, given_up=left)
    resolved = figures.outcomes[Outcome.RESOLVED.value].count
    ended = sum(rate.count for rate in figures.outcomes.values())
    due = guide.front.review_by
    use = GuideUse(
        sessions=figures.sessions,
        resolved=Share(resolved, ended),
        abandoned=Share(figures.abandoned.count, figures.sessions),
        losing=tuple(
            (step.step, Share(step.drop_off.count, step.drop_off.of))
            for step in figures.steps
            if step.guide == guide_id
        ),
        problems=tuple(
            (p.rule, p.message) for p in sources.guides.problems if _is_of(p.path, guide_id)
        ),
        overdue_days=_overdue(due, sources.now),
    )
    return Health(
        kind="guide",
        id=guide_id,
        title=guide.source.title,
        path=f"guides/{guide_id}.md",
        owner=guide.front.owner,
        confidence="",
        language=guide.lang,
        audience=Audience.L1,
        review_due=due,
        findings=tuple(health.of_guide(use)),
        figures=_shown(use),
    )


def _shown(use: GuideUse) -> dict[str, Any]:
    """Figures about few sessions say something about people, not about a guide."""
    if use.sessions < SMALLEST_CELL:
        return {"sessions": use.sessions}
    return {
        "sessions": use.sessions,
        "solves": use.resolved.as_json(),
        "abandoned": use.abandoned.as_json(),
    }


def _is_of(path: str, guide_id: str) -> bool:
    """Translations and cases belong to their guide: ``x.md``, ``x.de.md``, ``x.cases.yml``."""
    return path.rsplit("/", 1)[-1].split(".")[0] == guide_id
