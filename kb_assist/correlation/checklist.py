"""The morning checklist: what to look at by owner group, ticks, and tickets raised from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from kb_assist.correlation import outages, surges_store
from kb_assist.correlation.surges_store import Surge
from kb_assist.errors import N_, InputError, NotFoundError
from kb_assist.monitoring import checklist_store, maintenance, outages_store, reasons
from kb_assist.monitoring import store as tools_store
from kb_assist.monitoring.checklist_store import Tick, TickState
from kb_assist.monitoring.grouping import by_group, in_order
from kb_assist.monitoring.model import Availability, Health, Watched
from kb_assist.monitoring.outage_model import Outage
from kb_assist.monitoring.standstill import Standstill, standstill, unprobed_since
from kb_assist.text import normalise
from kb_assist.tickets.desk import Desk
from kb_assist.translations import in_language

MAX_NOTE_CHARACTERS = 2_000
# A certificate with fewer days left is worth a look even before the probe fails.
FEW_DAYS = 30
_WAITING_LOOKED_AT = timedelta(days=30)
# What fails so soon after a maintenance, or within so many probes, fails because of it.
_SOON = timedelta(hours=1)
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One line to look at. One of ``tool``, ``outage``, ``surge`` is there, or none: by hand."""

    key: str
    title: str
    group: str
    tool: Watched | None = None
    detail: str = ""
    """Why its newest probe failed, in the reader's language."""
    since_yesterday: Availability | None = None
    """Probes of yesterday and today."""
    unprobed_since: datetime | None = None
    """Its newest probe is so old that what is said of it may be over."""
    overdue: datetime | None = None
    """The planned maintenance was over then, and the tool is not back."""
    outage: Outage | None = None
    cause: Outage | None = None
    """The outage follows from this one."""
    waiting: int = 0
    """Open tickets of the outage."""
    surge: Surge | None = None
    item_id: int | None = None
    tick: Tick | None = None

    @property
    def is_remarkable(self) -> bool:
        """Whether there is something to do, as far as the machine can tell."""
        if self.tool is None:
            return self.outage is not None or self.surge is not None
        days = self.tool.certificate_days
        counted = self.since_yesterday
        return (
            self.tool.health in (Health.DOWN, Health.UNSTABLE)
            or self.overdue is not None
            or self.unprobed_since is not None
            or (self.tool.checked_at is None and not self.tool.tool.paused)
            or (days is not None and days < FEW_DAYS)
            or (counted is not None and counted.good < counted.all)
        )


@dataclass(frozen=True, slots=True)
class Checklist:
    groups: tuple[tuple[str, tuple[Entry, ...]], ...]
    standstill: Standstill | None = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(entry for _, entries in self.groups for entry in entries)


def today(desk: Desk, zone: ZoneInfo, language: str) -> Checklist:
    """Outages and surges first, then tools and manual items by group."""
    connection = desk.connection
    day = desk.now.astimezone(zone).date()
    ticked = checklist_store.ticks(connection, day)
    urgent = [*_outages(desk, language), *_surges(connection)]
    lines = [*_tools(desk, zone, language), *_items(connection, language)]
    found = [("", urgent)] if urgent else []
    found += by_group(lines, lambda entry: entry.group, _place)
    groups = [
        (name, tuple(replace(entry, tick=ticked.get(entry.key)) for entry in part))
        for name, part in found
    ]
    watched = [entry.tool for entry in lines if entry.tool is not None]
    return Checklist(tuple(groups), standstill(watched, desk.now))


def tick(desk: Desk, entry: Entry, state: TickState, *, note: str, day: date) -> None:
    """Somebody looked. Raises InputError."""
    if len(note) > MAX_NOTE_CHARACTERS:
        raise InputError(N_("A note has at most %(most)s characters.", most=MAX_NOTE_CHARACTERS))
    words, by = normalise(note).strip(), desk.actor.name
    made = Tick(entry.key, entry.title, entry.group, state, words, desk.now, by)
    checklist_store.tick(desk.connection, day, made)


def entry_of(found: Checklist, key: str) -> Entry:
    """Raises NotFoundError."""
    for entry in found.entries:
        if entry.key == key:
            return entry
    raise NotFoundError(N_("Today's checklist has no line %(key)s.", key=key))


def add_item(desk: Desk, texts: tuple[str, str], group: str) -> None:
    """Something to look at every day; ``texts``: German and English. Raises InputError."""
    stripped = (normalise(texts[0]).strip()[:300], normalise(texts[1]).strip()[:300])
    if not any(stripped):
        raise InputError(N_("A line of the checklist needs a text."))
    checklist_store.add_item(desk.connection, stripped, normalise(group).strip()[:200])


def remove_item(desk: Desk, item_id: int) -> None:
    """Raises NotFoundError."""
    if not checklist_store.remove_item(desk.connection, item_id):
        raise NotFoundError(N_("There is no line %(number)s.", number=item_id))


def _place(entry: Entry) -> tuple[int, str]:
    """Lines of people come after the tools, in the order in which they were added."""
    return (0, in_order(entry.title)) if entry.item_id is None else (entry.item_id, "")


def _outages(desk: Desk, language: str) -> Sequence[Entry]:
    """Open ones, and those that are over while tickets still wait for a person."""
    over = outages_store.ended(desk.connection, desk.now - _WAITING_LOOKED_AT)
    found = [*outages_store.open_ones(desk.connection), *over]
    counts = outages.waiting(desk.connection, found)
    known = outages.causes(desk.connection, found)
    return [
        Entry(
            f"outage:{one.id}",
            one.titled(language),
            "",
            outage=one,
            cause=known.get(one.id),
            waiting=counts.get(one.id, 0),
        )
        for one in found
        if one.is_open or one.id in counts
    ]


def _surges(connection: Connection) -> Sequence[Entry]:
    return [
        Entry(f"surge:{one.id}", one.title, "", surge=one) for one in surges_store.shown(connection)
    ]


def _tools(desk: Desk, zone: ZoneInfo, language: str) -> Sequence[Entry]:
    yesterday = desk.now.astimezone(zone).date() - timedelta(days=1)
    counted = tools_store.availability(desk.connection, yesterday)
    return [
        Entry(
            f"tool:{one.id}",
            one.tool.named(language),
            one.tool.group,
            tool=one,
            detail=in_language(reasons.read(one.detail), language),
            since_yesterday=counted.get(one.id),
            overdue=_overdue(one, desk.now, zone),
            unprobed_since=unprobed_since(one, desk.now),
        )
        for one in tools_store.watched(desk.connection)
    ]


def _overdue(one: Watched, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the maintenance ended that its failure goes back to, unless there is another now."""
    windows = one.tool.maintenance
    began = one.checked_at if one.tool.paused else one.since
    is_back = one.health is Health.UP and not one.tool.paused
    if is_back or began is None or maintenance.is_in_maintenance(windows, now, zone):
        return None
    late = max(_SOON, _ROUNDS * timedelta(seconds=one.tool.interval_seconds))
    ends = {window: maintenance.ended_at([window], now, zone) for window in windows}
    found = [
        end
        for window, end in ends.items()
        if end is not None
        and (end <= began <= end + late or maintenance.is_in_maintenance([window], began, zone))
    ]
    return max(found, default=None)


def _items(connection: Connection, language: str) -> Sequence[Entry]:
    return [
        Entry(f"item:{one.id}", one.text(language), one.group, item_id=one.id)
        for one in checklist_store.items(connection)
    ]
