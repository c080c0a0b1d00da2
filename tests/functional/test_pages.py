"""The pages, as a browser without JavaScript sees them."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from kb_assist.bootstrap import Services
from kb_assist.settings import Settings
from tests.factories import write_article

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
    client: FlaskClient, app: Any, settings: Settings
) -> None:
    services: Services = app.extensions["kb_assist"]
    object.__setattr__(services, "settings", settings.model_copy(update={"audience": "l1"}))

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


def test_an_empty_remark_is_refused(client: FlaskClient) -> None:
    assert client.post("/articles/KB-3/reports", data={"remark": " "}).status_code == 422


def test_forms_need_their_token(client: FlaskClient, app: Any) -> None:
    app.config["WTF_CSRF_ENABLED"] = True

    assert client.post("/suggest", data={"q": "x"}).status_code == 400
    assert client.post("/api/v1/search", json={"query": "x"}).status_code == 200


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


def test_without_an_index_the_search_page_says_what_to_do(app: Any) -> None:
    page = app.test_client().get("/?q=x", headers=ENGLISH).text

    assert "kb-assist index" in page
