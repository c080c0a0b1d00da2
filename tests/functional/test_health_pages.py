"""Pages of content health, as a browser without JavaScript sees them."""

from __future__ import annotations

import shutil

import pytest
from flask.testing import FlaskClient

from kb_assist.auth.model import Role
from kb_assist.bootstrap import Services
from kb_assist.indexer.reindex import reindex
from kb_assist.settings import Settings
from kb_assist.tickets import feedback_store, intake
from kb_assist.tickets.feedback_model import Signal, SignalKind
from kb_assist.tickets.links import link_article
from kb_assist.tickets.model import SYSTEM, ArticleRole, Draft
from tests.factories import write_article
from tests.fakes import FakeEmbedder
from tests.functional.conftest import SignInAs
from tests.guides.conftest import SAMPLE

GERMAN = {"Accept-Language": "de-DE,de;q=0.9"}


@pytest.fixture
def owner(sign_in_as: SignInAs, indexed: None) -> FlaskClient:
    return sign_in_as(Role.CONTENT_OWNER)


@pytest.fixture
def judged(owner: FlaskClient, services: Services) -> None:
    """KB-3 solved one of six tickets."""
    for number in range(6):
        with services.desk(SYSTEM) as desk:
            ticket = intake.create(desk, Draft(f"VPN error {number}", "", language="en")).ticket
            role = ArticleRole.SOLVED if number == 0 else ArticleRole.TRIED
            link_article(desk, ticket.id, "KB-3", role=role)
            kinds = [SignalKind.IMPRESSION, SignalKind.OPEN]
            kinds += [SignalKind.DID_NOT_HELP] if number else []
            signals = [Signal(kind, subject_id="KB-3") for kind in kinds]
            feedback_store.add(
                desk.connection, signals, ticket_id=ticket.id, user_id=None, at=desk.now
            )


def test_every_score_stands_beside_what_it_follows_from(owner: FlaskClient) -> None:
    english = owner.get("/gaps/health").text
    german = owner.get("/gaps/health", headers=GERMAN).text
    row = english[english.index(">Mailbox is full<") :].split("</tr>")[0]

    assert "review overdue" in row
    assert "−20" in row
    assert "Prüfung überfällig" in german
    assert "Windows 7 activation" not in english, "archived articles need nobody"


def test_filters_narrow_the_table(owner: FlaskClient) -> None:
    page = owner.get("/gaps/health?finding=review_overdue").text
    empty = owner.get("/gaps/health?finding=abandoned").text

    assert "Mailbox is full" in page
    assert "VPN error 809" not in page
    assert "No article or guide fits these filters." in empty
    assert owner.get("/gaps/health?order=odd").status_code == 404


def test_an_article_shows_its_figures_with_their_doubt(owner: FlaskClient, judged: None) -> None:
    page = owner.get("/gaps/health/KB-3").text

    assert "1 of 6 tickets; surely between 3 % and 56 %" in page
    assert "opened on 6 tickets" in page
    assert "Opened per week" in page
    assert owner.get("/gaps/health/KB-404").status_code == 404
    assert owner.get("/gaps/health/KB-7").status_code == 404, "archived"


def test_what_is_wrong_with_a_text_is_said_in_the_readers_language(
    sign_in_as: SignInAs, settings: Settings, embedder: FakeEmbedder
) -> None:
    write_article(settings.articles, "shot.md", "title: Shot\nid: shot", "![x](a&b.png)\n")
    reindex(settings, load_model=lambda _: embedder)
    owner = sign_in_as(Role.CONTENT_OWNER)
    german = owner.get("/gaps/health/shot", headers=GERMAN).text

    assert "Das Bild a&amp;b.png fehlt im Ordner der Artikel." in german


def test_a_guide_has_a_page_of_its_own(owner: FlaskClient, settings: Settings) -> None:
    shutil.copytree(SAMPLE, settings.articles / "guides")
    page = owner.get("/gaps/health/vpn_connect").text

    assert 'href="/guides/vpn_connect"' in page
    assert "nobody ran it" in page
    german = owner.get("/gaps/health/vpn_connect", headers=GERMAN).text
    assert '<h1 lang="de">VPN verbindet nicht</h1>' in german
    assert "VPN verbindet nicht" in owner.get("/gaps/health", headers=GERMAN).text


def test_owners_get_there_from_monday_and_from_the_article(
    owner: FlaskClient, sign_in_as: SignInAs
) -> None:
    assert 'href="/gaps/health/KB-1"' in owner.get("/gaps").text
    assert 'href="/gaps/health/KB-3"' in owner.get("/articles/KB-3").text
    first_level = sign_in_as(Role.L1_AGENT, "first").get("/articles/KB-3").text
    assert "/gaps/health" not in first_level


@pytest.mark.parametrize("path", ["/gaps/health", "/gaps/health/KB-3"])
def test_first_level_reads_none_of_it(sign_in_as: SignInAs, indexed: None, path: str) -> None:
    assert sign_in_as(Role.L1_AGENT).get(path).status_code == 403
    assert sign_in_as(Role.L2_AGENT, "second").get(path).status_code == 200
