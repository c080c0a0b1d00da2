"""Signing in and out, sessions and forms, as a browser without JavaScript does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection

from kb_assist.app import create_app
from kb_assist.auth import accounts, store
from kb_assist.auth.model import Role, User
from kb_assist.bootstrap import Services
from kb_assist.errors import DatabaseUnavailableError
from kb_assist.settings import Settings
from tests.fakes import FrozenClock
from tests.functional.conftest import PASSWORD, SignInAs, sign_in_client

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def lena(services: Services, sign_in_as: SignInAs) -> User:
    sign_in_as(Role.L2_AGENT, "lena")
    with services.database.read() as connection:
        found = store.user_by_login(connection, "lena")
    assert found is not None
    return found


def submit(client: FlaskClient, password: str = PASSWORD, **form: str) -> Any:
    values = {"login": "lena", "password": password} | form
    return client.post("/sign-in", data=values, headers=ENGLISH)


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(
    anonymous: FlaskClient, lena: User
) -> None:
    asked = anonymous.get("/articles?language=de")
    page = anonymous.get(asked.headers["Location"])
    back = submit(anonymous, next="/articles?language=de")

    assert asked.headers["Location"] == "/sign-in?next=/articles?language%3Dde"
    assert 'value="/articles?language=de"' in page.text
    assert (back.status_code, back.headers["Location"]) == (303, "/articles?language=de")
    assert anonymous.get("/articles").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", ""]
)
def test_signing_in_never_leads_to_another_site(
    anonymous: FlaskClient, lena: User, target: str
) -> None:
    assert submit(anonymous, next=target).headers["Location"] == "/"


def test_a_wrong_password_says_so_and_keeps_the_login(anonymous: FlaskClient, lena: User) -> None:
    response = submit(anonymous, "wrong")

    assert response.status_code == 401
    assert "Login or password is wrong." in response.text
    assert 'value="lena"' in response.text


@pytest.mark.parametrize("login", ["\0", "a\0b", "\ud800", "x" * 5_000, "\u202e"])
def test_odd_characters_in_a_login_are_a_wrong_login(anonymous: FlaskClient, login: str) -> None:
    form = {"login": login.encode("utf-8", "surrogatepass"), "password": "\0" * 300}

    assert anonymous.post("/sign-in", data=form).status_code == 401


def test_too_many_attempts_say_how_long_to_wait(anonymous: FlaskClient, lena: User) -> None:
    for _ in range(5):
        response = submit(anonymous, "wrong")

    assert "Try again in 1 minute." in response.text
    assert "Too many attempts" in submit(anonymous).text


def test_a_disabled_account_is_told_so(
    anonymous: FlaskClient, lena: User, services: Services
) -> None:
    with services.database.write() as connection:
        accounts.disable(connection, lena, at=services.clock.now())

    assert "disabled" in submit(anonymous).text


def test_the_cookie_of_before_signing_in_is_worth_nothing(
    anonymous: FlaskClient, lena: User
) -> None:
    with anonymous.session_transaction() as session:
        session.update({"csrf_token": "planted", "_user_id": "planted", "language": "de"})
    submit(anonymous)
    with anonymous.session_transaction() as session:
        kept = dict(session)

    assert kept["language"] == "de"
    assert "planted" not in kept.values()


def test_two_sign_ins_are_two_sessions(anonymous: FlaskClient, lena: User) -> None:
    keys = set()
    for _ in range(2):
        submit(anonymous)
        with anonymous.session_transaction() as session:
            keys.add(session["_user_id"])

    assert len(keys) == 2


def test_signing_out_ends_the_session_even_for_a_stolen_cookie(
    anonymous: FlaskClient, lena: User, app: Any
) -> None:
    submit(anonymous)
    with anonymous.session_transaction() as session:
        stolen = session["_user_id"]
    thief = app.test_client()
    with thief.session_transaction() as session:
        session["_user_id"] = stolen
    before = is_in(thief)
    anonymous.post("/sign-out")

    assert (before, is_in(anonymous), is_in(thief)) == (True, False, False)


def test_sessions_end_when_idle(client: FlaskClient, clock: FrozenClock) -> None:
    clock.advance(timedelta(minutes=119))
    used = is_in(client)
    clock.advance(timedelta(minutes=119))
    kept_alive = is_in(client)
    clock.advance(timedelta(minutes=121))

    assert (used, kept_alive, is_in(client)) == (True, True, False)


def test_sessions_end_after_twelve_hours_of_use(client: FlaskClient, clock: FrozenClock) -> None:
    for _ in range(11):
        clock.advance(timedelta(hours=1))
        assert is_in(client)
    clock.advance(timedelta(hours=1))

    assert not is_in(client)


def test_a_page_is_served_while_its_use_cannot_be_noted(
    client: FlaskClient, services: Services, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def busy() -> Iterator[Connection]:
        raise DatabaseUnavailableError("Another writer holds it.")
        yield

    monkeypatch.setattr(services.database, "write", busy)
    clock.advance(timedelta(minutes=2))

    assert client.get("/articles").status_code == 200


def test_disabling_and_a_new_role_work_at_once(client: FlaskClient, services: Services) -> None:
    with services.database.write() as connection:
        user = store.user_by_login(connection, "some.l2_agent")
        assert user is not None
        accounts.set_role(connection, user, Role.L1_AGENT, at=services.clock.now())
    beyond = client.get("/articles/KB-5").status_code
    with services.database.write() as connection:
        accounts.disable(connection, user, at=services.clock.now())

    assert beyond == 404
    assert not is_in(client)


def test_the_cookie_is_hardened(services: Services, settings: Settings, lena: User) -> None:
    secure = create_app(settings.model_copy(update={"secure_cookies": True}), services)
    secure.config.update(WTF_CSRF_ENABLED=False)
    cookie = submit(secure.test_client()).headers["Set-Cookie"]

    assert cookie.startswith("__Host-kb_assist=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie


def test_the_sign_in_form_needs_its_token(app: Any, lena: User) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    without = submit(client)
    page = client.get("/sign-in").text
    token = page.split('name="csrf_token" value="')[-1].split('"')[0]

    assert without.status_code == 400
    assert submit(client, csrf_token=token).status_code == 303


def test_scripts_are_told_to_sign_in_instead_of_led_to_a_page(anonymous: FlaskClient) -> None:
    marked = anonymous.get("/search/results?q=vpn", headers={"X-Fragment": "1"})
    fetched = anonymous.get("/search/results?q=vpn", headers={"Sec-Fetch-Dest": "empty"})

    assert (marked.status_code, fetched.status_code) == (401, 401)


def test_whoever_is_signed_in_needs_no_form(client: FlaskClient) -> None:
    assert client.get("/sign-in?next=/articles").headers["Location"] == "/articles"


def test_without_any_account_the_page_says_how_to_make_one(anonymous: FlaskClient) -> None:
    assert "kb-assist users add" in anonymous.get("/sign-in").text


def test_the_frame_shows_the_person_and_before_signing_in_nothing(
    client: FlaskClient, anonymous: FlaskClient
) -> None:
    inside, outside = client.get("/", headers=ENGLISH).text, anonymous.get("/sign-in").text

    assert "Lena Beispiel" in inside
    assert "second level" in inside
    assert 'action="/sign-out"' in inside
    assert 'href="/articles"' not in outside
    assert 'action="/sign-out"' not in outside


def test_the_language_follows_the_person_to_another_browser(
    client: FlaskClient, services: Services, app: Any
) -> None:
    client.post("/preferences", data={"language": "de", "theme": "dark", "next": "/"})
    other = app.test_client()
    sign_in_client(other, services, Role.L2_AGENT)

    assert '<html lang="de" data-theme="dark">' in other.get("/account", headers=ENGLISH).text


@pytest.fixture
def open_house(settings: Settings, services: Services, anonymous: FlaskClient) -> FlaskClient:
    """A client while the sign-in is off."""
    changed = settings.model_copy(update={"sign_in": "off", "audience": "l1"})
    object.__setattr__(services, "settings", changed)
    return anonymous


def test_without_sign_in_everybody_searches_up_to_the_audience(open_house: FlaskClient) -> None:
    assert "VPN error 809" in open_house.get("/?q=error+809").text
    assert open_house.get("/articles/KB-3").status_code == 200
    assert open_house.get("/articles/KB-5").status_code == 404
    assert open_house.post("/api/v1/search", json={"query": "x"}).status_code == 200


def test_without_sign_in_nothing_else_is_allowed(open_house: FlaskClient, lena: User) -> None:
    assert open_house.get("/account").status_code == 403
    assert open_house.get("/sign-in").headers["Location"] == "/"
    assert submit(open_house).status_code == 302
    assert open_house.get("/account").status_code == 403


def test_without_sign_in_the_api_needs_no_form_token(open_house: FlaskClient, app: Any) -> None:
    app.config["WTF_CSRF_ENABLED"] = True

    assert open_house.post("/api/v1/search", json={"query": "x"}).status_code == 200
    assert open_house.post("/suggest", data={"q": "x"}).status_code == 400
