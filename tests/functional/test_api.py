"""The JSON interface."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from kb_assist.auth.model import Role
from tests.functional.conftest import SignInAs


def test_search_ranks_and_explains(client: FlaskClient) -> None:
    answer = client.post("/api/v1/search", json={"query": "error 809"}).get_json()

    assert answer["suggestions"][0]["article"]["id"] == "KB-3"
    assert answer["suggestions"][0]["why"]["identifiers"] == ["809"]
    assert answer["mode"] == "hybrid"


def test_suggest_cleans_the_ticket(client: FlaskClient) -> None:
    text = "Hallo,\n\nDruckauftrag hängt in der Warteschlange.\n\nGruß\nJana Beispiel"
    answer = client.post("/api/v1/suggest", json={"text": text}).get_json()

    assert answer["query"]["text"] == "Druckauftrag hängt in der Warteschlange."
    assert answer["suggestions"][0]["article"]["id"] == "KB-4"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/search", {}),
        ("/api/v1/search", {"query": ""}),
        ("/api/v1/search", {"query": "x" * 1_001}),
        ("/api/v1/search", {"query": 7}),
        ("/api/v1/search", {"query": "x", "limit": 0}),
        ("/api/v1/search", {"query": "x", "limit": 51}),
        ("/api/v1/search", {"query": "x", "colour": "blue"}),
        ("/api/v1/suggest", {"text": " "}),
        ("/api/v1/suggest", {"text": "x", "language": "fr"}),
        ("/api/v1/suggest", [1]),
    ],
)
def test_invalid_input_is_a_problem_document(client: FlaskClient, path: str, body: Any) -> None:
    response = client.post(path, json=body)

    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    assert response.get_json()["code"] == "input_invalid"


def test_malformed_json_is_a_problem_document(client: FlaskClient) -> None:
    response = client.post("/api/v1/search", data="{", content_type="application/json")

    assert response.status_code in {400, 422}
    assert response.content_type == "application/problem+json"


def test_a_ticket_of_five_million_characters_is_answered(client: FlaskClient) -> None:
    response = client.post("/api/v1/suggest", json={"text": "Fehler 809 im VPN. " * 260_000})

    assert response.status_code == 200
    assert "length" in response.get_json()["query"]["removed"]


def test_an_article_comes_with_its_translations(client: FlaskClient) -> None:
    article = client.get("/api/v1/articles/KB-1").get_json()

    assert article["translations"][0]["id"] == "KB-2"
    assert article["review_due"] == "2026-04-01"


def test_unknown_articles_and_paths_are_problem_documents(client: FlaskClient) -> None:
    for path in ("/api/v1/articles/KB-99", "/api/v1/nothing"):
        response = client.get(path)
        assert response.status_code == 404
        assert response.content_type == "application/problem+json"


def test_the_description_names_every_operation(client: FlaskClient) -> None:
    paths = client.get("/api/openapi.json").get_json()["paths"]

    assert {"/api/v1/search", "/api/v1/suggest", "/api/v1/articles"} <= set(paths)
    assert client.get("/api/docs").status_code == 200


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("", "InboundMessage"),
        ("/alerts", "GenericAlert"),
        ("/alerts/alertmanager", "AlertmanagerMessage"),
        ("/alerts/checkmk", "CheckmkMessage"),
    ],
)
def test_the_description_shows_the_body_of_a_signed_message(
    client: FlaskClient, path: str, form: str
) -> None:
    described = client.get("/api/openapi.json").get_json()
    schemas = described["components"]["schemas"]
    body = described["paths"][f"/api/v1/inbound{path}"]["post"]["requestBody"]

    assert body["content"]["application/json"]["schema"]["$ref"].endswith(f"/{form}")
    assert schemas[form]["type"] == "object"
    mentioned = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(described)))
    assert mentioned <= set(schemas)


def test_health_and_metrics(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json()["status"] == "ready"
    assert b"kb_assist_index_articles 7.0" in client.get("/metrics").data


def test_without_an_index_readiness_says_what_to_do(sign_in_as: SignInAs) -> None:
    client = sign_in_as(Role.L2_AGENT)
    ready = client.get("/readyz")
    answer = client.post("/api/v1/search", json={"query": "x"})

    assert ready.status_code == answer.status_code == 503
    assert "kb-assist index" in answer.get_json()["remedy"]
    assert answer.headers["Retry-After"]
