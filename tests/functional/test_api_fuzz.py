"""Whatever is sent to the JSON interface, it never answers with a server error."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from kb_assist.auth import tokens
from kb_assist.auth.model import Role, Scope, SupportLevel
from kb_assist.auth.store import ensure_group
from kb_assist.auth.tokens import TokenRequest
from kb_assist.bootstrap import Services
from tests.functional.conftest import sign_in_client

_EXAMPLES = 8
_IDS = {"ticket_id", "record_id", "group_id", "assignee_id", "client_id", "ci_id"}


@pytest.fixture
def headers(anonymous: FlaskClient, services: Services) -> dict[str, str]:
    """An administrator's token; there are tickets to find."""
    user = sign_in_client(anonymous, services, Role.ADMIN)
    with services.database.write() as connection:
        wanted = TokenRequest("fuzz", frozenset(Scope), 5)
        made = tokens.create(connection, user, wanted, at=services.clock.now())
        for name, level in (("Second Level", SupportLevel.L2), ("Netzwerk L3", SupportLevel.L3)):
            ensure_group(connection, name, level)
    assert made is not None
    for kind in ("clients", "cis"):
        body = {"csv": "key,name\nA,Eins\nB,Zwei\nC,Drei\n", "dry_run": False}
        assert anonymous.post(f"/api/v1/{kind}/import", json=body).status_code == 200
    for number in range(3):
        body = {"subject": f"Ticket {number}", "body": "VPN error 809"}
        assert anonymous.post("/api/v1/tickets", json=body).status_code == 201
    return {"Authorization": f"Bearer {made.secret}"}


def _aim(case: Any, turn: int) -> None:
    """Numbers at random find nothing; every other request is about something that exists."""
    if turn % 2:
        return
    for name in case.path_parameters or {}:
        if name in _IDS:
            case.path_parameters[name] = 1 + turn % 3
    if isinstance(case.body, dict):
        case.body = _aimed(case.body, turn)
    for name in _IDS & set(case.query or {}):
        case.query[name] = 1


def _aimed(body: dict[str, Any], turn: int) -> dict[str, Any]:
    return {
        name: 1 + turn % 2
        if name in _IDS and isinstance(value, int)
        else _aimed(value, turn)
        if isinstance(value, dict)
        else value
        for name, value in body.items()
    }


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
            _aim(case, asked)
            response = case.call(headers=headers)
            assert response.status_code < 500, f"{case.method} {case.formatted_path}"

        # Nothing can be wrong about a request that takes nothing.
        with suppress(Unsatisfiable):
            ask()

    assert asked > 20 * _EXAMPLES
