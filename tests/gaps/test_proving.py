"""A new index is tried on the tickets of gaps at once, and only once."""

from __future__ import annotations

import shutil
from pathlib import Path

from kb_assist.auth.passwords import Passwords
from kb_assist.bootstrap import Services
from kb_assist.cli.gaps_prove import prove_due
from kb_assist.engine import Engine
from kb_assist.gaps import events, review, store
from kb_assist.gaps.events import GapEventKind
from kb_assist.gaps.model import Decision, Gap, GapState, NotDecided
from kb_assist.gaps.remarks_store import ReportLog
from kb_assist.indexer.store import FolderStore
from tests.factories import write_article
from tests.fakes import FrozenClock
from tests.gaps.conftest import BADGE, OTHERS, Watch

TITLE = "title: Turnstile badge door refuses entry\nlanguage: en"
BODY = "## Issue\n\nThe door turnstile refuses the badge, entry broken.\n"


def _accepted(watch: Watch, article_id: str = "door/badge") -> Gap:
    watch.tell(*BADGE, *OTHERS)
    watch.detect()
    gap = watch.gap()
    with watch.house.database.write() as connection:
        decision = Decision(GapState.ACCEPTED, owner_id=2, article_id=article_id)
        review.decide(connection, gap.id, decision, watch.house.now)
    return gap


def _write(watch: Watch, front_matter: str = TITLE) -> None:
    write_article(watch.settings.articles, "door/badge.md", front_matter, BODY)
    watch.build()


def test_the_tickets_of_a_gap_find_its_article_as_soon_as_it_is_indexed(watch: Watch) -> None:
    gap = _accepted(watch)
    assert watch.prove() == ()
    _write(watch)
    (told,) = watch.prove()

    assert (told.proof["first"], told.proof["found"], told.proof["tickets"]) == (3, 3, 3)
    assert told.sentence().endswith("3 of 3 tickets find door/badge now, 3 at rank 1.")
    with watch.house.database.read() as connection:
        assert review.proven(store.get(connection, gap.id))
        assert events.of_gap(connection, gap.id)[-1].kind is GapEventKind.PROVEN


def test_an_index_is_tried_once(watch: Watch) -> None:
    _accepted(watch)
    _write(watch)
    watch.prove()
    asked = len(watch.embedder.queries)

    assert watch.prove() == ()
    assert len(watch.embedder.queries) == asked


def test_an_index_that_lies_elsewhere_is_tried(watch: Watch, tmp_path: Path) -> None:
    _accepted(watch)
    write_article(watch.settings.articles, "door/badge.md", TITLE, BODY)
    # As with indexes in the database: the folder of this machine says nothing.
    shutil.rmtree(watch.settings.index_dir)
    elsewhere = FolderStore(tmp_path / "elsewhere")
    watch.build(store=elsewhere)
    database, engine = watch.house.database, Engine(watch.settings, lambda: watch.embedder)
    engine.store = elsewhere
    reports, clock = ReportLog(database), FrozenClock()
    services = Services(watch.settings, clock, engine, reports, database, Passwords())

    assert [told.proof["found"] for told in prove_due(services)] == [3]
    assert prove_due(services) == ()


def test_the_same_figures_on_a_new_index_are_no_event(watch: Watch) -> None:
    gap = _accepted(watch)
    _write(watch)
    watch.prove()
    watch.build(force=True)

    assert watch.prove() == ()
    with watch.house.database.read() as connection:
        kinds = [event.kind for event in events.of_gap(connection, gap.id)]
        kept = store.get(connection, gap.id).proof
    assert kinds.count(GapEventKind.PROVEN) == 1
    assert kept is not None
    assert kept["index"] == watch.searcher().snapshot.generation


def test_an_article_that_first_level_cannot_read_verifies_nothing(watch: Watch) -> None:
    gap = _accepted(watch)
    _write(watch, f"{TITLE}\nconfidence: wip")
    watch.prove()
    with watch.house.database.write() as connection:
        verified = Decision(GapState.VERIFIED)
        refused = review.decide(connection, gap.id, verified, watch.house.now)

    assert refused == NotDecided("proof")


def test_a_gap_that_nobody_accepted_is_not_tried(watch: Watch) -> None:
    watch.tell(*BADGE, *OTHERS)
    watch.detect()
    _write(watch)

    assert watch.prove() == ()
