"""What happened to a gap: the log that decisions, comments, drafts and runs write to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, select

from kb_assist.storage.tables.gaps import gap_events
from kb_assist.tickets.model import Actor

_e = gap_events.c


class GapEventKind(StrEnum):
    PROPOSED = "proposed"
    """A run found it first."""
    DECIDED = "decided"
    COMMENTED = "commented"
    RENAMED = "renamed"
    MERGED = "merged"
    SEPARATED = "separated"
    """A merge was taken back."""
    SPLIT = "split"
    DRAFTED = "drafted"
    PROVEN = "proven"
    """Its tickets were searched with again; ``facts`` is the proof."""
    REOPENED = "reopened"
    """It came back after it was closed."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened to a gap, without who and when."""

    kind: GapEventKind
    note: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GapEvent:
    """One line of the log; written once, never changed."""

    id: int
    gap_id: int
    at: datetime
    actor_name: str
    actor_id: int | None
    kind: GapEventKind
    note: str
    facts: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "actor": self.actor_name,
            "kind": self.kind.value,
            "note": self.note,
            "facts": dict(self.facts),
        }


def last_id(connection: Connection) -> int:
    """The number of the latest line of any gap; 0 for none."""
    return connection.execute(select(func.max(_e.id))).scalar_one() or 0


def record(
    connection: Connection, gap_id: int, happening: Happening, *, actor: Actor, at: datetime
) -> None:
    values = {
        "gap_id": gap_id,
        "at": at,
        "actor_name": actor.name,
        "actor_id": actor.user_id,
        "kind": happening.kind.value,
        "note": happening.note,
        "facts": dict(happening.facts),
    }
    connection.execute(insert(gap_events).values(values))


def of_gap(connection: Connection, gap_id: int) -> tuple[GapEvent, ...]:
    """Oldest first."""
    return _listed(connection, _e.gap_id == gap_id)


def since(connection: Connection, moment: datetime) -> tuple[GapEvent, ...]:
    """Of all gaps, oldest first."""
    return _listed(connection, _e.at >= moment)


def _listed(connection: Connection, condition: Any) -> tuple[GapEvent, ...]:
    rows = connection.execute(select(gap_events).where(condition).order_by(_e.id)).mappings()
    return tuple(GapEvent(**(dict(row) | {"kind": GapEventKind(row["kind"])})) for row in rows)
