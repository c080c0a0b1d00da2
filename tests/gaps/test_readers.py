"""Readers get one mail about gaps a week, and the next run makes up for what failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select

from kb_assist.auth import store as accounts
from kb_assist.auth.model import Role
from kb_assist.errors import MailUnavailableError
from kb_assist.gaps import readers
from kb_assist.gaps.digest import WEBHOOK_KIND, Digest, digest
from kb_assist.gaps.readers import Sent, Words
from kb_assist.integrations.smtp import Server, mailer
from kb_assist.storage.tables.outbox import outbox
from kb_assist.tickets.outbox import store as outbox_store
from kb_assist.tickets.outbox.store import Webhook
from tests.gaps.conftest import BADGE, OTHERS, Watch
from tests.mail_server import MailServer, mail_server

WORDS = Words("kb@example.com", "en", "https://kb.example.com/gaps")


@pytest.fixture
def post() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def news(watch: Watch) -> Digest:
    """A new gap, and owners who want to hear of it: one in German."""
    watch.tell(*BADGE, *OTHERS)
    watch.detect()
    with watch.house.database.write() as connection:
        for number, (login, role, changed) in enumerate(
            (
                ("carla", Role.CONTENT_OWNER, {"language": "de"}),
                ("chris", Role.CONTENT_OWNER, {}),
                ("gone", Role.CONTENT_OWNER, {"active": False}),
                ("nomail", Role.CONTENT_OWNER, {"email": ""}),
                ("first", Role.L1_AGENT, {}),
            )
        ):
            # The house gives its people numbers of its own.
            values = {
                "id": 100 + number,
                "login": login,
                "display_name": login,
                "email": f"{login}@example.com",
            }
            values |= {"role": role.value, "created_at": watch.house.now} | changed
            readers.subscribe(connection, accounts.add_user(connection, **values))
    return _digest(watch)


def _digest(watch: Watch) -> Digest:
    with watch.house.database.read() as connection:
        return digest(connection, watch.house.now - timedelta(days=7), watch.house.now)


def _send(watch: Watch, made: Digest, post: MailServer) -> Sent:
    with mailer(Server("127.0.0.1", post.port, "off")) as open_one:
        return readers.mail(watch.house.database, made, open_one.send, watch.house.now, words=WORDS)


def test_readers_get_one_mail_a_week_in_their_language(
    watch: Watch, news: Digest, post: MailServer
) -> None:
    assert [_send(watch, news, post).mails for _ in range(3)] == [2, 0, 0]
    german, english = post.mails

    assert (german["To"], german["From"]) == ("carla@example.com", "kb@example.com")
    assert "Neu\r\n" in german.get_content()
    assert "New\r\n" in english.get_content()
    assert "https://kb.example.com/gaps" in english.get_content()
    watch.house.now += timedelta(days=7)
    assert _send(watch, news, post).mails == 2, "another week"


def test_nothing_is_sent_while_nothing_has_changed(
    watch: Watch, news: Digest, post: MailServer
) -> None:
    watch.house.now += timedelta(days=30)
    assert _send(watch, _digest(watch), post).mails == 0
    watch.house.now -= timedelta(days=30)
    assert _send(watch, news, post).mails == 2, "the week was not used up"


def test_a_mail_that_was_not_taken_is_tried_again(
    watch: Watch, news: Digest, post: MailServer
) -> None:
    post.refused = {"carla"}
    first = _send(watch, news, post)
    post.refused = set()
    again = _send(watch, news, post)

    assert (first.mails, again.mails) == (1, 1)
    assert first.failed == ("127.0.0.1 did not take the mail: the recipient was refused",)
    assert [mail["To"] for mail in post.mails] == ["chris@example.com", "carla@example.com"]


def test_a_server_that_does_not_answer_is_told_and_costs_no_week(
    watch: Watch, news: Digest
) -> None:
    def refuse(_: EmailMessage) -> None:
        raise MailUnavailableError("Nobody answers.")

    def fine(_: EmailMessage) -> None:
        pass

    database, now = watch.house.database, watch.house.now
    assert readers.mail(database, news, refuse, now, words=WORDS) == Sent(
        0, ("Nobody answers.",) * 2
    )
    assert readers.mail(database, news, fine, now, words=WORDS).mails == 2


def test_webhooks_hear_of_a_week_once(watch: Watch, news: Digest) -> None:
    now = watch.house.now
    with watch.house.database.write() as connection:
        hook = Webhook(0, "chat", "https://chat.example/x", "key", (WEBHOOK_KIND,))
        outbox_store.add_webhook(connection, hook, now)
        told = [readers.announce_weekly(connection, news, now) for _ in range(2)]
        told.append(readers.announce_weekly(connection, news, now + timedelta(days=7)))
        count = connection.execute(select(func.count()).select_from(outbox)).scalar_one()

    assert (told, count) == ([1, 0, 1], 2)


def test_whoever_leaves_gets_nothing(watch: Watch, news: Digest, post: MailServer) -> None:
    with watch.house.database.write() as connection:
        for user in accounts.all_users(connection):
            readers.unsubscribe(connection, user.id)
            assert not readers.is_reader(connection, user.id)

    assert _send(watch, news, post).mails == 0
