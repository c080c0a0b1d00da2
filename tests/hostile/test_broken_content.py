"""A thousand broken articles, guides, mails and lines: nothing runs, nothing is lost silently."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from kb_assist.articles.library import load_library
from kb_assist.articles.lint import lint
from kb_assist.articles.markdown import render
from kb_assist.errors import InputError
from kb_assist.guides.check import Surroundings, check, publishable
from kb_assist.guides.library import load_folder
from kb_assist.retrieval.query import clean_query
from kb_assist.tickets import comments_store, store
from kb_assist.tickets.mail.intake import take_mail
from kb_assist.tickets.mail.message import read_mail
from kb_assist.tickets.records.importing import apply_import, plan_import
from tests.articles.test_markdown import assert_harmless
from tests.hostile.mutate import mutants
from tests.tickets.conftest import House

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 2)
BATCHES = pytest.mark.parametrize("seed", range(10))
_EACH = 100
_MAIL = b"""From: Jana Muster <jana.muster@example.com>
To: help@example.com
Subject: =?utf-8?q?VPN_verbindet_nicht?=
Message-ID: <1@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Hallo, seit heute Fehler 809 im VPN.
--b
Content-Type: text/html; charset=utf-8

<p>Hallo, seit heute <b>Fehler 809</b></p>
--b
Content-Type: image/png; name="bild.png"
Content-Disposition: attachment; filename="bild.png"
Content-Transfer-Encoding: base64

iVBORw0KGgoAAAANSUhEUg==
--b--
"""


@BATCHES
def test_broken_articles_are_read_or_reported_and_run_nothing(tmp_path: Path, seed: int) -> None:
    found = sorted((ROOT / "articles").glob("*/*.md"))
    originals = [path.read_bytes() for path in found if path.parent.name != "guides"]
    for number, text in enumerate(mutants(originals, _EACH, seed=seed)):
        (tmp_path / f"{number:03}.md").write_bytes(text)
    library = load_library(tmp_path)
    known = {article.path for article in library.articles}
    told = {problem.path for problem in library.problems}

    assert known | told == {f"{number:03}.md" for number in range(_EACH)}
    for article in library.articles:
        link = {}.get
        page = render(article.body, title=article.title, path=article.path, link=link, image=link)
        assert_harmless(page.html)
    assert all(problem.line >= 1 for problem in lint(library, today=TODAY))


@BATCHES
def test_broken_guides_are_usable_or_reported(tmp_path: Path, seed: int) -> None:
    folder = ROOT / "tests/guides/sample"
    names = sorted(path.name for path in folder.iterdir())
    for number in range(-(-_EACH // len(names))):
        root = tmp_path / str(number)
        root.mkdir()
        for at, name in enumerate(names):
            (mutant,) = mutants([(folder / name).read_bytes()], 1, seed=seed * 1_000 + number + at)
            (root / name).write_bytes(mutant)
        loaded = load_folder(root)
        problems = check(loaded, Surroundings(TODAY))
        usable = publishable(loaded, problems)
        named = {problem.path.split(".")[0] for problem in problems}

        assert {name.split(".")[0] for name in names} <= named | set(usable)


@BATCHES
def test_broken_mails_become_tickets_with_their_words(house: House, seed: int) -> None:
    mails = [_MAIL.replace(b"<1@", b"<%d@" % number) for number in range(1_000)]
    for text in mutants(mails, _EACH // 2, seed=seed):  # on each of two databases
        with house.desk() as desk:
            mail = read_mail(text)
            taken = take_mail(desk, mail)
            if not taken.is_stored:
                continue  # a mail of this id came before
            ticket = store.get(desk.connection, taken.ticket_id)
            said = [one.body for one in comments_store.of_ticket(desk.connection, ticket.id)]
            # PostgreSQL keeps no NUL.
            words = mail.body.replace("\0", "").strip()
            assert words in {ticket.body.strip(), *said, ""}
            clean_query(ticket.body, subject=ticket.subject)


@BATCHES
def test_every_line_of_a_broken_table_is_taken_or_rejected(house: House, seed: int) -> None:
    original = (ROOT / "demo/clients.csv").read_bytes()
    for mutant in mutants([original[:4_000]], _EACH // 10, seed=seed):
        text = mutant.decode("utf-8", "replace")
        with house.desk() as desk:
            try:
                plan = plan_import(desk, "clients", text)
            except InputError:
                continue
            apply_import(desk, plan)
            taken = len(plan.created) + len(plan.changed) + plan.unchanged + len(plan.rejected)
            with io.StringIO(text, newline="") as stream:
                rows = [row for row in csv.DictReader(stream) if any(row.values())]
            assert taken == len(rows)
