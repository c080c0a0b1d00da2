"""Guides over HTTP as other programs use them."""

from __future__ import annotations

import shutil
import threading
from typing import Any

import pytest
from flask.testing import FlaskClient

from kb_assist.auth import tokens
from kb_assist.auth.model import Role, Scope
from kb_assist.auth.tokens import TokenRequest
from kb_assist.bootstrap import Services
from kb_assist.guides.database_store import DatabaseStore
from kb_assist.settings import Settings
from tests.functional.conftest import sign_in_client
from tests.functional.test_guide_pages import TO_RESOLVED
from tests.guides.conftest import SAMPLE

SESSIONS = "/api/v1/guide-sessions"


@pytest.fixture(autouse=True)
def guides(settings: Settings) -> None:
    shutil.copytree(SAMPLE, settings.articles / "guides")


@pytest.fixture
def ticket_id(client: FlaskClient) -> int:
    body = {"subject": "VPN hangs", "body": "the vpn tunnel hangs", "requester_name": "Jana"}
    return int(client.post("/api/v1/tickets", json=body).get_json()["id"])


def begin(client: FlaskClient, **more: Any) -> dict[str, Any]:
    made = client.post(SESSIONS, json={"guide": "vpn_connect"} | more)
    assert made.status_code == 201
    shown: dict[str, Any] = made.get_json()
    return shown


def answer(client: FlaskClient, now: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    body = {"key": key, "value": value, "seen": now["seq"]}
    answered = client.post(f"{SESSIONS}/{now['id']}/answers", json=body)
    assert answered.status_code == 200, answered.text
    shown: dict[str, Any] = answered.get_json()
    return shown


def test_guides_are_listed_and_shown(client: FlaskClient, ticket_id: int) -> None:
    listed = client.get("/api/v1/guides?lang=de").get_json()["guides"]
    fitting = client.get(f"/api/v1/guides?ticket_id={ticket_id}").get_json()["guides"]
    one = client.get("/api/v1/guides/vpn_connect").get_json()

    assert {"VPN verbindet nicht"} < {guide["title"] for guide in listed}
    assert [guide["id"] for guide in fitting] == ["vpn_connect"]
    assert "vpn" in fitting[0]["why"]["words"]
    assert one["steps"][0]["id"] == "device"
    assert client.get("/api/v1/guides/nothing").status_code == 404


def test_a_session_goes_from_start_to_transcript(client: FlaskClient, ticket_id: int) -> None:
    now = begin(client, ticket_id=ticket_id, lang="de")
    for key, value in TO_RESOLVED:
        assert now["step"]["key"] == key
        now = answer(client, now, key, value)
    assert now["step"] is None
    assert now["outcome"]["type"] == "resolved"
    ended = client.post(f"{SESSIONS}/{now['id']}/end", json={"seen": now["seq"]}).get_json()
    told = client.get(f"{SESSIONS}/{now['id']}/transcript").get_json()
    text = client.get(f"{SESSIONS}/{now['id']}/transcript", headers={"Accept": "text/markdown"})
    notes = client.get(f"/api/v1/tickets/{ticket_id}/comments").get_json()["comments"]

    assert ended["ended"] is True
    assert [row["key"] for row in told["rows"]] == [key for key, _ in TO_RESOLVED]
    assert "| Frage |" in text.text
    assert [note["kind"] for note in notes] == ["internal"]
    again = client.post(f"{SESSIONS}/{now['id']}/end", json={"seen": ended["seq"]})
    assert (again.status_code, again.get_json()["code"]) == (409, "guide_ended")
    reopened = client.post(f"{SESSIONS}/{now['id']}/reopen", json={"seen": ended["seq"]})
    assert reopened.get_json()["ended"] is False


def test_a_stale_answer_is_refused_and_nothing_is_lost(client: FlaskClient) -> None:
    now = begin(client)
    later = answer(client, now, "device", "NB-1")
    body = {"key": "device", "value": "NB-2", "seen": now["seq"]}
    refused = client.post(f"{SESSIONS}/{now['id']}/answers", json=body)

    assert refused.status_code == 409
    assert refused.get_json()["code"] == "guide_stale"
    assert client.get(f"{SESSIONS}/{now['id']}").get_json() == later


def test_what_does_not_fit_and_what_is_not_there_is_refused(client: FlaskClient) -> None:
    now = answer(client, begin(client), "device", "NB-1")
    where = f"{SESSIONS}/{now['id']}/answers"
    seen = now["seq"]

    def status(key: str, value: Any) -> int:
        body = {"key": key, "value": value, "seen": seen}
        return client.post(where, json=body).status_code

    assert status("internet", "perhaps") == 422
    assert status("retry", "yes") == 409
    assert status("nothing", "yes") == 404
    assert client.post(f"{SESSIONS}/nothing/end", json={"seen": 1}).status_code == 404


def test_a_change_doubts_and_a_confirmation_restores(client: FlaskClient) -> None:
    now = begin(client)
    for key, value in TO_RESOLVED[:4]:
        now = answer(client, now, key, value)
    now = answer(client, now, "error_shown", "cert")
    doubted = [row["key"] for row in now["doubted"]]
    revisit = {"key": "internet", "seen": now["seq"]}
    seen_again = client.post(f"{SESSIONS}/{now['id']}/revisits", json=revisit).get_json()
    confirm = {"key": "password_changed", "seen": seen_again["seq"]}
    refused = client.post(f"{SESSIONS}/{now['id']}/confirmations", json=confirm)

    assert doubted == ["password_changed"]
    assert seen_again["path"] == now["path"]
    assert refused.status_code == 409  # not on the path: it cannot be confirmed now


def test_notes_and_owners_are_kept(client: FlaskClient) -> None:
    now = begin(client)
    note = {"text": "calls back at two", "seen": now["seq"]}
    noted = client.post(f"{SESSIONS}/{now['id']}/notes", json=note).get_json()
    to = {"to": "Lena Beispiel", "seen": noted["seq"]}
    handed = client.post(f"{SESSIONS}/{now['id']}/owner", json=to)
    told = client.get(f"{SESSIONS}/{now['id']}/transcript").get_json()
    unknown = {"to": "Nobody", "seen": handed.get_json()["seq"]}

    assert told["notes"][0][1] == "calls back at two"
    assert handed.get_json()["owner"] == "Lena Beispiel"
    assert client.post(f"{SESSIONS}/{now['id']}/owner", json=unknown).status_code == 422


def test_a_token_for_guides_alone_cannot_touch_tickets(
    client: FlaskClient, app: Any, services: Services, ticket_id: int
) -> None:
    user = sign_in_client(client, services, Role.L2_AGENT)
    with services.database.write() as connection:
        wanted = TokenRequest("guides", frozenset({Scope.GUIDES}), 5)
        made = tokens.create(connection, user, wanted, at=services.clock.now())
    assert made is not None
    at_ticket = begin(client, ticket_id=ticket_id)
    other = app.test_client()
    headers = {"Authorization": f"Bearer {made.secret}"}
    body = {"guide": "vpn_connect", "ticket_id": ticket_id}

    assert other.get(f"{SESSIONS}/{at_ticket['id']}", headers=headers).status_code == 403
    assert other.post(SESSIONS, json=body, headers=headers).status_code == 403
    assert other.post(SESSIONS, json={"guide": "vpn_connect"}, headers=headers).status_code == 201


def test_a_hundred_sessions_at_once_keep_every_answer(
    client: FlaskClient, app: Any, services: Services
) -> None:
    cookie = client.get_cookie("kb_assist")
    assert cookie is not None
    ids = [begin(client)["id"] for _ in range(100)]
    statuses: list[int] = []

    def work(part: list[str]) -> None:
        own = app.test_client()
        own.set_cookie("kb_assist", cookie.value)
        for session in part:
            now = own.get(f"{SESSIONS}/{session}").get_json()
            for key, value in TO_RESOLVED[:3]:
                body = {"key": key, "value": value, "seen": now["seq"]}
                answered = own.post(f"{SESSIONS}/{session}/answers", json=body)
                statuses.append(answered.status_code)
                now = answered.get_json()

    threads = [threading.Thread(target=work, args=(ids[n::10],)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 300
    with services.database.read() as connection:
        for session in ids:
            events = DatabaseStore(connection).events(session)
            answered = [e.payload["key"] for e in events if e.type == "answered"]
            assert answered == [key for key, _ in TO_RESOLVED[:3]]
            assert [e.seq for e in events] == list(range(1, len(events) + 1))
