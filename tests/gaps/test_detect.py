"""Gaps found in stored tickets and kept, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from kb_assist.gaps import review, stock, store
from kb_assist.gaps.detect import Kept, find, keep
from kb_assist.gaps.model import Decision, GapState
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


@pytest.fixture
def searcher(
    settings: Settings, embedder: FakeEmbedder, build: Callable[..., ReindexResult]
) -> Searcher:
    build()
    return Searcher(open_current(settings.index_dir), embedder, load_parameters(None))


@pytest.fixture
def run(house: House, searcher: Searcher, tmp_path: Path) -> Callable[[], Kept]:
    """Detect once over everything that is stored."""

    def detect() -> Kept:
        with house.database.read() as connection:
            tickets = stock.unexplained(connection, house.now - timedelta(days=90))
        findings = find(searcher, tickets, tmp_path / "queries.sqlite")
        with house.database.write() as connection:
            return keep(connection, findings, house.now)

    return detect


def _tell(house: House, *subjects: str) -> None:
    """One ticket a day."""
    for subject in subjects:
        with house.desk(after=timedelta(days=1)) as desk:
            create(
                desk,
                Draft(
                    subject=subject,
                    body=f"{subject}. Regards\nMina Muster",
                    language="en",
                    requester_name="Mina Muster",
                ),
            )


def test_three_like_tickets_without_an_article_are_a_gap(
    house: House, run: Callable[[], Kept]
) -> None:
    _tell(house, *BADGE, *OTHERS)
    run()
    with house.database.read() as connection:
        (gap,) = store.all_gaps(connection)

    assert gap.facts["tickets"] == 3
    assert "badge" in gap.title
    assert gap.state is GapState.PROPOSED


def test_a_second_run_changes_nothing_and_embeds_nothing(
    house: House, run: Callable[[], Kept], embedder: FakeEmbedder
) -> None:
    _tell(house, *BADGE, *OTHERS)
    first = run()
    asked = len(embedder.queries)

    assert first == Kept(new=1, continued=0, gone=0, reopened=0)
    assert run() == Kept(new=0, continued=1, gone=0, reopened=0)
    assert len(embedder.queries) == asked


def test_a_decision_survives_new_tickets(house: House, run: Callable[[], Kept]) -> None:
    _tell(house, *BADGE, *OTHERS)
    run()
    with house.database.write() as connection:
        (gap,) = store.all_gaps(connection)
        review.decide(connection, gap.id, Decision(GapState.ACCEPTED, owner_id=2), house.now)
    _tell(house, "entry badge door turnstile refuses")
    run()
    with house.database.read() as connection:
        (again,) = store.all_gaps(connection)

    assert (again.id, again.state, again.owner_id) == (gap.id, GapState.ACCEPTED, 2)
    assert again.facts["tickets"] == 4


def test_nothing_that_is_kept_names_the_requester(house: House, run: Callable[[], Kept]) -> None:
    _tell(house, *BADGE, *OTHERS)
    run()
    with house.database.read() as connection:
        (gap,) = store.all_gaps(connection)

    assert "Muster" not in str(gap.facts)
