"""What is wrong with the indexed texts, whoever uses them; worked out once per index and day."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kb_assist.articles.library import Library
from kb_assist.articles.lint import lint
from kb_assist.articles.lint_links import references
from kb_assist.articles.markdown import is_internal, link_target
from kb_assist.articles.model import Article
from kb_assist.articles.plain import parse_blocks
from kb_assist.gaps.health.contradict import Contradiction, contradictions
from kb_assist.gaps.health.likeness import alike
from kb_assist.indexer.snapshot import Snapshot

# Chosen by reading pairs; see docs/performance.md.
ABOUT_THE_SAME = 0.45
MEANS_THE_SAME = 0.75


@dataclass(frozen=True, slots=True)
class Texts:
    """What the texts of one index show on one day."""

    problems: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Rule of ``articles/lint`` and message, by path."""
    referred: frozenset[str] = frozenset()
    """Ids of articles that another article links to."""
    contradictions: tuple[Contradiction, ...] = ()


class IndexedTexts:
    """Safe to share between threads; keeps the newest ``Texts``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[str, date] | None = None
        self._held = Texts()

    def of(self, snapshot: Snapshot, folder: Path, today: date) -> Texts:
        """``folder``: the articles on disk, where linked pictures lie."""
        key = (snapshot.generation, today)
        with self._lock:
            if key != self._key:
                self._held = _read(snapshot, folder, today)
                self._key = key
            return self._held


def _read(snapshot: Snapshot, folder: Path, today: date) -> Texts:
    articles = tuple(snapshot.articles())
    near = [
        (snapshot.article_at(pair.first).id, snapshot.article_at(pair.second).id, pair.likeness)
        for pair in alike(snapshot, bar=ABOUT_THE_SAME)
    ]
    similar: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for one, other, how in near:
        if how >= MEANS_THE_SAME:
            similar[one].append((other, how))
    problems: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for problem in lint(Library(folder, articles, ()), today=today, similar=similar):
        problems[problem.path].append((problem.rule, problem.message))
    pairs = frozenset(frozenset((one, other)) for one, other, _ in near)
    return Texts(problems, referred(articles), tuple(contradictions(articles, pairs)))


def referred(articles: Iterable[Article]) -> frozenset[str]:
    """Ids of articles that an article other than themselves links to."""
    known = list(articles)
    by_path = {article.path: article.id for article in known}
    found: set[str] = set()
    for article in known:
        # Most articles link to none, and parsing costs more than looking.
        if "](" not in article.body and "]:" not in article.body and "<a" not in article.body:
            continue
        for reference in references(parse_blocks(article.body)):
            if is_internal(reference.target):
                named, _ = link_target(reference.target, article.path)
                other = named.removeprefix("kb:") if named[:3] == "kb:" else by_path.get(named, "")
                found |= {other} - {article.id}
    return frozenset(found)
