"""The demo's guides have a history that an owner can read something from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from kb_assist.auth.demo import create_demo_accounts
from kb_assist.auth.passwords import Passwords
from kb_assist.gaps.health.findings import GuideUse, Share, of_guide
from kb_assist.guides import database_store, use_store
from kb_assist.guides.analytics import SMALLEST_CELL, GuideFigures, analyse
from kb_assist.guides.library import guides_folder, load_folder
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.tables.feedback import suggestion_signals
from kb_assist.storage.tables.guides import guide_events
from kb_assist.tickets import store
from kb_assist.tickets.demo.queue import DemoFiles, load_demo
from kb_assist.tickets.demo.runs import LOSES, DemoGuides, load_demo_runs
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.model import SYSTEM
from kb_assist.tickets.targets import Policy

FOLDER = load_folder(guides_folder(Path(__file__).parents[2] / "articles"))
DEMO = Path(__file__).parents[2] / "demo"
_LEFT_AT_TICKETS = select(suggestion_signals.c.ticket_id).where(
    suggestion_signals.c.kind == "abandoned", suggestion_signals.c.ticket_id.is_not(None)
)
GUIDES = DemoGuides(FOLDER.guides, FOLDER.cases)
TUESDAY = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
YEAR = timedelta(days=365)


def _load(database: Database, *, accounts: bool = True) -> int:
    with database.write() as connection:
        if accounts:
            quick = Passwords(time_cost=1, memory_kib=64)
            create_demo_accounts(connection, quick, at=TUESDAY)
        return load_demo_runs(Desk(connection, SYSTEM, TUESDAY, Policy()), GUIDES)


@pytest.fixture(scope="module")
def loaded(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, int]]:
    """Loading takes seconds; these tests only look."""
    path = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("runs") / "runs.db"))
    database = Database(sqlite_url(path))
    yield database, _load(database)
    database.close()


def _figures(database: Database, guide: str) -> GuideFigures:
    with database.read() as connection:
        events = database_store.sessions_of_guide(connection, guide, limit=500)
        return analyse(events, now=TUESDAY)


def test_every_guide_was_used_and_ended_in_more_than_one_way(
    loaded: tuple[Database, int],
) -> None:
    database, runs = loaded
    figures = {guide: _figures(database, guide) for guide in FOLDER.guides}

    assert sum(each.sessions for each in figures.values()) == runs > 200
    assert all(each.sessions for each in figures.values())
    assert all(
        f.outcomes["resolved"].count for f in figures.values() if f.sessions >= SMALLEST_CELL
    )
    assert sum(each.outcomes["escalate"].count for each in figures.values()) > 20
    assert sum(each.corrected.count for f in figures.values() for each in f.steps) > 10


def test_the_database_counts_what_reading_every_run_finds(loaded: tuple[Database, int]) -> None:
    database, _ = loaded
    with database.read() as connection:
        counted = use_store.uses(connection, TUESDAY, since=TUESDAY - YEAR, newest=500)
        few = use_store.uses(connection, TUESDAY, since=TUESDAY - YEAR, newest=3)
        none = use_store.uses(connection, TUESDAY, since=TUESDAY, newest=500)
    losing = 0
    for guide in FOLDER.guides:
        read, ran = _figures(database, guide), counted[guide]
        ends = {kind: rate.count for kind, rate in read.outcomes.items()}
        assert (ran.sessions, ran.abandoned) == (read.sessions, read.abandoned.count)
        assert (ran.ended, ran.resolved) == (sum(ends.values()), ends["resolved"])
        for step in read.steps:
            if step.guide == guide:
                drop_off = (ran.dropped[step.step], ran.viewed[step.step])
                assert drop_off == (step.drop_off.count, step.drop_off.of)
                losing += step.drop_off.count

    assert losing > 5
    assert {ran.sessions for ran in few.values()} == {3}
    assert none == {}


def test_one_step_loses_people_and_the_health_of_its_guide_says_so(
    loaded: tuple[Database, int],
) -> None:
    guide, losing = LOSES
    figures = _figures(loaded[0], guide)
    steps = [(step.step, step.drop_off) for step in figures.steps if step.guide == guide]
    findings = of_guide(
        GuideUse(
            sessions=figures.sessions,
            resolved=Share(figures.outcomes["resolved"].count, figures.sessions),
            abandoned=Share(figures.abandoned.count, figures.sessions),
            losing=tuple((name, Share(rate.count, rate.of)) for name, rate in steps),
        )
    )

    assert max(steps, key=lambda step: step[1].count)[0] == losing
    (told,) = [finding for finding in findings if finding.kind == "loses_people"]
    assert [step["step"] for step in told.facts["steps"]] == [losing]


def test_the_runs_fill_eight_weeks_of_working_days_and_none_lies_ahead(
    loaded: tuple[Database, int],
) -> None:
    with loaded[0].read() as connection:
        moments = list(connection.execute(select(guide_events.c.at)).scalars())
        kinds = set(connection.execute(select(suggestion_signals.c.kind)).scalars())

    assert max(moments) <= TUESDAY
    assert min(moments) < TUESDAY - timedelta(weeks=7)
    assert {moment.weekday() for moment in moments} == set(range(5))
    assert kinds == {"open", "solved", "did_not_help", "abandoned"}


def test_loading_again_or_after_a_real_run_adds_nothing(loaded: tuple[Database, int]) -> None:
    with loaded[0].read() as connection:
        before = connection.execute(select(func.count()).select_from(guide_events)).scalar_one()
    again = _load(loaded[0])
    with loaded[0].read() as connection:
        after = connection.execute(select(func.count()).select_from(guide_events)).scalar_one()

    assert (again, after) == (0, before)


def test_other_guides_than_the_demos_get_no_history(database: Database) -> None:
    others = DemoGuides(
        {f"our_{name}": guide for name, guide in FOLDER.guides.items()},
        {f"our_{name}": cases for name, cases in FOLDER.cases.items()},
    )
    with database.write() as connection:
        create_demo_accounts(connection, Passwords(time_cost=1, memory_kib=64), at=TUESDAY)
        assert load_demo_runs(Desk(connection, SYSTEM, TUESDAY, Policy()), others) == 0


def test_without_demo_accounts_nobody_ran_a_guide(sqlite_template: Path, tmp_path: Path) -> None:
    database = Database(sqlite_url(Path(shutil.copy(sqlite_template, tmp_path / "bare.db"))))

    assert _load(database, accounts=False) == 0
    database.close()


def test_some_runs_belong_to_the_ticket_that_they_solved(
    sqlite_template: Path, tmp_path: Path
) -> None:
    database = Database(sqlite_url(Path(shutil.copy(sqlite_template, tmp_path / "queue.db"))))
    lines = (DEMO / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    csv = {name: (DEMO / f"{name}.csv").read_text(encoding="utf-8") for name in ("clients", "cis")}
    with database.write() as connection:
        create_demo_accounts(connection, Passwords(time_cost=1, memory_kib=64), at=TUESDAY)
        files = DemoFiles(tickets=[json.loads(line) for line in lines], article_ids={}, **csv)
        load_demo(Desk(connection, SYSTEM, TUESDAY, Policy()), files)
    _load(database)
    with database.read() as connection:
        tickets = [t for t in store.after_id(connection, 0, 500) if t.resolved_at]
        runs = [(t, row) for t in tickets for row in database_store.of_ticket(connection, t.id)]
        left = set(connection.execute(_LEFT_AT_TICKETS).scalars())
    database.close()

    assert len(runs) >= 5
    assert all(t.created_at <= run.started_at <= run.last_at <= t.resolved_at for t, run in runs)
    assert {run.outcome for _, run in runs} <= {"resolved", "article"}
    assert left == set(), "nothing that would count against a guide or an article"
