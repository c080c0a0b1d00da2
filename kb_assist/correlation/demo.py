"""Gives the demo a year of status, with the outage that its ten mail tickets are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kb_assist.correlation import outages
from kb_assist.correlation.outages import Texts
from kb_assist.monitoring import outages_store, store
from kb_assist.monitoring.model import Health, Probed, Tool
from kb_assist.monitoring.outage_model import WATCH, NewOutage, OutageEvent, Progress
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import Draft
from kb_assist.tickets.store import by_external_id

_DAYS = 365
_PROBES_PER_DAY = 1_440
_MAIL = "mail"
_TICKETS = tuple(f"T-{number:04}" for number in range(67, 77))
_LASTED = timedelta(hours=2, minutes=10)
_TEXT_DE = "Zurzeit werden keine E-Mails zugestellt. Es geht keine verloren. Wir arbeiten daran."
_TEXT_EN = "E-mail is not being delivered right now. None gets lost. We are working on it."
_LATE = "E-mail to the outside arrives late"
_LATE_DE = "Mails nach außen kommen verspätet an"
_DELAY_DE = (
    "E-Mails an Empfänger außerhalb des Hauses kommen mit bis zu zwei Stunden Verzögerung an."
)
_DELAY_EN = "E-mail to recipients outside the company arrives up to two hours late."
_RELAY = "SRV-MAIL01: relay defers"
_SUMMARY = (
    "The queue of the mail gateway had filled its disk. Space was freed and the queue delivered;"
    " the disk is now watched and the logs are rotated daily."
)


def load_demo_status(
    desk: Desk, tools: Sequence[Tool], today: Sequence[Mapping[str, Any]] = ()
) -> bool:
    """After the demo's tickets; ``today``: those of an outage that still goes on.

    False when there are tools already: nothing is changed then.
    """
    if store.watched(desk.connection):
        return False
    store.sync(desk.connection, tools, desk.now)
    for place, one in enumerate(store.watched(desk.connection)):
        _year(desk, one.id, place)
        good = (Probed(True, 4 + place), False)
        store.set_health(desk.connection, one, Health.UP, result=good, at=desk.now)
        if one.tool.key == _MAIL:
            _outage(desk, one.id)
    if today:
        _today(desk, today)
    return True


def _year(desk: Desk, tool_id: int, place: int) -> None:
    """Good days, with a short trouble on some that follow from the tool's place."""
    days = {}
    for ago in range(1, _DAYS):
        bad = 11 + place if (ago * 7 + place * 31) % 97 == 0 else 0
        day = (desk.now - timedelta(days=ago)).date()
        days[day] = (_PROBES_PER_DAY - bad, bad, 0)
    store.add_days(desk.connection, tool_id, days)


def _outage(desk: Desk, tool_id: int) -> None:
    found = [by_external_id(desk.connection, "demo", key) for key in _TICKETS]
    tickets = [ticket for ticket in found if ticket is not None]
    if not tickets:
        return
    begin = min(ticket.created_at for ticket in tickets) - timedelta(minutes=9)
    end = begin + _LASTED
    new = NewOutage(WATCH, "E-mail", begin, tool_id, title_de="E-Mail")
    outage_id = outages_store.add(desk.connection, new)
    assert outage_id is not None, "nothing is open in a new demo"
    texts = {"text_de": _TEXT_DE, "text_en": _TEXT_EN, "summary": _SUMMARY}
    outages_store.change(desk.connection, outage_id, texts)
    for at, kind, note in (
        (begin, "opened", "timed out"),
        (begin + timedelta(minutes=35), Progress.IDENTIFIED.value, "SRV-MAIL01: disk full"),
        (end - timedelta(minutes=20), Progress.MONITORING.value, ""),
        (end, "ended", ""),
    ):
        event = OutageEvent(at, desk.actor.name, kind, note)
        outages_store.say(desk.connection, outage_id, event)
    for ticket in tickets:
        outages.link(replace(desk, now=ticket.created_at), outage_id, ticket.id)
    outages_store.end(desk.connection, outage_id, end)
    lost = int(_LASTED.total_seconds() // 60)
    store.add_days(desk.connection, tool_id, {begin.date(): (-lost, lost, 0)})


def _today(desk: Desk, lines: Sequence[Mapping[str, Any]]) -> None:
    """Half of the tickets are linked; the others show the banner."""
    made = []
    for number, line in enumerate(lines, start=1):
        at = desk.now - timedelta(minutes=int(line["minutes_ago"]))
        draft = Draft(
            line["subject"],
            line["body"],
            language=line["language"],
            product=line["product"],
            source="demo",
            external_id=f"today-{number}",
            created_at=at,
        )
        made.append(create(replace(desk, now=at), draft).ticket)
    noticed = replace(desk, now=made[len(made) // 2].created_at)
    texts = Texts(_DELAY_DE, _DELAY_EN)
    outage = outages.report(noticed, _LATE, texts, title_de=_LATE_DE)
    outages.update(desk, outage.id, Progress.IDENTIFIED, texts, note=_RELAY)
    for ticket in made[: len(made) // 2]:
        outages.link(desk, outage.id, ticket.id)
