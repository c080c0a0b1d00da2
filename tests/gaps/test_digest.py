"""A digest says what changed, and only to those who asked."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta

from babel.dates import format_date
from sqlalchemy import select

from kb_assist.gaps import review
from kb_assist.gaps.digest import WEBHOOK_KIND, announce, as_mail, as_text, digest
from kb_assist.gaps.model import Decision, GapState
from kb_assist.storage.tables.outbox import outbox
from kb_assist.tickets.outbox import store as outbox_store
from kb_assist.tickets.outbox.store import Webhook
from tests.gaps.conftest import BADGE, OTHERS, Watch


def _weekly(watch: Watch) -> str:
    now = watch.house.now
    with watch.house.database.read() as connection:
        return as_text(digest(connection, now - timedelta(days=7), now), "en")


def test_a_new_gap_is_news_for_a_week(watch: Watch) -> None:
    watch.tell(*BADGE, *OTHERS)
    watch.detect()
    at_once = _weekly(watch)
    watch.house.now += timedelta(days=8)

    assert at_once == f"New\n* {watch.gap().title} (3 tickets)\n"
    assert _weekly(watch) == "Nothing has changed.\n"


def test_an_overdue_gap_is_told_until_somebody_does_it(watch: Watch) -> None:
    watch.tell(*BADGE, *OTHERS)
    watch.detect()
    with watch.house.database.write() as connection:
        due = (watch.house.now - timedelta(days=1)).date()
        decision = Decision(GapState.ACCEPTED, due=due)
        review.decide(connection, watch.gap().id, decision, watch.house.now)

    shown = format_date(due, "long", locale="en")
    assert f"Overdue\n* {watch.gap().title} (due {shown})\n" in _weekly(watch)


def test_a_mail_says_the_most_in_its_subject(watch: Watch) -> None:
    watch.tell(*BADGE, *OTHERS)
    watch.detect()
    now = watch.house.now
    with watch.house.database.read() as connection:
        made = digest(connection, now - timedelta(days=7), now)
    raw = as_mail(made, "de", to=["owner@example.com"], now=now)
    mail = email.message_from_bytes(raw, policy=email.policy.default)

    assert mail["Subject"] == "Lücken der Dokumentation: 1 neu, 0 wieder offen, 0 überfällig"
    assert "Neu\n" in mail.get_content()


def test_only_webhooks_that_asked_hear_of_gaps(watch: Watch) -> None:
    now = watch.house.now
    with watch.house.database.write() as connection:
        for name, kinds in (("all", ()), ("gaps", (WEBHOOK_KIND,)), ("moved", ("moved",))):
            webhook = Webhook(0, name, "https://chat.example/x", "key", kinds)
            outbox_store.add_webhook(connection, webhook, now)
        told = announce(connection, digest(connection, now, now), now)
        kinds = connection.execute(select(outbox.c.kind)).scalars().all()

    assert (told, kinds) == (1, [WEBHOOK_KIND])
