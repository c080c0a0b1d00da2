"""The pages, as a browser without JavaScript sees them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from kb_assist.auth.model import Role
from kb_assist.bootstrap import Services
from kb_assist.engine import Engine
from kb_assist.errors import ModelUnavailableError
from kb_assist.indexer.reindex import ReindexResult
from kb_assist.settings import Settings
from tests.factories import write_article
from tests.functional.conftest import SignInAs

GERMAN = {"Accept-Language": "de-DE,de;q=0.9"}
ENGLISH = {"Accept-Language": "en-GB"}


def test_the_browsers_language_decides_first(client: FlaskClient) -> None:
    assert '<html lang="de"' in client.get("/", headers=GERMAN).text
    assert '<html lang="en"' in client.get("/", headers=ENGLISH).text


def test_the_readers_choice_is_remembered(client: FlaskClient) -> None:
    client.post("/preferences", data={"language": "de", "theme": "dark", "next": "/articles"})
    page = client.get("/", headers=ENGLISH).text

    assert '<html lang="de" data-theme="dark"' in page


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_preferences_never_lead_to_another_site(client: FlaskClient, target: str) -> None:
    response = client.post("/preferences", data={"language": "de", "next": target})

    assert response.headers["Location"] == "/"


def test_search_works_without_javascript(client: FlaskClient) -> None:
    page = client.get("/?q=error+809", headers=ENGLISH).text

    assert "VPN error 809" in page
    assert "<mark>" in page


def test_a_pasted_ticket_works_without_javascript(client: FlaskClient) -> None:
    page = client.post("/suggest", data={"q": "Hallo,\nDrucker druckt nicht"}, headers=GERMAN).text

    assert "Druckauftrag" in page
    assert "Anrede" in page


def test_what_a_reader_types_is_escaped(client: FlaskClient) -> None:
    page = client.get("/?q=<script>alert(1)</script>").text

    assert "<script>alert(1)" not in page


def test_an_article_shows_its_translation_and_contents(client: FlaskClient) -> None:
    page = client.get("/articles/KB-1", headers=ENGLISH).text

    assert 'href="/articles/KB-2"' in page
    assert 'id="resolution"' in page
    assert "review overdue" in page


def test_articles_beyond_the_audience_look_unknown(
    client: FlaskClient, sign_in_as: SignInAs
) -> None:
    assert client.get("/articles/KB-5").status_code == 200
    client = sign_in_as(Role.L1_AGENT)

    assert client.get("/articles/KB-5").status_code == 404
    assert client.get("/articles/KB-99").status_code == 404
    assert "KB-5" not in client.get("/articles").text


def test_scripts_in_an_article_never_reach_the_page(
    client: FlaskClient, settings: Settings, build: Any
) -> None:
    body = "Text <script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1))\n"
    write_article(settings.articles, "bad.md", "id: BAD\ntitle: <b>Bad</b>", body)
    build()
    page = client.get("/articles/BAD").text

    assert "<script>alert" not in page
    assert "onerror" not in page
    assert "javascript:" not in page
    assert "<b>Bad</b>" not in page


def test_a_remark_reaches_the_report_log(client: FlaskClient, services: Services) -> None:
    data = {"passage": "", "remark": "Step 2 is wrong"}
    response = client.post("/articles/KB-3/reports", data=data)

    assert response.status_code == 302
    assert [r.remark for r in services.reports.all()] == ["Step 2 is wrong"]
    assert "Step 2 is wrong" in client.get("/articles/reports").text


def test_an_empty_remark_is_refused(client: FlaskClient) -> None:
    assert client.post("/articles/KB-3/reports", data={"remark": " "}).status_code == 422


def test_forms_need_their_token(client: FlaskClient, app: Any) -> None:
    app.config["WTF_CSRF_ENABLED"] = True

    assert client.post("/suggest", data={"q": "x"}).status_code == 400
    assert client.post("/api/v1/search", json={"query": "x"}).status_code == 400


@pytest.mark.parametrize("name", ["email/mailbox-full.md", "../var/secret-key", "x.svg", ".x.png"])
def test_only_pictures_are_served_from_the_articles(client: FlaskClient, name: str) -> None:
    assert client.get(f"/articles/files/{name}").status_code == 404


def test_browsing_filters_by_language(client: FlaskClient) -> None:
    page = client.get("/articles?language=de").text

    assert "Druckauftrag" in page
    assert "VPN error 809" not in page


def test_every_page_is_protected_by_its_headers(client: FlaskClient) -> None:
    headers = client.get("/").headers

    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_an_unknown_page_says_so_in_the_readers_language(client: FlaskClient) -> None:
    response = client.get("/nothing", headers=GERMAN)

    assert response.status_code == 404
    assert "Diese Seite gibt es nicht" in response.text


def test_without_an_index_the_search_page_says_what_to_do(sign_in_as: SignInAs) -> None:
    page = sign_in_as(Role.L2_AGENT).get("/?q=x", headers=ENGLISH).text

    assert "kb-assist index" in page


def test_the_result_fragment_is_no_whole_page(client: FlaskClient) -> None:
    fragment = client.get("/search/results?q=error+809", headers=ENGLISH).text

    assert "VPN error 809" in fragment
    assert "<html" not in fragment
    assert client.get("/search/results?q=").text.strip() == ""


def test_a_card_leads_to_the_passage(client: FlaskClient) -> None:
    fragment = client.get("/search/results?q=error+809", headers=ENGLISH).text

    assert 'href="/articles/KB-3#' in fragment
    assert "<code>809</code>" in fragment


def test_a_card_links_its_translation(client: FlaskClient) -> None:
    fragment = client.get("/search/results?q=mailbox+is+full", headers=ENGLISH).text

    assert 'href="/articles/KB-2"' in fragment
    assert "also in German" in fragment


def test_only_complete_tickets_teach_the_search(client: FlaskClient, services: Services) -> None:
    ticket = "Hello,\nthe mailbox is full and mail comes back"
    centre = services.engine.searcher().centre
    client.post("/suggest", data={"q": ticket, "draft": "1"})
    client.get("/", query_string={"q": ticket})
    before = centre.observed
    client.post("/suggest", data={"q": ticket}, headers={"X-Fragment": "1"})

    assert (before, centre.observed) == (0, 1)


def test_nobody_is_shown_a_suggestion_they_may_not_read(
    client: FlaskClient, sign_in_as: SignInAs
) -> None:
    address = "/search/results?q=account+locked+out+4740"

    assert "KB-5" in client.get(address).text
    assert "KB-5" not in sign_in_as(Role.L1_AGENT).get(address).text


def test_without_a_model_the_page_says_so(client: FlaskClient, app: Any) -> None:
    def no_model() -> Any:
        raise ModelUnavailableError("There is no model.")

    services: Services = app.extensions["kb_assist"]
    object.__setattr__(services, "engine", Engine(services.settings, no_model))
    page = client.get("/?q=error+809", headers=ENGLISH).text

    assert "Searched by words only" in page
    assert "VPN error 809" in page


def test_without_an_index_every_page_still_has_its_frame(sign_in_as: SignInAs) -> None:
    client = sign_in_as(Role.L2_AGENT)

    assert "There is no index yet." in client.get("/", headers=ENGLISH).text
    assert client.get("/articles").status_code == 503


def test_an_archived_article_can_be_read_with_a_warning(client: FlaskClient) -> None:
    page = client.get("/articles/KB-7", headers=ENGLISH).text

    assert "This article is archived" in page


def test_a_remark_names_its_paragraph(client: FlaskClient, services: Services) -> None:
    page = client.get("/articles/KB-3", headers=ENGLISH).text
    key = page.split('data-passage="')[1].split('"')[0]
    data = {"passage": key, "remark": "one\r\ntwo"}
    response = client.post("/articles/KB-3/reports", data=data, headers={"X-Fragment": "1"})
    [kept] = services.reports.all()

    assert response.status_code == 204
    assert (kept.passage, kept.remark) == (key, "one\ntwo")
    assert kept.excerpt.startswith("The VPN shows error 809")


def test_a_remark_on_a_paragraph_that_is_gone_is_kept_for_the_article(
    client: FlaskClient, services: Services
) -> None:
    client.post("/articles/KB-3/reports", data={"passage": "0" * 10, "remark": "old"})

    assert services.reports.all()[0].passage == ""


def test_line_breaks_do_not_make_a_remark_too_long(client: FlaskClient) -> None:
    remark = "a\r\n" * 999 + "ab"

    assert client.post("/articles/KB-3/reports", data={"remark": remark}).status_code == 302
    assert client.post("/articles/KB-3/reports", data={"remark": "a" * 2001}).status_code == 422


def test_articles_beyond_the_audience_take_no_remarks(
    client: FlaskClient, sign_in_as: SignInAs
) -> None:
    client = sign_in_as(Role.L1_AGENT)

    assert client.post("/articles/KB-5/reports", data={"remark": "x"}).status_code == 404


def test_pictures_are_served_to_readers_of_an_article_that_shows_them(
    sign_in_as: SignInAs, settings: Settings, build: Callable[..., ReindexResult]
) -> None:
    for name in ("plan.png", "inside.png", "unused.png"):
        (settings.articles / f"vpn/{name}").write_bytes(b"picture")
    outside = settings.articles.parent / "secret.png"
    outside.write_bytes(b"secret")
    (settings.articles / "vpn/link.png").symlink_to(outside)
    shown = "![a](plan.png) ![b](link.png)\n"
    write_article(settings.articles, "vpn/pictures.md", "id: KB-8\ntitle: Plan", shown)
    inner = "![a](inside.png)\n"
    write_article(settings.articles, "vpn/in.md", "id: KB-9\ntitle: In\naudience: l2", inner)
    build()
    first, second = sign_in_as(Role.L1_AGENT), sign_in_as(Role.L2_AGENT)

    with first.get("/articles/files/vpn/plan.png") as response:
        assert (response.status_code, response.content_type) == (200, "image/png")
    assert first.get("/articles/files/vpn/inside.png").status_code == 404
    with second.get("/articles/files/vpn/inside.png") as response:
        assert response.status_code == 200
    for name in ("link.png", "unused.png"):
        assert second.get(f"/articles/files/vpn/{name}").status_code == 404


def test_the_theme_button_goes_round(client: FlaskClient) -> None:
    assert 'name="theme" value="light"' in client.get("/").text
    client.post("/preferences", data={"theme": "light", "next": "/"})
    assert 'name="theme" value="dark"' in client.get("/").text
    client.post("/preferences", data={"theme": "purple", "next": "/"})
    assert 'data-theme="light"' in client.get("/").text


def test_the_first_page_is_light(client: FlaskClient) -> None:
    page = client.get("/", headers=GERMAN)
    assets = set(re.findall(r'(?:src|href)="(/static/[^"]+\.(?:css|js)[^"]*)"', page.text))
    size = len(page.data)
    for address in assets:
        with client.get(address) as asset:
            size += len(asset.data)

    assert any(".css" in address for address in assets)
    assert size < 100_000


def test_no_page_holds_inline_styles_or_scripts(client: FlaskClient) -> None:
    for address in ("/", "/?q=error+809", "/articles", "/articles/KB-3", "/nothing"):
        page = client.get(address).text
        assert " style=" not in page
        assert "<script>" not in page
        assert "onclick" not in page


@pytest.mark.parametrize(
    ("language", "said"),
    [("de", "Es gibt kein Ticket T-4711."), ("en", "There is no ticket T-4711.")],
)
def test_what_the_core_refuses_is_said_in_the_readers_language(
    client: FlaskClient, language: str, said: str
) -> None:
    page = client.get("/tickets/4711", headers={"Accept-Language": language})
    answer = client.get("/api/v1/tickets/4711", headers={"Accept-Language": language})

    assert page.status_code == 404
    assert said in page.text
    assert answer.get_json()["detail"] == "There is no ticket T-4711."
