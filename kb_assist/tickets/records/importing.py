"""Bring clients and configuration items in from CSV: first a plan, then exactly that plan."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kb_assist.errors import N_, InputError
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.records.model import (
    CiStatus,
    ClientKind,
    FieldChange,
    ImportPlan,
    PlannedChange,
    RejectedLine,
)

# The database takes no more values than about 32,000 at once.
_BATCH = 500
_LONGEST = 200
_TRUE = frozenset({"1", "true", "yes", "ja", "x", "wahr"})
_FALSE = frozenset({"", "0", "false", "no", "nein", "falsch"})


@dataclass(frozen=True, slots=True)
class _Kind:
    """How lines of one kind become rows."""

    name: str
    columns: Mapping[str, Any]
    """Every column of a row with its value for a new record."""
    read: Mapping[str, Callable[[str], Any]]
    """Columns that are not plain text."""
    references: Mapping[str, tuple[str, str]]
    """Column of the file to column of the row and kind of the record that it names by key."""
    extra: str = ""
    """Column that takes what no column of the row takes."""


class _FaultyValueError(Exception):
    """A value of a line cannot be used; the message says why."""


def _boolean(text: str) -> bool:
    folded = text.strip().casefold()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise _FaultyValueError(f"{text!r} is neither yes nor no")


def _one_of(kind: type[ClientKind] | type[CiStatus]) -> Callable[[str], str]:
    allowed = [member.value for member in kind]

    def read(text: str) -> str:
        folded = text.strip().casefold().replace(" ", "_")
        if folded not in allowed:
            raise _FaultyValueError(f"{text!r} is none of {', '.join(allowed)}")
        return folded

    return read


CLIENTS = _Kind(
    name="clients",
    columns={
        "kind": ClientKind.PERSON.value,
        "name": "",
        "email": "",
        "phone": "",
        "site": "",
        "department": "",
        "language": "",
        "vip": False,
        "active": True,
        "organisation_id": None,
        "notes": "",
    },
    read={
        "kind": _one_of(ClientKind),
        "vip": _boolean,
        "active": _boolean,
        "email": lambda text: text.strip().lower(),
        "language": lambda text: text.strip().lower()[:2],
    },
    references={"organisation": ("organisation_id", "clients")},
)
CIS = _Kind(
    name="cis",
    columns={
        "kind": "other",
        "name": "",
        "status": CiStatus.IN_USE.value,
        "serial": "",
        "vendor": "",
        "model": "",
        "version": "",
        "site": "",
        "owner_id": None,
        "notes": "",
        "attributes": {},
    },
    read={"status": _one_of(CiStatus), "kind": lambda text: text.strip().lower()},
    references={"owner": ("owner_id", "clients")},
    extra="attributes",
)
KINDS: Mapping[str, _Kind] = {kind.name: kind for kind in (CLIENTS, CIS)}


def plan_import(desk: Desk, kind: str, text: str) -> ImportPlan:
    """What importing a CSV text would do; nothing is written.

    The header names the columns; ``key`` and ``name`` are needed. Columns that a file does not
    have keep their stored values. Raises InputError when the header is no use.
    """
    wanted = KINDS[kind]
    lines = list(_lines(text, wanted))
    rejected: list[RejectedLine] = []
    given: dict[str, tuple[int, dict[str, Any]]] = {}
    for number, line in lines:
        try:
            row = _row(wanted, line)
            if row["key"] in given:
                raise _FaultyValueError(f"{row['key']} stands in line {given[row['key']][0]} too")
            given[row["key"]] = (number, row)
        except _FaultyValueError as fault:
            rejected.append(RejectedLine(number, str(fault)))
    _refer(desk, wanted, given, rejected)
    return _compare(desk, wanted, given, rejected)


def apply_import(desk: Desk, plan: ImportPlan) -> None:
    """Write what the plan says, in the caller's transaction."""
    kind = KINDS[plan.kind]
    waiting = [dict(row) for row in plan.rows]
    while waiting:
        # Records that name others of the same file follow those.
        pointing = [row for row in waiting if _points_into_file(kind, row)]
        ready = [row for row in waiting if not _points_into_file(kind, row)]
        _write(desk, plan, ready)
        waiting = [_pointed(desk, kind, row, forget=not ready) for row in pointing]


def _write(desk: Desk, plan: ImportPlan, rows: list[dict[str, Any]]) -> None:
    new = frozenset(plan.created)
    columns = KINDS[plan.kind].columns
    fresh = [dict(columns) | row for row in rows if row["key"] in new]
    for start in range(0, len(fresh), _BATCH):
        records_store.add_rows(desk.connection, plan.kind, fresh[start : start + _BATCH], desk.now)
    for row in rows:
        if row["key"] not in new:
            records_store.change_row(desk.connection, plan.kind, row, desk.now)


def _points_into_file(kind: _Kind, row: Mapping[str, Any]) -> bool:
    return any(isinstance(row.get(column), str) for column in _targets(kind))


def _pointed(desk: Desk, kind: _Kind, row: dict[str, Any], *, forget: bool) -> dict[str, Any]:
    """Keys replaced by ids where the records are stored by now; ``forget`` breaks a circle."""
    for column, other in kind.references.values():
        value = row.get(column)
        if isinstance(value, str):
            known = records_store.ids_of(desk.connection, other, [value])
            row[column] = known.get(value, None if forget else value)
    return row


def _lines(text: str, kind: _Kind) -> Iterator[tuple[int, dict[str, str]]]:
    """Line numbers and values by lower-case column name; separator ``,`` or ``;`` or a tab."""
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=separator)
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    lacking = {"key", "name"} - set(names)
    if lacking:
        raise InputError(
            N_(
                "The file's first line lacks these columns: %(columns)s.",
                columns=", ".join(sorted(lacking)),
            ),
            remedy=N_(
                "Known columns: %(columns)s.",
                columns=", ".join(["key", *kind.columns, *kind.references]),
            ),
        )
    reader.fieldnames = names
    try:
        for line in reader:
            values = {k: (v or "").strip() for k, v in line.items() if k and isinstance(v, str)}
            yield reader.line_num, values
    except csv.Error as error:
        raise InputError(
            N_("Line %(line_num)s: %(error)s.", line_num=reader.line_num, error=error)
        ) from error


def _row(kind: _Kind, line: Mapping[str, str]) -> dict[str, Any]:
    for needed in ("key", "name"):
        if not line.get(needed):
            raise _FaultyValueError(f"{needed} is empty")
    row: dict[str, Any] = {"key": line["key"]}
    extra: dict[str, str] = {}
    for name, value in line.items():
        if name != "notes" and len(value) > _LONGEST:
            raise _FaultyValueError(f"{name} has more than {_LONGEST} characters")
        if name in kind.references:
            row[kind.references[name][0]] = value or None
        elif name in kind.columns and name not in (kind.extra, *_targets(kind)):
            row[name] = kind.read.get(name, str)(value) if value or name in kind.read else value
        elif name != "key" and kind.extra and value:
            extra[name] = value
    if "kind" in row and not row["kind"]:
        row["kind"] = kind.columns["kind"]
    if extra:
        row[kind.extra] = extra
    return row


def _targets(kind: _Kind) -> tuple[str, ...]:
    return tuple(column for column, _ in kind.references.values())


def _refer(
    desk: Desk,
    kind: _Kind,
    given: dict[str, tuple[int, dict[str, Any]]],
    rejected: list[RejectedLine],
) -> None:
    """Keys of other records to their ids; a key that comes with this file stays for later."""
    for column, other in kind.references.values():
        named = {row[column] for _, row in given.values() if row.get(column)}
        known = _ids(desk, other, sorted(named))
        for key, (number, row) in list(given.items()):
            value = row.get(column)
            if value and value not in known and not (other == kind.name and value in given):
                rejected.append(RejectedLine(number, f"there is no {other[:-1]} {value}"))
                del given[key]
            elif value in known:
                row[column] = known[value]


def _ids(desk: Desk, kind: str, keys: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(keys), _BATCH):
        found |= records_store.ids_of(desk.connection, kind, keys[start : start + _BATCH])
    return found


def _compare(
    desk: Desk,
    kind: _Kind,
    given: Mapping[str, tuple[int, dict[str, Any]]],
    rejected: list[RejectedLine],
) -> ImportPlan:
    created: list[str] = []
    changed: list[PlannedChange] = []
    rows: list[Mapping[str, Any]] = []
    keys = list(given)
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        stored = records_store.by_keys(desk.connection, kind.name, batch)
        for key in batch:
            row = given[key][1]
            if key not in stored:
                created.append(key)
                rows.append(row)
                continue
            differences = _differences(stored[key], row)
            if differences:
                changed.append(PlannedChange(key, differences))
                rows.append(stored[key] | row)
    unchanged = len(keys) - len(created) - len(changed)
    ordered = tuple(sorted(rejected, key=lambda line: line.line))
    return ImportPlan(kind.name, tuple(created), tuple(changed), unchanged, ordered, tuple(rows))


def _differences(stored: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name, _shown(stored[name]), _shown(value))
        for name, value in row.items()
        if stored[name] != value
    )


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k}={v}" for k, v in sorted(value.items()))
    return "" if value is None else str(value)
