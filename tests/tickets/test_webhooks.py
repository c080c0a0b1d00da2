"""The outbox: written with the change, signed, retried, given up, tried again."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from kb_assist.errors import NotFoundError
from kb_assist.storage.db import Database
from kb_assist.tickets.intake import create
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.model import Draft
from kb_assist.tickets.outbox import store as outbox_store
from kb_assist.tickets.outbox.deliver import WAITS, Delivery, Round, deliver, webhook_sender
from kb_assist.tickets.outbox.signature import KEY_HEADER, SIGNATURE_HEADER, Fault, sign, verify
from kb_assist.tickets.outbox.store import Message, Webhook
from kb_assist.tickets.work import move
from tests.tickets.builders import MONDAY
from tests.tickets.conftest import House

SECRET = "not so secret"
HOOK = Webhook(0, "chat", "https://chat.example/hook", SECRET, ("created", "moved"))


@dataclass
class FakePost:
    """Remembers what was posted and answers as told."""

    answer: Delivery = field(default_factory=lambda: Delivery(delivered=True))
    posted: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Delivery:
        self.posted.append((url, body, headers))
        return self.answer


@pytest.fixture
def told(house: House) -> House:
    """A webhook, and a ticket that was created, assigned and started."""
    with house.desk() as desk:
        outbox_store.add_webhook(desk.connection, HOOK, desk.now)
        ticket = create(desk, Draft("VPN", "Jana kann nicht arbeiten")).ticket
        move(desk, ticket.id, Command(Verb.ASSIGN, assignee_id=1))
        move(desk, ticket.id, Command(Verb.START))
    return house


def _deliver(house: House, post: FakePost, *, after: timedelta = timedelta()) -> Round:
    house.now += after
    with house.database.read() as connection:
        known = {w.target: w for w in outbox_store.all_webhooks(connection)}
    return deliver(house.database, webhook_sender(known, post, lambda: house.now), house.now)


def test_only_the_wanted_events_are_sent_signed_and_without_texts(told: House) -> None:
    post = FakePost()
    done = _deliver(told, post)
    bodies = [json.loads(body) for _, body, _ in post.posted]
    _, body, headers = post.posted[0]

    assert done == Round(2, 0, 0)
    assert [body["event"] for body in bodies] == ["created", "moved"]
    assert bodies[1]["ticket"]["state"] == "in_progress"
    assert b"Jana" not in body
    assert verify(SECRET, body, headers[SIGNATURE_HEADER], MONDAY) is None
    assert headers[KEY_HEADER] != post.posted[1][2][KEY_HEADER]
    assert _deliver(told, post) == Round(0, 0, 0)


def test_a_change_that_is_rolled_back_tells_nobody(told: House) -> None:
    _deliver(told, FakePost())

    def fail_after_creating() -> None:
        with told.desk() as desk:
            create(desk, Draft("x", "y"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_creating()

    assert _deliver(told, FakePost()) == Round(0, 0, 0)


def test_a_failure_is_tried_again_later_and_given_up_in_the_end(told: House) -> None:
    down = FakePost(Delivery(delivered=False, error="HTTP 503"))
    first, at_once = _deliver(told, down), _deliver(told, down)
    later = [_deliver(told, down, after=wait) for wait in WAITS]
    with told.database.read() as connection:
        dead = outbox_store.dead(connection)

    assert (first, at_once) == (Round(0, 2, 0), Round(0, 0, 0))
    assert later[:-1] == [Round(0, 2, 0)] * (len(WAITS) - 1)
    assert later[-1] == Round(0, 0, 2)
    assert [message.last_error for message in dead] == ["HTTP 503"] * 2


def test_what_was_given_up_can_be_sent_again(told: House) -> None:
    _deliver(told, FakePost(Delivery(delivered=False, error="HTTP 404", permanent=True)))
    with told.database.write() as connection:
        newest, oldest = outbox_store.dead(connection)
        one = outbox_store.redeliver(connection, oldest.id, told.now)
    sent = _deliver(told, FakePost())
    with told.database.write() as connection:
        rest = outbox_store.redeliver(connection, None, told.now)

    assert (one, rest, sent) == (1, 1, Round(1, 0, 0))
    assert newest.id > oldest.id


def test_a_message_of_a_killed_sender_is_taken_over(told: House) -> None:
    with told.database.write() as connection:
        outbox_store.claim(connection, told.now, told.now - timedelta(minutes=10), 50)

    assert _deliver(told, FakePost()) == Round(0, 0, 0)
    assert _deliver(told, FakePost(), after=timedelta(minutes=11)) == Round(2, 0, 0)


def test_two_senders_never_take_the_same_message(told: House) -> None:
    with told.database.write() as connection:
        first = outbox_store.claim(connection, told.now, told.now - timedelta(minutes=10), 50)
        second = outbox_store.claim(connection, told.now, told.now - timedelta(minutes=10), 50)

    assert (len(first), second) == (2, ())


def test_a_removed_webhook_takes_its_messages_along(told: House) -> None:
    with told.database.write() as connection:
        outbox_store.remove_webhook(connection, "chat")

    assert _deliver(told, FakePost()) == Round(0, 0, 0)
    with pytest.raises(NotFoundError), told.database.write() as connection:
        outbox_store.remove_webhook(connection, "chat")


def test_a_secret_is_not_shown() -> None:
    assert SECRET not in repr(HOOK)


@pytest.mark.parametrize(
    ("header", "later", "fault"),
    [
        (sign(SECRET, b"x", MONDAY), timedelta(minutes=4), None),
        (sign(SECRET, b"x", MONDAY), timedelta(minutes=6), Fault.OUTSIDE_WINDOW),
        (sign(SECRET, b"x", MONDAY), timedelta(minutes=-6), Fault.OUTSIDE_WINDOW),
        (sign("other", b"x", MONDAY), timedelta(), Fault.WRONG),
        (sign(SECRET, b"y", MONDAY), timedelta(), Fault.WRONG),
        ("t=1,v1=abc", timedelta(), Fault.MALFORMED),
        (None, timedelta(), Fault.MISSING),
    ],
)
def test_a_signature_counts_for_its_body_its_key_and_its_time(
    header: str | None, later: timedelta, fault: Fault | None
) -> None:
    assert verify(SECRET, b"x", header, MONDAY + later) is fault


def test_a_signature_is_written_in_one_way_only() -> None:
    """Whoever overheard one must not get another that is as good."""
    good = sign(SECRET, b"x", MONDAY)
    time, _, digest = good.partition(",v1=")
    arabic = "".join(chr(0x660 + int(digit)) for digit in time.removeprefix("t="))
    others = [
        good.replace("t=", "t=0"),
        good.replace("t=", "t=+"),
        good.replace("t=", "T="),
        f"t={arabic},v1={digest}",
        f"{time},v1={digest.upper()}",
        f"{good}\n",
        f" {good}",
        f"{good},v1={digest}",
    ]
    assert verify(SECRET, b"x", good, MONDAY) is None
    assert [one for one in others if verify(SECRET, b"x", one, MONDAY) is not Fault.MALFORMED] == []


def test_a_time_beyond_all_years_is_outside_the_window() -> None:
    seconds = 999_999_999_999
    digest = hmac.new(SECRET.encode(), f"{seconds}.x".encode(), hashlib.sha256).hexdigest()
    header = f"t={seconds},v1={digest}"
    assert verify(SECRET, b"x", header, MONDAY) is Fault.OUTSIDE_WINDOW


def test_an_unknown_target_is_given_up_at_once(database: Database) -> None:
    send = webhook_sender({}, FakePost(), lambda: MONDAY)
    message = Message(1, "webhook:9", "created", 1, {}, "sending", 1, MONDAY, MONDAY, "")

    assert send(message).permanent
