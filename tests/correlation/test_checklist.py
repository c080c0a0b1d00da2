"""What is looked at every morning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kb_assist.correlation import checklist, outages
from kb_assist.correlation.checklist import Entry
from kb_assist.correlation.checklist_ticket import raise_ticket
from kb_assist.correlation.outages import Texts
from kb_assist.errors import InputError, NotFoundError
from kb_assist.monitoring import checklist_store, outages_store, store
from kb_assist.monitoring.checklist_store import TickState
from kb_assist.monitoring.model import Health, Probed
from kb_assist.tickets import comments_store
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import CommentKind, Draft
from tests.monitoring.conftest import tool
from tests.tickets.conftest import House

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    with house.desk() as opened:
        yield opened


def entries(desk: Desk) -> dict[str, Entry]:
    return {one.key: one for one in checklist.today(desk, BERLIN, "en").entries}


def watch(desk: Desk, probed: Probed, health: Health = Health.UP, **fields: object) -> Entry:
    store.sync(desk.connection, [tool("mail", **fields)], desk.now)  # type: ignore[arg-type]
    (one,) = store.watched(desk.connection)
    result = {one.id: (probed, False)}
    store.keep(desk.connection, result, desk.now, day=desk.now.date())
    store.set_health(desk.connection, one, health, result=(probed, False), at=desk.now)
    return entries(desk)[f"tool:{one.id}"]


def test_outages_come_first_then_tools_and_lines_by_group(desk: Desk) -> None:
    outages.report(desk, "Mail", Texts())
    tools = [tool("b", group="Server"), tool("a", group="Network")]
    store.sync(desk.connection, tools, desk.now)
    checklist.add_item(desk, ("Bänder wechseln", "Change the tapes"), "Server")
    found = checklist.today(desk, BERLIN, "de")
    assert [name for name, _ in found.groups] == ["", "Network", "Server"]
    assert [one.title for one in found.entries][-1] == "Bänder wechseln"


def test_an_outage_that_is_over_stays_while_tickets_wait(desk: Desk) -> None:
    outage = outages.report(desk, "Mail", Texts())
    quiet = outages.report(desk, "Lift", Texts())
    ticket = create(desk, Draft("a", "b")).ticket
    outages.link(desk, outage.id, ticket.id)
    for one in (outage, quiet):
        outages_store.end(desk.connection, one.id, desk.now)
    (left,) = entries(desk).values()
    assert (left.title, left.waiting, left.is_remarkable) == ("Mail", 1, True)
    outages.resolve(desk, outage.id, Texts())
    assert entries(desk) == {}


def test_a_quiet_tool_is_not_remarkable_and_a_failed_probe_is(desk: Desk) -> None:
    assert not watch(desk, Probed(True, 3)).is_remarkable
    failed = watch(desk, Probed(False, 3, "status 500"))
    assert failed.is_remarkable
    assert failed.since_yesterday is not None
    assert (failed.since_yesterday.good, failed.since_yesterday.all) == (1, 2)


def test_a_tool_that_is_not_probed_any_more_is_remarkable(house: House) -> None:
    with house.desk() as desk:
        store.sync(desk.connection, [tool("mail")], desk.now)
        assert [one.is_remarkable for one in entries(desk).values()] == [True], "never probed"
        one = watch(desk, Probed(True, 3))
        assert not one.is_remarkable
    with house.desk(after=timedelta(minutes=11)) as desk:
        late = entries(desk)[one.key]
        assert (late.unprobed_since, late.is_remarkable) == (one.tool.checked_at, True)
        paused = watch(desk, Probed(True, 3), paused=True)
    with house.desk(after=timedelta(minutes=30)) as desk:
        assert not entries(desk)[paused.key].is_remarkable


def test_a_certificate_that_ends_within_a_month_is_remarkable(desk: Desk) -> None:
    assert not watch(desk, Probed(True, 3, certificate_days=31)).is_remarkable
    assert watch(desk, Probed(True, 3, certificate_days=29)).is_remarkable


def test_maintenance_is_overdue_when_the_tool_is_not_back(desk: Desk) -> None:
    begin, end = desk.now - timedelta(hours=3), desk.now - timedelta(hours=1)
    window = (f"{begin.isoformat()}/{end.isoformat()}",)
    assert watch(desk, Probed(True, 3), maintenance=window).overdue is None
    late = watch(desk, Probed(False, 3), Health.DOWN, maintenance=window)
    assert late.overdue == end


@pytest.mark.parametrize(
    ("ended", "fields", "is_blamed"),
    [
        (timedelta(minutes=50), {}, True),
        (timedelta(minutes=70), {}, False),
        (timedelta(days=300), {}, False),
        (timedelta(minutes=70), {"interval_seconds": 3_600}, True),
        (timedelta(minutes=50), {"maintenance": ("daily 00:00-23:59",)}, False),
        (timedelta(minutes=-10), {}, False),
        (timedelta(minutes=50), {"paused": True}, True),
        (timedelta(minutes=70), {"paused": True}, False),
    ],
)
def test_only_what_fails_soon_after_a_maintenance_is_blamed_on_it(
    desk: Desk, ended: timedelta, fields: dict[str, Any], is_blamed: bool
) -> None:
    end = desk.now - ended
    windows = (f"{(end - timedelta(hours=2)).isoformat()}/{end.isoformat()}",)
    given = fields | {"maintenance": windows + fields.get("maintenance", ())}
    late = watch(desk, Probed(False, 3), Health.DOWN, **given)
    assert late.overdue == (end if is_blamed else None)


def test_what_failed_within_a_maintenance_is_blamed_on_it_for_good(house: House) -> None:
    with house.desk() as desk:
        end = desk.now + timedelta(hours=2)
        window = (f"{(desk.now - timedelta(hours=2)).isoformat()}/{end.isoformat()}",)
        one = watch(desk, Probed(False, 3), Health.DOWN, maintenance=window)
        assert one.overdue is None
    with house.desk(after=timedelta(days=3)) as desk:
        assert entries(desk)[one.key].overdue == end


def test_a_tick_holds_for_its_day_and_stays_readable(house: House) -> None:
    with house.desk() as desk:
        checklist.add_item(desk, ("", "Change\x1b the tapes"), "Server\x00")
        (one,) = entries(desk).values()
        day = desk.now.date()
        checklist.tick(desk, one, TickState.GOOD, note="", day=day)
        checklist.tick(desk, one, TickState.PROBLEM, note=" tape\x00 3 is stuck ", day=day)
        checklist.remove_item(desk, int(one.item_id or 0))
    with house.desk(after=timedelta(days=1)) as desk:
        assert entries(desk) == {}
        (kept,) = checklist_store.ticks(desk.connection, day).values()
        assert (kept.title, kept.state, kept.note) == (
            "Change the tapes",
            TickState.PROBLEM,
            "tape 3 is stuck",
        )
        (past,) = checklist_store.days(desk.connection, desk.now.date())
        assert (past.day, past.ticked, past.problems) == (day, 1, 1)


def test_a_line_raises_one_ticket(desk: Desk) -> None:
    one = watch(desk, Probed(False, 3, "status 500"), Health.UNSTABLE)
    day = desk.now.date()
    ticket = raise_ticket(desk, one, note="since six", day=day, language="de")
    assert (ticket.subject, ticket.language, ticket.priority) == ("Mail: wackelt", "de", 4)
    assert ticket.body == (
        "since six\nMail: wackelt\nSeit: 2026-11-02 09:00 CET\nFehler: Status 500\n"
        "Zuletzt geprüft: 2026-11-02 09:00 CET"
    )
    assert raise_ticket(desk, one, note="", day=day, language="de").id == ticket.id
    checklist.tick(desk, one, TickState.GOOD, note="", day=day)
    tick = entries(desk)[one.key].tick
    assert tick is not None
    assert tick.ticket_id == ticket.id


def test_a_ticket_about_a_tool_that_is_down_belongs_to_its_outage(desk: Desk) -> None:
    one = watch(desk, Probed(False, 3, "status 500", 19), Health.DOWN)
    assert one.tool is not None
    over = outages.report(desk, "Over", Texts(), tool_id=one.tool.id)
    outages_store.end(desk.connection, over.id, desk.now)
    outage = outages.report(desk, "Mail", Texts(), tool_id=one.tool.id)
    outages.report(desk, "Queue", Texts(), tool_id=one.tool.id)
    ticket = raise_ticket(desk, one, note="", day=desk.now.date(), language="en")
    assert (ticket.priority, ticket.language) == (1, "en")
    assert ticket.body.splitlines()[0] == "Mail: down"
    assert "the certificate ends in 19 days" in ticket.body
    linked = outages_store.of_ticket(desk.connection, ticket.id)
    assert [one.id for one in linked] == [outage.id]


def test_a_ticket_about_an_outage_is_its_own(desk: Desk) -> None:
    outage = outages.report(desk, "Mail is down", Texts(), title_de="Mail steht")
    line = entries(desk)[f"outage:{outage.id}"]
    day = desk.now.date()
    ticket = raise_ticket(desk, line, note="the third today", day=day, language="de")
    assert (ticket.subject, ticket.language, ticket.priority) == ("Mail steht", "de", 1)
    assert outages_store.get(desk.connection, outage.id).ticket_id == ticket.id
    said = comments_store.of_ticket(desk.connection, ticket.id)
    assert [(one.kind, one.body) for one in said] == [(CommentKind.INTERNAL, "the third today")]
    assert outages.raise_ticket(desk, outage.id).id == ticket.id
    tomorrow = day + timedelta(days=1)
    assert raise_ticket(desk, line, note="", day=tomorrow, language="de").id == ticket.id


def test_a_ticket_about_an_outage_that_is_over_is_not_urgent(desk: Desk) -> None:
    outage = outages.report(desk, "Mail", Texts())
    outages.link(desk, outage.id, create(desk, Draft("a", "b")).ticket.id)
    outages_store.end(desk.connection, outage.id, desk.now)
    line = entries(desk)[f"outage:{outage.id}"]
    ticket = raise_ticket(desk, line, note="", day=desk.now.date(), language="en")
    assert ticket.priority == 4
    assert ticket.id in outages_store.tickets_of(desk.connection, outage.id)


def test_what_is_not_on_the_list_cannot_be_ticked(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        checklist.entry_of(checklist.today(desk, BERLIN, "en"), "tool:99")
    with pytest.raises(NotFoundError):
        checklist.remove_item(desk, 99)
    with pytest.raises(InputError):
        checklist.add_item(desk, (" ", "\x00"), "Server")
    one, note, day = Entry("item:1", "x", ""), "x" * 2_001, desk.now.date()
    with pytest.raises(InputError):
        checklist.tick(desk, one, TickState.GOOD, note=note, day=day)
