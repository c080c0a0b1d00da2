"""One round: probe what is due, keep the answers, open and end outages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from kb_assist.clock import Clock
from kb_assist.monitoring import outages_store, store
from kb_assist.monitoring.maintenance import is_in_maintenance
from kb_assist.monitoring.model import Health, Probed, Tool, Watched
from kb_assist.monitoring.outage_model import WATCH, NewOutage, Outage, OutageEvent
from kb_assist.monitoring.outages import Debounce, beneath, causes, judge
from kb_assist.storage.db import Database

_BY = "kb-assist"
Answers = Mapping[int, tuple[Probed, bool]]
"""By tool id: what was found, and whether it fell into maintenance."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """What a round works with."""

    database: Database
    clock: Clock
    probe: Callable[[Tool], Probed]
    zone: ZoneInfo
    at_once: int = 64
    rules: Debounce = field(default_factory=Debounce)

    def round(self, *, all_of_them: bool = False) -> Round:
        """Probe the tools that are due, or all. Two rounds at a time share the work.

        The network is asked outside of transactions.
        """
        begin = self.clock.now()
        with self.database.write() as connection:
            due = store.claim(connection, begin, all_of_them=all_of_them)
        answers = self._asked(due)
        with self.database.write() as connection:
            answers = self._excused(connection, answers)
            done = self._kept(connection, due, answers)
            store.release(connection, due, begin)
        return done

    def _asked(self, due: Sequence[Watched]) -> Answers:
        at = self.clock.now()
        excused = [is_in_maintenance(one.tool.maintenance, at, self.zone) for one in due]
        with ThreadPoolExecutor(self.at_once, "probe") as pool:
            found = list(pool.map(self.probe, [one.tool for one in due]))
        return {
            one.id: (result, free) for one, result, free in zip(due, found, excused, strict=True)
        }

    def _excused(self, connection: Connection, answers: Answers) -> Answers:
        """What fails while a tool beneath it is away for maintenance, fails because of that."""
        tools = {one.tool.key: one for one in store.watched(connection)}
        away = {key for key, one in tools.items() if self._is_away(connection, one, answers)}
        if not away:
            return answers
        depends_on = {key: one.tool.depends_on for key, one in tools.items()}
        above = {one.id for key, one in tools.items() if away & beneath(key, depends_on)}
        return {
            key: (found, free or (not found.ok and key in above))
            for key, (found, free) in answers.items()
        }

    def _is_away(self, connection: Connection, one: Watched, answers: Answers) -> bool:
        """In maintenance, and nothing says that it answers nevertheless."""
        windows, now = one.tool.maintenance, self.clock.now()
        if one.tool.paused or not is_in_maintenance(windows, now, self.zone):
            return False
        if one.id in answers:
            return not answers[one.id][0].ok
        # What was found before the maintenance says nothing about it.
        return not any(
            found.ok and found.in_maintenance for found in store.samples(connection, one.id, 1)
        )

    def _kept(self, connection: Connection, due: Sequence[Watched], answers: Answers) -> Round:
        now = self.clock.now()
        store.keep(connection, answers, now, day=_day(now, self.zone))
        # Of another round that asked as well, the verdict may have come since.
        for one in (store.by_id(connection, asked.id) for asked in due):
            if one is not None:
                newest = store.samples(connection, one.id, self.rules.needed)
                health = judge(newest, one.health, self.rules)
                store.set_health(connection, one, health, result=answers[one.id], at=now)
        opened, ended = settle(connection, now, self.rules)
        failed = sum(not result.ok for result, _ in answers.values())
        return Round(len(due), failed, opened, ended)


@dataclass(frozen=True, slots=True)
class Round:
    """What a round found."""

    probed: int
    failed: int
    opened: tuple[Outage, ...]
    ended: tuple[Outage, ...]


def settle(
    connection: Connection, now: datetime, rules: Debounce | None = None
) -> tuple[tuple[Outage, ...], tuple[Outage, ...]]:
    """Make the outages of the watch agree with the health of the tools; opened and ended ones."""
    rules = rules or Debounce()
    tools = {one.id: one for one in store.watched(connection) if not one.tool.paused}
    held = {one.tool_id: one for one in outages_store.open_ones(connection) if one.source == WATCH}
    down = {key: one for key, one in tools.items() if one.health is Health.DOWN}
    news = [
        one for key, one in down.items() if key not in held and _is_news(connection, one, rules)
    ]
    opened = [_open(connection, one, now) for one in news]
    ended = tuple(one for key, one in held.items() if key not in down)
    for outage in ended:
        outages_store.end(connection, outage.id, now)
        note = "" if outage.tool_id in tools else "no longer watched"
        outages_store.say(connection, outage.id, OutageEvent(now, _BY, "ended", note))
    _blame(connection)
    return tuple(outages_store.get(connection, key) for key in opened if key is not None), ended


def _is_news(connection: Connection, found: Watched, rules: Debounce) -> bool:
    """Somebody may have ended its outage before enough good probes say that it works again; only
    what fails after that is a new outage."""
    ended = outages_store.newest_end(connection, found.id)
    if ended is None or found.since is None or ended < found.since:
        return True
    after = [one for one in store.samples(connection, found.id, rules.needed) if one.at > ended]
    return judge(after, Health.UP, rules) is Health.DOWN


def _open(connection: Connection, found: Watched, now: datetime) -> int | None:
    """None: another round opened it just now."""
    tool = found.tool
    new = NewOutage(WATCH, tool.name, now, found.id, title_de=tool.name_de)
    outage_id = outages_store.add(connection, new)
    if outage_id is not None:
        outages_store.say(connection, outage_id, OutageEvent(now, _BY, "opened", found.detail))
    return outage_id


def _blame(connection: Connection) -> None:
    """Causes may change while an outage is open: what is beneath may fail a round later.

    Whoever reported it: of the outages of a tool the oldest one stands for it.
    """
    tools = {one.id: one.tool for one in store.watched(connection)}
    open_ones = sorted(outages_store.open_ones(connection), key=lambda one: one.id)
    standing = [
        (tools[one.tool_id].key, one)
        for one in open_ones
        if one.tool_id is not None and one.tool_id in tools
    ]
    oldest = dict(reversed(standing))
    found = causes(oldest, {tool.key: tool.depends_on for tool in tools.values()})
    for one in open_ones:
        # Of a tool that is no longer watched nobody knows what it depends on.
        if one.cause_id is not None and one.tool_id not in tools:
            outages_store.change(connection, one.id, {"cause_id": None})
    for key, one in standing:
        first = oldest[found[key]]
        # Two people may mean two things; the watch only sees that the tool does not work.
        apart = found[key] == key and WATCH not in (one.source, first.source)
        wanted = None if apart or first.id == one.id else first.id
        if one.cause_id != wanted:
            outages_store.change(connection, one.id, {"cause_id": wanted})


def _day(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date()
