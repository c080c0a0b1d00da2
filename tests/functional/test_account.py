"""The person's own page: password and tokens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from kb_assist.auth.model import Role
from tests.functional.conftest import PASSWORD, SignInAs

ENGLISH = {"Accept-Language": "en"}
NEW = "another long sentence"


def change(client: FlaskClient, old: str = PASSWORD, new: str = NEW, again: str = NEW) -> Any:
    form = {"old": old, "new": new, "again": again}
    return client.post("/account/password", data=form, headers=ENGLISH)


def make_token(client: FlaskClient, **form: Any) -> str:
    values = {"name": "import", "scope": ["search"], "days": "30"} | form
    page = client.post("/account/tokens", data=values, headers=ENGLISH).text
    found = re.search(r"kba_[\w-]{43}", page)
    return found.group() if found else ""


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_changed_password_signs_out_everywhere_but_here(
    sign_in_as: SignInAs,
) -> None:
    here, elsewhere = (sign_in_as(Role.L1_AGENT, "lena") for _ in range(2))
    response = change(here)

    assert response.status_code == 303
    assert "Your password is changed" in here.get("/account", headers=ENGLISH).text
    assert elsewhere.get("/account").status_code == 303


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"old": "wrong"}, "Your present password is not right."),
        ({"new": "short", "again": "short"}, "at least 10 characters"),
        ({"new": "password123!", "again": "password123!"}, "too easy to guess"),
        ({"again": "something else"}, "The two new passwords differ."),
    ],
)
def test_a_refused_password_says_why(
    sign_in_as: SignInAs, form: dict[str, str], message: str
) -> None:
    client = sign_in_as(Role.L1_AGENT)
    response = change(client, **form)

    assert response.status_code == 422
    assert message in response.text
    assert client.get("/account").status_code == 200


def test_a_token_is_shown_once_and_works_for_the_api(client: FlaskClient, app: Any) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    token = make_token(client)
    app.config["WTF_CSRF_ENABLED"] = True
    script = app.test_client()
    answer = script.post("/api/v1/search", json={"query": "error 809"}, headers=bearer(token))

    assert answer.status_code == 200
    lower = {"Authorization": f"bearer {token}"}
    assert script.get("/api/v1/articles", headers=lower).status_code == 200
    assert token not in client.get("/account").text
    assert token[:8] in client.get("/account").text
    assert "expires" in client.get("/account", headers=ENGLISH).text.lower()


def test_a_token_does_only_what_its_scope_says(client: FlaskClient, app: Any) -> None:
    token = make_token(client, scope=["tickets:read"])
    script = app.test_client()
    answer = script.post("/api/v1/search", json={"query": "x"}, headers=bearer(token))

    assert answer.status_code == 403
    assert answer.get_json()["code"] == "forbidden"
    assert script.get("/account", headers=bearer(token)).status_code == 403


def test_a_revoked_token_is_refused(client: FlaskClient, app: Any) -> None:
    token = make_token(client)
    number = re.findall(r"/account/tokens/(\d+)/revoke", client.get("/account").text)[0]
    revoked = client.post(f"/account/tokens/{number}/revoke")
    answer = app.test_client().get("/api/v1/articles", headers=bearer(token))

    assert revoked.status_code == 303
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.content_type == "application/problem+json"


def test_nobody_revokes_the_token_of_another(client: FlaskClient, sign_in_as: SignInAs) -> None:
    make_token(client)
    number = re.findall(r"/account/tokens/(\d+)/revoke", client.get("/account").text)[0]
    other = sign_in_as(Role.ADMIN)

    assert other.post(f"/account/tokens/{number}/revoke").status_code == 404


@pytest.mark.parametrize(
    "form", [{"name": " "}, {"scope": []}, {"days": "0"}, {"days": "x"}, {"scope": ["everything"]}]
)
def test_an_incomplete_token_is_refused(client: FlaskClient, form: dict[str, Any]) -> None:
    assert make_token(client, **form) == ""


def test_a_refused_token_keeps_what_was_chosen(client: FlaskClient) -> None:
    form = {"name": "", "scope": ["reports"], "days": "365"}
    page = client.post("/account/tokens", data=form, headers=ENGLISH).text
    assert re.search(r'value="reports" checked', page)
    assert not re.search(r'value="search" checked', page)
    assert re.search(r'value="365" selected', page)


def test_odd_characters_in_a_tokens_name_are_left_out(client: FlaskClient) -> None:
    assert make_token(client, name="a\0b") != ""
    assert "<strong>ab</strong>" in client.get("/account").text


def test_the_page_tells_what_happened_lately(client: FlaskClient) -> None:
    make_token(client)

    assert "token created" in client.get("/account", headers=ENGLISH).text


def test_who_signs_in_elsewhere_has_no_password_form(client: FlaskClient, services: Any) -> None:
    assert 'name="old"' in client.get("/account").text
    with services.database.write() as connection:
        connection.exec_driver_sql("UPDATE users SET password_hash = NULL")

    assert 'name="old"' not in client.get("/account").text


def test_owners_subscribe_to_the_weekly_mail_and_leave_it(sign_in_as: SignInAs) -> None:
    owner = sign_in_as(Role.CONTENT_OWNER)
    assert "Send it to me" in owner.get("/account").text
    assert "No mail server is set here" in owner.get("/account").text
    assert owner.post("/account/digest", data={"wanted": "1"}).status_code == 303
    assert "Stop it" in owner.get("/account").text
    owner.post("/account/digest")
    assert "Send it to me" in owner.get("/account").text


def test_first_level_has_no_weekly_mail(sign_in_as: SignInAs) -> None:
    agent = sign_in_as(Role.L1_AGENT)
    assert "Weekly mail" not in agent.get("/account").text
    assert agent.post("/account/digest", data={"wanted": "1"}).status_code == 403
