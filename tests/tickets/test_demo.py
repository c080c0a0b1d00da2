"""The demo fills the queue with life, once."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from kb_assist.auth.demo import create_demo_accounts
from kb_assist.auth.passwords import Passwords
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.tables.feedback import suggestion_signals
from kb_assist.storage.tables.handover import handovers
from kb_assist.storage.tables.tickets import ticket_cis, ticket_events, tickets
from kb_assist.tickets import store
from kb_assist.tickets.demo.queue import DemoFiles, Loaded, load_demo
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.model import SYSTEM, State
from kb_assist.tickets.queue import counts
from kb_assist.tickets.queue_model import View, Viewer
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.targets import Policy

DEMO = Path(__file__).parents[2] / "demo"
_PASSWORDS = Passwords(time_cost=1, memory_kib=64)
TUESDAY = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def files() -> DemoFiles:
    lines = (DEMO / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    return DemoFiles(
        (DEMO / "clients.csv").read_text(encoding="utf-8"),
        (DEMO / "cis.csv").read_text(encoding="utf-8"),
        [json.loads(line) for line in lines],
        {},
    )


def _load(database: Database, files: DemoFiles, *, accounts: bool = True) -> Loaded:
    with database.write() as connection:
        if accounts:
            create_demo_accounts(connection, _PASSWORDS, at=TUESDAY)
        return load_demo(Desk(connection, SYSTEM, TUESDAY, Policy()), files)


def test_every_line_becomes_a_ticket_in_its_state(database: Database, files: DemoFiles) -> None:
    done = _load(database, files)
    with database.read() as connection:
        found = {
            row.external_id: State(row.state)
            for row in connection.execute(select(tickets.c.external_id, tickets.c.state))
        }

    assert done == Loaded(90, 41, 60)
    wanted = {line["id"]: State(line["state"]) for line in files.tickets}
    # Two of those in progress wait for a level that has not accepted them.
    moved = {key for key, state in found.items() if state is not wanted[key]}
    assert {found[key] for key in moved} == {State.ESCALATED}
    assert moved == {"T-0084"}


@pytest.fixture(scope="module")
def loaded(
    files: DemoFiles, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """Loading takes seconds; these tests only look."""
    path = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("demo") / "demo.db"))
    database = Database(sqlite_url(path))
    _load(database, files)
    yield database
    database.close()


def test_loading_twice_changes_nothing(loaded: Database, files: DemoFiles) -> None:
    assert _load(loaded, files) == Loaded(0, 0, 0)


def test_the_queue_looks_alive(loaded: Database, files: DemoFiles) -> None:
    with loaded.read() as connection:
        counted = counts(connection, Viewer(TUESDAY, 1, (1,)))
        kinds = Counter(connection.execute(select(suggestion_signals.c.kind)).scalars())
        handed = Counter(connection.execute(select(handovers.c.outcome)).scalars())
        levels = Counter(
            connection.execute(select(tickets.c.level).where(tickets.c.is_open)).scalars()
        )
        linked = connection.execute(select(func.count()).select_from(ticket_cis)).scalar_one()

    open_lines = [line for line in files.tickets if line["state"] not in {"resolved", "closed"}]
    assert counted[View.OPEN].number == len(open_lines) > 5
    assert counted[View.BREACHED].number >= 3
    assert counted[View.UNASSIGNED].number >= 3
    assert set(levels) == {"l1", "l2", "l3"}
    assert {"open", "solved", "did_not_help", "none_of_these", "impression"} <= set(kinds)
    assert handed["accepted"] >= 10
    assert linked == sum(1 for line in files.tickets if line["asset"])


def test_nothing_happens_in_the_future_or_out_of_order(loaded: Database) -> None:
    with loaded.read() as connection:
        last = connection.execute(select(func.max(ticket_events.c.at))).scalar_one()
        rows = connection.execute(
            select(ticket_events.c.ticket_id, ticket_events.c.at)
            .where(ticket_events.c.kind != "linked")
            .order_by(ticket_events.c.id)
        ).all()
    times: dict[int, list[datetime]] = {}
    for ticket_id, at in rows:
        times.setdefault(ticket_id, []).append(at)

    assert last <= TUESDAY
    assert all(found == sorted(found) for found in times.values())


def test_requesters_are_known_clients(loaded: Database) -> None:
    with loaded.read() as connection:
        known = store.by_external_id(connection, "demo", "T-0090")
        assert known is not None
        assert known.client_id is not None
        assert records_store.client(connection, known.client_id).name == "Siobhan Kelleher"


def test_without_accounts_tickets_stay_with_their_groups(
    files: DemoFiles, sqlite_template: Path, tmp_path: Path
) -> None:
    database = Database(sqlite_url(Path(shutil.copy(sqlite_template, tmp_path / "bare.db"))))

    assert _load(database, files, accounts=False).tickets == 90
    database.close()
