"""While the database is away every request is told when to try again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from kb_assist.bootstrap import Services
from kb_assist.edge import current
from kb_assist.edge.metrics import Metrics
from kb_assist.storage.db import Database


@pytest.fixture
def away(app: Any, client: FlaskClient, services: Services) -> FlaskClient:
    """Somebody who was signed in when the database went away."""
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none")
    current.attach(app, replace(services, database=nowhere), Metrics())
    return client


@pytest.mark.parametrize("path", ["/", "/queue", "/tickets/1", "/articles", "/sign-in"])
def test_a_page_is_503_with_a_time_to_try_again(away: FlaskClient, path: str) -> None:
    answer = away.get(path)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "nobody" not in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/tickets"),
        ("POST", "/api/v1/tickets"),
        ("PATCH", "/api/v1/tickets/1"),
        ("POST", "/api/v1/search"),
    ],
)
def test_the_api_answers_with_a_problem(away: FlaskClient, method: str, path: str) -> None:
    by_token = {"Authorization": "Bearer kba_whoever"}
    answer = away.open(path, method=method, json={}, headers=by_token)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json()["code"] == "database_unavailable"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_what_machines_ask_goes_on(away: FlaskClient, path: str) -> None:
    assert away.get(path).status_code == 200
