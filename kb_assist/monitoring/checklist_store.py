"""The queries of the morning checklist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, update

from kb_assist.storage.tables.checklist import checklist_items, checklist_ticks
from kb_assist.storage.upsert import upsert

_i, _t = checklist_items.c, checklist_ticks.c


class TickState(StrEnum):
    GOOD = "good"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that no probe sees and a person looks at."""

    id: int
    text_de: str
    text_en: str
    group: str

    def text(self, language: str) -> str:
        first, second = self.text_en, self.text_de
        if language == "de":
            first, second = second, first
        return first or second


@dataclass(frozen=True, slots=True)
class Tick:
    key: str
    """``tool:``, ``outage:``, ``surge:`` or ``item:`` and an id."""
    title: str
    group: str
    state: TickState
    note: str
    at: datetime
    by: str
    ticket_id: int | None = None


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    ticked: int
    problems: int


def items(connection: Connection) -> tuple[Item, ...]:
    """Those in use, in the order in which they were added."""
    statement = select(checklist_items).where(_i.active).order_by(_i.id)
    return tuple(
        Item(int(row.id), row.text_de, row.text_en, row.group)
        for row in connection.execute(statement)
    )


def add_item(connection: Connection, texts: tuple[str, str], group: str) -> int:
    """``texts``: German and English."""
    values = {"text_de": texts[0], "text_en": texts[1], "group": group, "active": True}
    statement = insert(checklist_items).values(values).returning(_i.id)
    return int(connection.execute(statement).scalar_one())


def remove_item(connection: Connection, item_id: int) -> bool:
    """From now on; False when it is not there. What was ticked stays."""
    statement = update(checklist_items).where(_i.id == item_id, _i.active)
    return connection.execute(statement.values(active=False)).rowcount == 1


def tick(connection: Connection, day: date, ticked: Tick) -> None:
    """A second tick of the day replaces the first; the ticket it raised stays."""
    values: dict[str, Any] = {
        "title": ticked.title[:300],
        "group": ticked.group,
        "state": ticked.state.value,
        "note": ticked.note,
        "at": ticked.at,
        "actor_name": ticked.by,
    }
    if ticked.ticket_id is not None:
        values["ticket_id"] = ticked.ticket_id
    statement = upsert(connection, checklist_ticks).values(day=day, key=ticked.key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["day", "key"], set_=values))


def ticks(connection: Connection, day: date) -> dict[str, Tick]:
    """By key, in the order in which they were made."""
    statement = select(checklist_ticks).where(_t.day == day).order_by(_t.at, _t.key)
    return {
        row.key: Tick(
            row.key,
            row.title,
            row.group,
            TickState(row.state),
            row.note,
            row.at,
            row.actor_name,
            None if row.ticket_id is None else int(row.ticket_id),
        )
        for row in connection.execute(statement)
    }


def days(connection: Connection, before: date, limit: int = 30) -> Sequence[Day]:
    """Past days on which somebody ticked something, the newest first."""
    problem = case((_t.state == TickState.PROBLEM.value, 1), else_=0)
    statement = (
        select(_t.day, func.count(), func.sum(problem))
        .where(_t.day < before)
        .group_by(_t.day)
        .order_by(_t.day.desc())
        .limit(limit)
    )
    return [Day(row[0], int(row[1]), int(row[2])) for row in connection.execute(statement)]
