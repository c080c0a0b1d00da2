"""The queries of hand-overs: templates, answers to missing items, snapshots, returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from kb_assist.errors import N_, NotFoundError
from kb_assist.storage.tables.accounts import groups
from kb_assist.storage.tables.handover import (
    dossier_answers,
    dossier_templates,
    handover_faults,
    handovers,
)
from kb_assist.tickets.handover.dossier import Item, Template, from_json, item_from_json
from kb_assist.tickets.handover.model import Handover, ItemFaults, Origin, Outcome
from kb_assist.tickets.handover.templates import built_in
from kb_assist.tickets.model import Level

_h = handovers.c


def template_of(connection: Connection, group_id: int) -> Template:
    """The group's own template, else the built-in one that fits. Raises NotFoundError."""
    row = connection.execute(
        select(dossier_templates).where(dossier_templates.c.group_id == group_id)
    ).first()
    if row is not None:
        return Template(group_id, row.name, tuple(item_from_json(item) for item in row.items))
    name = connection.execute(select(groups.c.name).where(groups.c.id == group_id)).scalar()
    if name is None:
        raise NotFoundError(N_("There is no group %(number)s.", number=group_id))
    return built_in(name)


def save_template(
    connection: Connection, group_id: int, name: str, items: Sequence[Item], at: datetime
) -> None:
    connection.execute(delete(dossier_templates).where(dossier_templates.c.group_id == group_id))
    connection.execute(
        insert(dossier_templates).values(
            group_id=group_id, name=name, items=[_item(item) for item in items], updated_at=at
        )
    )


def _item(item: Item) -> dict[str, Any]:
    return {
        "key": item.key,
        "weight": item.weight.value,
        "label": dict(item.label),
        "question": dict(item.question),
    }


def answers(connection: Connection, ticket_id: int) -> dict[str, str]:
    statement = select(dossier_answers.c.key, dossier_answers.c.value).where(
        dossier_answers.c.ticket_id == ticket_id
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def set_answer(
    connection: Connection, ticket_id: int, key: str, value: str, by: tuple[str, datetime]
) -> None:
    """``by``: who and when. An empty value takes the answer away."""
    here = (dossier_answers.c.ticket_id == ticket_id) & (dossier_answers.c.key == key)
    connection.execute(delete(dossier_answers).where(here))
    if value:
        row = {"ticket_id": ticket_id, "key": key, "value": value}
        made = {"actor_name": by[0], "at": by[1]}
        connection.execute(insert(dossier_answers).values(row | made))


def next_number(connection: Connection, ticket_id: int) -> int:
    last = connection.execute(select(func.max(_h.number)).where(_h.ticket_id == ticket_id)).scalar()
    return 1 if last is None else int(last) + 1


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """``values``: a row of ``handovers``; its id."""
    made = connection.execute(insert(handovers).values(values).returning(_h.id))
    return int(made.scalar_one())


def waiting(connection: Connection, ticket_id: int) -> Handover | None:
    """The hand-over that nobody has answered yet."""
    statement = (
        select(handovers)
        .where(_h.ticket_id == ticket_id, _h.outcome == Outcome.WAITING.value)
        .order_by(_h.number.desc())
    )
    row = connection.execute(statement).mappings().first()
    return None if row is None else _handover(row, ())


def last_accepted(connection: Connection, ticket_id: int) -> Handover | None:
    """The newest one that was accepted."""
    statement = (
        select(handovers)
        .where(_h.ticket_id == ticket_id, _h.outcome == Outcome.ACCEPTED.value)
        .order_by(_h.number.desc())
    )
    row = connection.execute(statement).mappings().first()
    return None if row is None else _handover(row, ())


def of_ticket(connection: Connection, ticket_id: int) -> tuple[Handover, ...]:
    """Oldest first."""
    statement = select(handovers).where(_h.ticket_id == ticket_id).order_by(_h.number)
    rows = connection.execute(statement).mappings().all()
    faults = _faults(connection, [row["id"] for row in rows])
    return tuple(_handover(row, tuple(faults.get(row["id"], ()))) for row in rows)


def answer(connection: Connection, handover_id: int, values: Mapping[str, Any]) -> None:
    connection.execute(update(handovers).where(_h.id == handover_id).values(values))


def withdraw(connection: Connection, ticket_id: int, by: str, at: datetime) -> None:
    """The ticket went elsewhere before anybody answered."""
    connection.execute(
        update(handovers)
        .where(_h.ticket_id == ticket_id, _h.outcome == Outcome.WAITING.value)
        .values(outcome=Outcome.WITHDRAWN.value, answered_at=at, answered_by=by)
    )


def add_faults(connection: Connection, handover_id: int, keys: Sequence[str]) -> None:
    if keys:
        rows = [{"handover_id": handover_id, "item_key": key} for key in dict.fromkeys(keys)]
        connection.execute(insert(handover_faults), rows)


def fault_counts(connection: Connection, group_id: int) -> tuple[ItemFaults, ...]:
    """Which items of a group's template returns complained about, the most frequent first."""
    total = connection.execute(
        select(func.count()).select_from(handovers).where(_h.to_group_id == group_id)
    ).scalar_one()
    statement = (
        select(handover_faults.c.item_key, func.count())
        .join(handovers, handovers.c.id == handover_faults.c.handover_id)
        .where(_h.to_group_id == group_id)
        .group_by(handover_faults.c.item_key)
        .order_by(func.count().desc(), handover_faults.c.item_key)
    )
    return tuple(ItemFaults(row[0], int(row[1]), total) for row in connection.execute(statement))


def _faults(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    statement = (
        select(handover_faults)
        .where(handover_faults.c.handover_id.in_(ids))
        .order_by(handover_faults.c.item_key)
    )
    for row in connection.execute(statement):
        found.setdefault(row.handover_id, []).append(row.item_key)
    return found


def _handover(row: Any, faults: tuple[str, ...]) -> Handover:
    origin = Origin(Level(row["from_level"]), row["from_group_id"], row["from_assignee_id"])
    return Handover(
        id=row["id"],
        ticket_id=row["ticket_id"],
        number=row["number"],
        at=row["at"],
        by=row["actor_name"],
        origin=origin,
        to_level=Level(row["to_level"]),
        to_group_id=row["to_group_id"],
        note=row["note"],
        override_reason=row["override_reason"],
        completeness=row["completeness"],
        dossier=from_json(row["dossier"]),
        outcome=Outcome(row["outcome"]),
        answered_at=row["answered_at"],
        answered_by=row["answered_by"],
        return_reason=row["return_reason"],
        faulty_items=faults,
    )
