"""Every route against every role: the table of permissions is what the server does."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule

from kb_assist.auth.model import Role
from kb_assist.auth.roles import GUEST, PERMISSIONS
from kb_assist.bootstrap import Services
from kb_assist.edge.guards import PUBLIC, declared
from tests.functional.conftest import SignInAs

_REFUSED = {401, 403}


def guarded(app: Any) -> list[tuple[Rule, str]]:
    """Every route that is not public, with each of its methods."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
        if rule.endpoint not in PUBLIC
    ]


def ask(client: FlaskClient, app: Any, rule: Rule, method: str, *, number: int = 999_999) -> Any:
    """Something for every converter; what is asked for need not exist."""
    values = {
        name: number if isinstance(converter, IntegerConverter) else "KB-3"
        for name, converter in rule._converters.items()
    }
    with app.test_request_context():
        address = app.url_for(rule.endpoint, **values)
    body = {"json": {}} if address.startswith("/api/") else {"data": {}}
    return client.open(address, method=method, **(body if method != "GET" else {}))


def test_every_route_declares_what_it_needs(app: Any) -> None:
    silent = {rule.endpoint for rule, _ in guarded(app) if not declared(app, rule.endpoint)}

    assert silent == set()


def test_every_public_route_exists(app: Any) -> None:
    assert set(app.view_functions) >= PUBLIC


def test_a_route_that_declares_nothing_is_closed(
    app: Any, sign_in_as: SignInAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.view_functions, "articles.browse", lambda: "open")

    assert sign_in_as(Role.ADMIN).get("/articles").status_code == 403


@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_exactly_what_the_table_allows(
    app: Any, client: FlaskClient, sign_in_as: SignInAs, role: Role
) -> None:
    person = sign_in_as(role)
    for rule, method in guarded(app):
        allowed = PERMISSIONS[role] >= (declared(app, rule.endpoint) or set())
        status = ask(person, app, rule, method).status_code
        assert (status not in _REFUSED) is allowed, f"{method} {rule}: {status}"
        assert status < 500, f"{method} {rule}: {status}"


@pytest.mark.parametrize("number", [2**63 - 1, 2**63])
def test_a_number_that_no_row_can_have_is_not_found(
    app: Any, client: FlaskClient, sign_in_as: SignInAs, number: int
) -> None:
    """The largest that a row can have is looked up, and may be refused for what was sent."""
    person = sign_in_as(Role.ADMIN)
    numbered = [(rule, method) for rule, method in guarded(app) if "<int:" in rule.rule]
    assert len(numbered) > 50
    for rule, method in numbered:
        status = ask(person, app, rule, method, number=number).status_code
        if number < 2**63:
            assert status < 500, f"{method} {rule}: {status}"
        else:
            assert status in (404, 405), f"{method} {rule}: {status}"
    assert person.get(f"/status/outages/{'9' * 5_000}").status_code == 404


def test_nobody_reaches_nothing(app: Any, anonymous: FlaskClient) -> None:
    for rule, method in guarded(app):
        response = ask(anonymous, app, rule, method)
        if rule.rule.startswith("/api/"):
            assert response.status_code == 401, rule
        else:
            assert response.status_code == 303, rule
            assert response.headers["Location"].startswith("/sign-in"), rule


def test_guests_reach_what_guests_may(app: Any, anonymous: FlaskClient, services: Services) -> None:
    changed = services.settings.model_copy(update={"sign_in": "off"})
    object.__setattr__(services, "settings", changed)
    for rule, method in guarded(app):
        allowed = (declared(app, rule.endpoint) or set()) <= GUEST
        status = ask(anonymous, app, rule, method).status_code
        assert (status not in _REFUSED) is allowed, f"{method} {rule}: {status}"


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
def test_machines_need_no_account(anonymous: FlaskClient, address: str) -> None:
    assert anonymous.get(address).status_code == 200
