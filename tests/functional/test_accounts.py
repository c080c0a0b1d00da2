"""The administrator's pages for everybody's accounts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from kb_assist.auth import store
from kb_assist.auth.demo import create_demo_accounts
from kb_assist.auth.model import Role, User
from kb_assist.bootstrap import Services
from tests.functional.conftest import SignInAs

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def admin(sign_in_as: SignInAs, services: Services) -> FlaskClient:
    with services.database.write() as connection:
        create_demo_accounts(connection, services.passwords, at=services.clock.now())
    return sign_in_as(Role.ADMIN, "boss")


def found(services: Services, login: str) -> User:
    with services.database.read() as connection:
        user = store.user_by_login(connection, login)
    assert user is not None
    return user


def post(client: FlaskClient, path: str = "", **form: Any) -> Any:
    return client.post(f"/admin/accounts{path}", data=form, headers=ENGLISH)


def test_everybody_is_listed(admin: FlaskClient) -> None:
    page = admin.get("/admin/accounts", headers=ENGLISH).text

    assert "Ines Beispiel" in page
    assert "Netzwerk L3" in page
    assert "third level" in page


def test_a_created_account_can_sign_in_with_the_password_shown(
    admin: FlaskClient, services: Services, app: Any
) -> None:
    form = {"login": "Nina", "name": "Nina Muster", "role": "l2_agent", "group": ["1", "999"]}
    page = post(admin, **form).text
    password = re.findall(r"(?:\w{4}-){3}\w{4}", page)[0]
    visitor = app.test_client()
    answer = visitor.post("/sign-in", data={"login": "nina", "password": password})

    assert answer.status_code == 303
    assert found(services, "nina").role is Role.L2_AGENT
    assert len(found(services, "nina").groups) == 1


def test_a_refused_account_keeps_what_was_typed(admin: FlaskClient) -> None:
    response = post(admin, login="lena.l1", name="Nina <Muster>", role="admin")

    assert response.status_code == 422
    assert "This login is taken." in response.text
    assert "Nina &lt;Muster&gt;" in response.text


def test_name_and_address_are_mended(admin: FlaskClient, services: Services) -> None:
    path = f"/{found(services, 'ines.l3').id}"
    refused = post(admin, f"{path}/person", name=" ", email="ines at home")
    assert refused.status_code == 422
    assert "The name is missing." in refused.text
    assert "This is no e-mail address." in refused.text
    assert 'value="ines at home"' in refused.text, "what was typed is kept"

    post(admin, f"{path}/person", name="Ines Muster", email="ines@nordwind.example")
    changed = found(services, "ines.l3")
    assert (changed.display_name, changed.email) == ("Ines Muster", "ines@nordwind.example")


def test_an_account_is_not_made_with_an_address_that_is_none(admin: FlaskClient) -> None:
    refused = post(admin, login="nina", name="Nina", email="nina")
    assert refused.status_code == 422
    assert "This is no e-mail address." in refused.text


def test_role_and_groups_change(admin: FlaskClient, services: Services) -> None:
    user = found(services, "lena.l1")
    response = post(admin, f"/{user.id}", role="content_owner")
    changed = found(services, "lena.l1")

    assert response.status_code == 303
    assert (changed.role, changed.groups) == (Role.CONTENT_OWNER, ())


def test_a_new_password_ends_the_persons_sessions(
    admin: FlaskClient, services: Services, sign_in_as: SignInAs
) -> None:
    person = sign_in_as(Role.L1_AGENT, "lena.l1")
    page = post(admin, f"/{found(services, 'lena.l1').id}/password").text

    assert re.search(r"(?:\w{4}-){3}\w{4}", page)
    assert person.get("/account").status_code == 303


def test_an_account_is_disabled_and_enabled(admin: FlaskClient, services: Services) -> None:
    user = found(services, "lena.l1")
    post(admin, f"/{user.id}/state", active="0")
    off = found(services, "lena.l1").active
    post(admin, f"/{user.id}/state", active="1")

    assert (off, found(services, "lena.l1").active) == (False, True)


def test_the_last_administrator_is_kept(admin: FlaskClient, services: Services) -> None:
    post(admin, f"/{found(services, 'admin').id}/state", active="0")
    me = found(services, "boss")
    disabling = post(admin, f"/{me.id}/state", active="0")
    demoting = post(admin, f"/{me.id}", role="l1_agent")

    assert (disabling.status_code, demoting.status_code) == (422, 422)
    assert "last active administrator" in demoting.text
    assert found(services, "boss") == me


def test_the_log_names_who_did_it(admin: FlaskClient, services: Services) -> None:
    user = found(services, "lena.l1")
    post(admin, f"/{user.id}", role="l2_agent")
    with services.database.read() as connection:
        event = store.events_of(connection, user.id)[0]

    assert event.actor_id == found(services, "boss").id
    assert "account changed" in admin.get(f"/admin/accounts/{user.id}", headers=ENGLISH).text


def test_an_unknown_account_is_not_found(admin: FlaskClient) -> None:
    assert admin.get("/admin/accounts/999999").status_code == 404


def test_only_administrators_see_the_way_there(admin: FlaskClient, sign_in_as: SignInAs) -> None:
    assert "/admin/accounts" in admin.get("/account").text
    assert "/admin/accounts" not in sign_in_as(Role.L3_AGENT).get("/account").text
