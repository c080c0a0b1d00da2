"""``kb-assist gaps`` and what ``kb-assist index`` does for gaps."""

from __future__ import annotations

import json

import pytest

from kb_assist.bootstrap import open_database, prepare_database
from kb_assist.gaps import review, store
from kb_assist.gaps.find import find
from kb_assist.gaps.model import Decision, Finding, GapState, Stocked
from kb_assist.settings import Settings
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import SYSTEM, Draft
from kb_assist.tickets.targets import Policy
from tests.cli.test_commands import Run
from tests.cli.test_commands import run as run
from tests.factories import write_article
from tests.tickets.builders import MONDAY


@pytest.fixture
def gap(settings: Settings) -> int:
    """An accepted gap with two tickets, waiting for the article door/badge."""
    database = open_database(settings)
    settings.var.mkdir(exist_ok=True)
    prepare_database(database)
    with database.write() as connection:
        desk = Desk(connection, SYSTEM, MONDAY, Policy())
        ids = [
            create(desk, Draft(subject=subject, body="", language="en")).ticket.id
            for subject in ("turnstile refuses badge", "badge refused by the turnstile")
        ]
        facts = {"title": "Badge", "products": [], "nearest": []}
        made = store.add(connection, Finding(frozenset(ids), facts), MONDAY)
        accepted = Decision(GapState.ACCEPTED, article_id="door/badge")
        review.decide(connection, made, accepted, MONDAY)
    database.close()
    return made


def test_index_says_how_many_tickets_of_a_gap_find_its_new_article(
    run: Run, settings: Settings, gap: int
) -> None:
    run("index")
    body = "## Issue\n\nThe turnstile refuses a badge.\n"
    write_article(settings.articles, "door/badge.md", "title: Badge turnstile", body)
    result = run("index", "--json")

    assert "Badge: 2 of 2 tickets find door/badge now, 2 at rank 1." in result.stderr
    assert json.loads(result.stdout)["articles"] == 8
    assert json.loads(run("gaps", "prove", "--json").stdout) == []


def _ticket(settings: Settings, subject: str) -> None:
    database = open_database(settings)
    with database.write() as connection:
        create(Desk(connection, SYSTEM, MONDAY, Policy()), Draft(subject, body="", language="en"))
    database.close()


def test_a_run_over_nothing_new_finds_nothing_anew(
    run: Run, settings: Settings, gap: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index")
    runs: list[int] = []

    def found(searcher: object, tickets: list[Stocked], *rest: object, **more: object) -> object:
        runs.append(len(tickets))
        return find(searcher, tickets, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("kb_assist.cli.gaps.find", found)
    detect = ("gaps", "detect", "--days", 3650, "--json")
    first, again = (json.loads(run(*detect).stdout) for _ in range(2))
    assert runs == [2]
    assert (first["new"], again) == (0, {"new": 0, "continued": 0, "gone": 0, "reopened": 0})

    _ticket(settings, "badge reader at the turnstile is dark")
    run(*detect)
    run("gaps", "draft", gap, "--dry-run")
    run(*detect)
    assert runs == [2, 3]

    run("index", "--force")
    run(*detect)
    assert runs == [2, 3, 3]


def test_index_makes_no_database(run: Run, settings: Settings) -> None:
    assert run("index").exit_code == 0
    assert not settings.database_file.exists()


def test_a_thin_gap_is_refused_with_questions_and_drafted_with_answers(run: Run, gap: int) -> None:
    run("index")
    refused = run("gaps", "draft", gap)
    answers = ("--answer", "cause=Old firmware.", "--answer", "fix=Update it.")
    shown = run("gaps", "draft", gap, *answers, "--dry-run")

    assert refused.exit_code == 1
    assert "fix: What exactly has to be done" in refused.stderr
    assert "Update it." in shown.stdout
