"""Gaps on both databases, over the small knowledge base."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from kb_assist.gaps import proving, signals_store, stock, store
from kb_assist.gaps.detect import Kept, keep
from kb_assist.gaps.find import find
from kb_assist.gaps.model import Gap
from kb_assist.indexer.publish import open_current
from kb_assist.indexer.reindex import ReindexResult
from kb_assist.retrieval.parameters import load_parameters
from kb_assist.retrieval.search import Searcher
from kb_assist.settings import Settings
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import Draft
from tests.fakes import FakeEmbedder
from tests.tickets.conftest import House
from tests.tickets.conftest import house as house

BADGE = (
    "turnstile badge door refuses entry",
    "badge turnstile door broken entry",
    "door turnstile refuses badge entry",
)
OTHERS = ("projector lamp dark", "keyboard sticky coffee", "mouse wheel loose", "fan is loud")


@dataclass
class Watch:
    """Detects and proves over what a house holds."""

    house: House
    settings: Settings
    embedder: FakeEmbedder
    build: Callable[..., ReindexResult]
    cache: Path

    def searcher(self) -> Searcher:
        """Over the index as it is published now."""
        snapshot = open_current(self.settings.index_dir)
        return Searcher(snapshot, self.embedder, load_parameters(None))

    def detect(self) -> Kept:
        """Once, over everything that is stored."""
        since = self.house.now - timedelta(days=90)
        with self.house.database.read() as connection:
            tickets = stock.unexplained(connection, since)
            heard = signals_store.heard(connection, since)
        findings = find(self.searcher(), tickets, self.cache, heard=heard)
        with self.house.database.write() as connection:
            return keep(connection, findings, self.house.now)

    def prove(self) -> tuple[proving.Proven, ...]:
        return proving.prove(self.house.database, self.searcher(), self.cache, self.house.now)

    def tell(self, *subjects: str) -> list[int]:
        """One ticket a day; their ids."""
        return [self._tell(subject) for subject in subjects]

    def _tell(self, subject: str) -> int:
        body = f"{subject}. Regards\nMina Muster"
        with self.house.desk(after=timedelta(days=1)) as desk:
            draft = Draft(subject=subject, body=body, language="en", requester_name="Mina Muster")
            return create(desk, draft).ticket.id

    def gap(self) -> Gap:
        """The only one."""
        (gap,) = self.gaps()
        return gap

    def gaps(self) -> tuple[Gap, ...]:
        with self.house.database.read() as connection:
            return store.all_gaps(connection)


@pytest.fixture
def watch(
    house: House,
    settings: Settings,
    embedder: FakeEmbedder,
    build: Callable[..., ReindexResult],
    tmp_path: Path,
) -> Watch:
    build()
    return Watch(house, settings, embedder, build, tmp_path / "queries.sqlite")
