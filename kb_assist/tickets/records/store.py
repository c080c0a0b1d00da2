"""The queries of clients and configuration items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, func, insert, select, update

from kb_assist.errors import N_, NotFoundError
from kb_assist.storage.tables.records import cis, clients
from kb_assist.storage.tables.tickets import ticket_cis, tickets
from kb_assist.text import fold
from kb_assist.tickets import store
from kb_assist.tickets.model import Ticket
from kb_assist.tickets.records.model import Ci, CiStatus, Client, ClientKind

TABLES: Mapping[str, Table] = {"clients": clients, "cis": cis}
_CLIENT = tuple(clients.c[field.name] for field in fields(Client))
_CI = tuple(cis.c[field.name] for field in fields(Ci))
# What search as you type looks at.
_SEARCHED = {
    "clients": ("key", "name", "email", "department", "phone"),
    "cis": ("key", "name", "serial", "model", "vendor", "site"),
}


def client(connection: Connection, client_id: int) -> Client:
    """Raises NotFoundError."""
    row = connection.execute(select(*_CLIENT).where(clients.c.id == client_id)).mappings().first()
    if row is None:
        raise NotFoundError(N_("There is no client %(number)s.", number=client_id))
    return _client(row)


def client_by_email(connection: Connection, email: str) -> Client | None:
    """The person with the address; the oldest record where several share it."""
    statement = (
        select(*_CLIENT)
        .where(clients.c.email == email.strip().lower(), clients.c.active)
        .order_by(clients.c.id)
        .limit(1)
    )
    row = connection.execute(statement).mappings().first()
    return None if row is None else _client(row)


def client_ids_by_email(connection: Connection, emails: Sequence[str]) -> dict[str, int]:
    """The oldest active record of each address; unknown ones are left out."""
    statement = (
        select(clients.c.email, func.min(clients.c.id))
        .where(clients.c.email.in_(emails), clients.c.active)
        .group_by(clients.c.email)
    )
    return {row[0]: int(row[1]) for row in connection.execute(statement)}


def get_ci(connection: Connection, ci_id: int) -> Ci:
    """Raises NotFoundError."""
    row = connection.execute(select(*_CI).where(cis.c.id == ci_id)).mappings().first()
    if row is None:
        raise NotFoundError(N_("There is no configuration item %(number)s.", number=ci_id))
    return _ci(row)


def ci_by_key(connection: Connection, key: str) -> Ci | None:
    """Without regard to case."""
    statement = select(*_CI).where(func.lower(cis.c.key) == key.strip().lower())
    row = connection.execute(statement).mappings().first()
    return None if row is None else _ci(row)


def cis_of(connection: Connection, ids: Sequence[int]) -> dict[int, Ci]:
    statement = select(*_CI).where(cis.c.id.in_(ids))
    return {row["id"]: _ci(row) for row in connection.execute(statement).mappings()}


def search_clients(connection: Connection, typed: str, *, limit: int = 10) -> tuple[Client, ...]:
    statement = select(*_CLIENT).where(_matches(clients, typed)).where(clients.c.active)
    ordered = statement.order_by(clients.c.name, clients.c.id).limit(limit)
    return tuple(_client(row) for row in connection.execute(ordered).mappings())


def search_cis(connection: Connection, typed: str, *, limit: int = 10) -> tuple[Ci, ...]:
    """Those in use first; retired ones are found too, because old tickets name them."""
    retired = cis.c.status == CiStatus.RETIRED.value
    statement = select(*_CI).where(_matches(cis, typed)).order_by(retired, cis.c.key).limit(limit)
    return tuple(_ci(row) for row in connection.execute(statement).mappings())


def recent_tickets_of_ci(
    connection: Connection, ci_id: int, *, limit: int = 10
) -> tuple[Ticket, ...]:
    """Newest first."""
    statement = (
        select(*store.COLUMNS)
        .join(ticket_cis, ticket_cis.c.ticket_id == tickets.c.id)
        .where(ticket_cis.c.ci_id == ci_id)
        .order_by(tickets.c.created_at.desc(), tickets.c.id.desc())
        .limit(limit)
    )
    return tuple(store.ticket_of(row) for row in connection.execute(statement).mappings())


def asked_by(client_id: int) -> ColumnElement[bool]:
    """A condition on tickets: those of a client and, of an organisation, of its people."""
    meant = (clients.c.id == client_id) | (clients.c.organisation_id == client_id)
    return tickets.c.client_id.in_(select(clients.c.id).where(meant))


def recent_tickets_of_client(
    connection: Connection, client_id: int, *, limit: int = 10
) -> tuple[Ticket, ...]:
    """Newest first; an organisation has those of its people."""
    statement = (
        select(*store.COLUMNS)
        .where(asked_by(client_id))
        .order_by(tickets.c.created_at.desc(), tickets.c.id.desc())
        .limit(limit)
    )
    return tuple(store.ticket_of(row) for row in connection.execute(statement).mappings())


def by_keys(connection: Connection, kind: str, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Stored rows of a batch, by key."""
    table = TABLES[kind]
    rows = connection.execute(select(table).where(table.c.key.in_(keys))).mappings()
    return {row["key"]: dict(row) for row in rows}


def ids_of(connection: Connection, kind: str, keys: Sequence[str]) -> dict[str, int]:
    table = TABLES[kind]
    rows = connection.execute(select(table.c.key, table.c.id).where(table.c.key.in_(keys)))
    return {row[0]: int(row[1]) for row in rows}


def add_rows(
    connection: Connection, kind: str, rows: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """Every row with the same columns."""
    if rows:
        stamped = [
            dict(row) | {"created_at": now, "updated_at": now} | _search(kind, row) for row in rows
        ]
        connection.execute(insert(TABLES[kind]), stamped)


def change_row(connection: Connection, kind: str, row: Mapping[str, Any], now: datetime) -> None:
    """``row`` complete, with its key."""
    table = TABLES[kind]
    values = {k: v for k, v in row.items() if k not in ("id", "created_at", "key", "search")}
    connection.execute(
        update(table)
        .where(table.c.key == bindparam("which"))
        .values(values | {"updated_at": now} | _search(kind, row)),
        {"which": row["key"]},
    )


def _search(kind: str, row: Mapping[str, Any]) -> dict[str, str]:
    """Folded, with a space before every word, so that beginnings can be looked for."""
    said = " ".join(str(row.get(name) or "") for name in _SEARCHED[kind])
    return {"search": f" {fold(said)}"}


def _matches(table: Table, typed: str) -> Any:
    """Every word typed begins a word of the record."""
    conditions = [
        table.c.search.contains(f" {fold(word)}", autoescape=True) for word in typed.split()[:8]
    ]
    condition: Any = True
    for one in conditions:
        condition = one if condition is True else condition & one
    return condition


def _client(row: Any) -> Client:
    values = {name: row[name] for name in Client.__dataclass_fields__}
    return Client(**(values | {"kind": ClientKind(values["kind"])}))


def _ci(row: Any) -> Ci:
    values = {name: row[name] for name in Ci.__dataclass_fields__}
    return Ci(**(values | {"status": CiStatus(values["status"])}))
