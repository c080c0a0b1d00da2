"""Whatever is sent to the JSON interface, it never answers with a server error."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from kb_assist.auth import tokens
from kb_assist.auth.model import Role, Scope
from kb_assist.auth.tokens import TokenRequest
from kb_assist.bootstrap import Services
from tests.functional.conftest import on_both_databases, sign_in_client

pytestmark = on_both_databases

_EXAMPLES = 15


@pytest.fixture
def headers(anonymous: FlaskClient, services: Services) -> dict[str, str]:
    """An administrator's token; there are tickets to find."""
    user = sign_in_client(anonymous, services, Role.ADMIN)
    with services.database.write() as connection:
        wanted = TokenRequest("fuzz", frozenset(Scope), 5)
        made = tokens.create(connection, user, wanted, at=services.clock.now())
    assert made is not None
    for number in range(3):
        body = {"subject": f"Ticket {number}", "body": "VPN error 809"}
        assert anonymous.post("/api/v1/tickets", json=body).status_code == 201
    return {"Authorization": f"Bearer {made.secret}"}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_operation_answers_with_a_server_error(
    app: Any, headers: dict[str, str], mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app, headers=headers)
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        strategy = operation.as_strategy(generation_mode=mode)

        @settings(
            max_examples=_EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            response = case.call(headers=headers)
            assert response.status_code < 500, f"{case.method} {case.formatted_path}"

        ask()

    assert asked > 20 * _EXAMPLES
