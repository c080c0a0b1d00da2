"""Signed messages of other systems, and Zammad there and back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from kb_assist.auth.model import SupportLevel
from kb_assist.auth.store import ensure_group
from kb_assist.bootstrap import Services
from kb_assist.cli.webhooks import sender
from kb_assist.integrations.transport import post
from kb_assist.storage.tables.tickets import tickets
from kb_assist.tickets import comments_store, store
from kb_assist.tickets.handover.escalate import hand_over
from kb_assist.tickets.handover.model import Request
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.model import SYSTEM, Channel, CommentKind, ResolutionCode
from kb_assist.tickets.outbox import store as outbox_store
from kb_assist.tickets.outbox.deliver import Round, deliver
from kb_assist.tickets.outbox.signature import sign
from kb_assist.tickets.work import move
from tests.integrations.conftest import INBOUND_SECRET
from tests.integrations.fake_zammad import FakeZammad, signed, webhook

MESSAGE = {
    "ticket": {"subject": "VPN", "body": "error 809", "source": "shop", "external_id": "1"},
    "comment": {"kind": "requester", "body": "Still broken", "external_id": "c1"},
}


def _send(
    client: FlaskClient,
    at: datetime,
    *,
    message: Any = MESSAGE,
    secret: str = INBOUND_SECRET,
    key: str = "k1",
) -> Any:
    body = json.dumps(message).encode()
    headers = {"X-KB-Assist-Signature": sign(secret, body, at), "Idempotency-Key": key}
    return client.post("/api/v1/inbound", data=body, headers=headers)


def _count(services: Services) -> int:
    with services.database.read() as connection:
        return connection.execute(select(func.count()).select_from(tickets)).scalar_one()


def test_a_signed_message_is_carried_out_once(outside: FlaskClient, connected: Services) -> None:
    now = connected.clock.now()
    first, again = _send(outside, now), _send(outside, now)
    other_key = _send(outside, now + timedelta(seconds=1), key="k2")
    with connected.database.read() as connection:
        comments = comments_store.of_ticket(connection, first.get_json()["ticket_id"])

    assert first.get_json() == again.get_json() == {"ticket_id": 1, "result": "created"}
    assert other_key.get_json()["result"] == "known"
    assert [c.body for c in comments] == ["Still broken"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"secret": "guessed"}, "signature_refused"),
        ({"key": ""}, "input_invalid"),
        ({"message": {"ticket": {"subject": "x"}}}, "input_invalid"),
        ({"message": {"ticket": 7}}, "input_invalid"),
    ],
)
def test_what_is_not_genuine_or_complete_is_refused(
    outside: FlaskClient, connected: Services, change: dict[str, Any], code: str
) -> None:
    response = _send(outside, connected.clock.now(), **change)

    assert response.get_json()["code"] == code
    assert _count(connected) == 0


def test_an_old_signature_is_a_replay(outside: FlaskClient, connected: Services) -> None:
    old = connected.clock.now() - timedelta(minutes=6)

    assert _send(outside, old).status_code == 401


def test_an_overheard_message_counts_once_whatever_key_comes_with_it(
    outside: FlaskClient, connected: Services
) -> None:
    message = MESSAGE | {"comment": {"kind": "requester", "body": "Still broken"}}
    answers = [
        _send(outside, connected.clock.now(), message=message, key=key) for key in ("k1", "k2")
    ]
    ticket_id = answers[0].get_json()["ticket_id"]
    with connected.database.read() as connection:
        comments = comments_store.of_ticket(connection, ticket_id)

    assert answers[0].get_json() == answers[1].get_json()
    assert len(comments) == 1


def test_without_a_key_there_is_no_way_in(outside: FlaskClient, connected: Services) -> None:
    closed = connected.settings.model_copy(update={"inbound_secret": None, "zammad_secret": None})
    object.__setattr__(connected, "settings", closed)

    assert _send(outside, connected.clock.now()).status_code == 404
    assert outside.post("/api/v1/inbound/zammad", **signed(webhook(1), "d1")).status_code == 404


def _zammad(outside: FlaskClient, payload: Any, delivery: str, **how: Any) -> Any:
    return outside.post("/api/v1/inbound/zammad", **signed(payload, delivery, **how))


def _deliver(services: Services) -> Round:
    return deliver(services.database, sender(services), services.clock.now())


def test_a_zammad_ticket_arrives_and_gets_a_note_with_suggestions(
    outside: FlaskClient, connected: Services, zammad: FakeZammad
) -> None:
    answer = _zammad(outside, webhook(7), "d1").get_json()
    with connected.database.read() as connection:
        ticket = store.get(connection, answer["ticket_id"])
    done = _deliver(connected)
    (note,) = zammad.notes

    assert (ticket.subject, ticket.body) == ("VPN error 809", "Das VPN zeigt error 809.\nDanke")
    assert (ticket.channel, ticket.urgency, ticket.external_id) == (Channel.MAIL, 1, "7")
    assert ticket.requester_email == "jana.beispiel@nordwind.example"
    assert done == Round(1, 0, 0)
    assert (note["ticket_id"], note["internal"], note["type"]) == (7, True, "note")
    assert "https://kb.example/articles/KB-3" in note["body"]
    assert f"https://kb.example/tickets/{ticket.id}" in note["body"]


def test_a_delivery_that_comes_twice_and_our_own_note_change_nothing(
    outside: FlaskClient, connected: Services, zammad: FakeZammad
) -> None:
    first = _zammad(outside, webhook(7), "d1").get_json()
    again = _zammad(outside, webhook(7), "d1").get_json()
    _deliver(connected)
    own = {"id": 900, "internal": True, "sender": "Agent", "body": zammad.notes[0]["body"]}
    echo = _zammad(outside, webhook(7, article=own), "d2").get_json()

    assert first == again == {"ticket_id": 1, "result": "created"}
    assert echo["result"] == "nothing_new"
    assert _count(connected) == 1


def test_an_answer_in_zammad_becomes_a_comment(outside: FlaskClient, connected: Services) -> None:
    _zammad(outside, webhook(7), "d1")
    article = {"id": 901, "body": "Seit heute.", "content_type": "text/plain"}
    for delivery in ("d2", "d3"):
        _zammad(outside, webhook(7, article=article), delivery)
    with connected.database.read() as connection:
        (comment,) = comments_store.of_ticket(connection, 1)

    assert (comment.kind, comment.body) == (CommentKind.REQUESTER, "Seit heute.")


@pytest.mark.parametrize(
    ("payload", "how", "status"),
    [
        (webhook(7), {"secret": "guessed"}, 401),
        ({}, {}, 422),
        ({"ticket": {"id": "7"}}, {}, 422),
        ([], {}, 422),
    ],
)
def test_a_foreign_payload_is_refused(
    outside: FlaskClient, connected: Services, payload: Any, how: dict[str, str], status: int
) -> None:
    assert _zammad(outside, payload, "d1", **how).status_code == status
    assert _count(connected) == 0


def test_hand_over_and_resolution_are_told_to_zammad(
    outside: FlaskClient, connected: Services, zammad: FakeZammad
) -> None:
    _zammad(outside, webhook(7), "d1")
    with connected.desk(SYSTEM) as desk:
        group = ensure_group(desk.connection, "Netzwerk L3", SupportLevel.L3).id
        hand_over(desk, 1, Request(group, override_reason="eilig"))
    with connected.desk(SYSTEM) as desk:
        text = "Port <4500> freigegeben."
        command = Command(Verb.RESOLVE, resolution_code=ResolutionCode.FIXED, resolution_text=text)
        move(desk, 1, command)
    _deliver(connected)
    bodies = [note["body"] for note in zammad.notes]

    assert any("https://kb.example/tickets/1/hand-over/1" in body for body in bodies)
    assert any("Port &lt;4500&gt; freigegeben." in body for body in bodies)


def test_zammad_that_is_down_is_tried_again_and_a_wrong_token_is_not(
    outside: FlaskClient, connected: Services, zammad: FakeZammad
) -> None:
    _zammad(outside, webhook(7), "d1")
    zammad.status = 503
    down = _deliver(connected)
    zammad.status = 403
    with connected.database.write() as connection:
        later = connected.clock.now() + timedelta(hours=1)
        (message,) = outbox_store.claim(connection, later, later, 9)
    refused = sender(connected)(message)

    assert down == Round(0, 1, 0)
    assert refused.permanent
    assert "403" in refused.error


def test_a_redirect_is_not_followed(zammad: FakeZammad) -> None:
    zammad.status = 302
    headers = {"Authorization": "Token token=zammad-token"}
    outcome = post(f"{zammad.url}/api/v1/ticket_articles", b'{"ticket_id": 1}', headers)

    assert not outcome.delivered
    assert outcome.permanent


def test_nobody_there_is_a_passing_failure() -> None:
    outcome = post("http://127.0.0.1:9/", b"{}", {})

    assert not outcome.delivered
    assert not outcome.permanent
    assert post("file:///etc/passwd", b"", {}).permanent
