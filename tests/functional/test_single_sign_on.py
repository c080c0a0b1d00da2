"""Single sign-on against a provider on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from kb_assist.auth import store
from kb_assist.auth.model import Role, User
from kb_assist.bootstrap import Services
from kb_assist.settings import Settings
from tests.functional.provider import CLIENT, SECRET, Provider, running_provider

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        running.claims = {"sub": "42", "preferred_username": "lena", "name": "Lena Beispiel"}
        running.claims |= {"email": "lena@example.com", "groups": ["desk", "everybody"]}
        yield running


@pytest.fixture
def visitor(app: Any, services: Services, settings: Settings, provider: Provider) -> FlaskClient:
    changed = Settings(
        **settings.model_dump()
        | {
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_name": "Nordwind-Konto",
            "oidc_role_claim": "groups",
            "oidc_roles": {"desk": "l1_agent", "second": "l2_agent", "it-admins": "admin"},
        }
    )
    object.__setattr__(services, "settings", changed)
    return app.test_client()  # type: ignore[no-any-return]


def to_provider(visitor: FlaskClient, target: str = "/") -> str:
    """The address at the provider that a visitor is sent to."""
    return visitor.get("/sign-in/sso", query_string={"next": target}).headers["Location"]


def way_back(address: str) -> str:
    """The provider lets the person in and sends the browser back; returns path and query."""
    sent = requests.get(address, allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(sent)
    return f"{parts.path}?{parts.query}"


def round_trip(visitor: FlaskClient, target: str = "/") -> Any:
    return visitor.get(way_back(to_provider(visitor, target)), headers=ENGLISH)


def person(services: Services) -> User | None:
    with services.database.read() as connection:
        return store.user_by_login(connection, "lena")


def test_the_sign_in_page_offers_it(visitor: FlaskClient) -> None:
    assert "Nordwind-Konto" in visitor.get("/sign-in?next=/articles").text


def test_whoever_the_provider_knows_is_signed_in(visitor: FlaskClient, services: Services) -> None:
    response = round_trip(visitor, "/account")
    found = person(services)

    assert (response.status_code, response.headers["Location"]) == (303, "/account")
    assert "Lena Beispiel" in visitor.get("/account").text
    assert found is not None
    assert (found.role, found.email) == (Role.L1_AGENT, "lena@example.com")


def test_the_request_carries_state_nonce_and_pkce(visitor: FlaskClient) -> None:
    asked = parse_qs(urlsplit(to_provider(visitor)).query)

    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]


def test_the_highest_mapped_role_wins_and_changes_with_the_provider(
    visitor: FlaskClient, services: Services, provider: Provider
) -> None:
    provider.claims["groups"] = ["second", "it-admins", "desk"]
    round_trip(visitor)
    as_admin = person(services)
    provider.claims["groups"] = "second"
    round_trip(visitor)
    as_agent = person(services)

    assert as_admin is not None
    assert as_agent is not None
    assert (as_admin.role, as_agent.role) == (Role.ADMIN, Role.L2_AGENT)
    assert as_admin.id == as_agent.id


def test_without_a_mapped_role_nobody_is_admitted(
    visitor: FlaskClient, services: Services, provider: Provider
) -> None:
    provider.claims["groups"] = ["everybody"]
    response = round_trip(visitor)

    assert response.status_code == 403
    assert "no role here" in response.text
    assert person(services) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "other"},
        {"aud": "somebody-else"},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000},
        {"sub": ""},
    ],
)
def test_a_token_for_another_purpose_is_refused(
    visitor: FlaskClient, services: Services, provider: Provider, changes: dict[str, Any]
) -> None:
    provider.changes = changes
    response = round_trip(visitor)

    assert response.status_code == 401
    assert "Single sign-on did not work" in response.text
    assert person(services) is None


def test_a_wrong_signature_is_refused(
    visitor: FlaskClient, services: Services, provider: Provider
) -> None:
    provider.forged = True

    assert round_trip(visitor).status_code == 401
    assert person(services) is None


def test_an_answer_without_an_identity_token_is_refused(
    visitor: FlaskClient, services: Services, provider: Provider
) -> None:
    provider.silent = True

    assert round_trip(visitor).status_code == 401
    assert person(services) is None


def test_an_answer_to_another_browser_is_refused(
    visitor: FlaskClient, app: Any, services: Services
) -> None:
    address = way_back(to_provider(visitor))

    assert app.test_client().get(address).status_code == 401
    assert person(services) is None


def test_an_answer_with_another_state_or_used_twice_is_refused(visitor: FlaskClient) -> None:
    address = way_back(to_provider(visitor))
    changed = visitor.get(address.replace("state=", "state=x"))
    first = visitor.get(address)
    again = visitor.get(address)

    assert (changed.status_code, first.status_code, again.status_code) == (401, 303, 401)


def test_a_code_stolen_from_another_browser_fails_at_the_verifier(
    visitor: FlaskClient, app: Any, provider: Provider
) -> None:
    stolen = parse_qs(urlsplit(way_back(to_provider(visitor))).query)["code"][0]
    thief = app.test_client()
    mine = parse_qs(urlsplit(to_provider(thief)).query)["state"][0]
    response = thief.get(f"/sign-in/sso/callback?code={stolen}&state={mine}")

    assert response.status_code == 401
    assert provider.refused == ["wrong verifier"]


def test_it_never_leads_to_another_site(visitor: FlaskClient) -> None:
    assert round_trip(visitor, "https://evil.example").headers["Location"] == "/"


def test_a_provider_that_does_not_answer_is_told_on_the_page(
    visitor: FlaskClient, services: Services
) -> None:
    away = services.settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:1"})
    object.__setattr__(services, "settings", away)
    response = visitor.get("/sign-in/sso", headers=ENGLISH)

    assert response.status_code == 401
    assert "Single sign-on did not work" in response.text


def test_without_a_provider_there_is_no_such_page(anonymous: FlaskClient) -> None:
    assert anonymous.get("/sign-in/sso").status_code == 404
    assert "sso" not in anonymous.get("/sign-in").text


def test_the_public_address_is_what_the_provider_sends_people_back_to(
    visitor: FlaskClient, services: Services
) -> None:
    changed = services.settings.model_copy(update={"public_url": "https://kb.nordwind.example/"})
    object.__setattr__(services, "settings", changed)
    asked = parse_qs(urlsplit(to_provider(visitor)).query)

    assert asked["redirect_uri"] == ["https://kb.nordwind.example/sign-in/sso/callback"]
