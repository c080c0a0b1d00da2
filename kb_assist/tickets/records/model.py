"""The values of records: clients and configuration items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ClientKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"


class CiStatus(StrEnum):
    PLANNED = "planned"
    IN_USE = "in_use"
    IN_REPAIR = "in_repair"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Client:
    """A person or an organisation that asks for help."""

    id: int
    key: str
    """How the source of the record names it: a personnel number, an address."""
    kind: ClientKind
    name: str
    email: str = ""
    phone: str = ""
    site: str = ""
    department: str = ""
    language: str = ""
    vip: bool = False
    active: bool = True
    organisation_id: int | None = None
    notes: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ci:
    """A configuration item. An asset is one with a serial number and an owner."""

    id: int
    key: str
    """The name people use: ``NB-0377``."""
    kind: str
    """``notebook``, ``server``, ``printer``, ``service`` …; free, lower case."""
    name: str
    status: CiStatus = CiStatus.IN_USE
    serial: str = ""
    vendor: str = ""
    model: str = ""
    version: str = ""
    site: str = ""
    owner_id: int | None = None
    group_id: int | None = None
    """Who looks after it."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    notes: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PlannedChange:
    key: str
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class RejectedLine:
    line: int
    """Of the file; the header is line 1."""
    reason: str


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do. Applying it does exactly this."""

    kind: str
    """``clients`` or ``cis``."""
    created: tuple[str, ...]
    """Keys."""
    changed: tuple[PlannedChange, ...]
    unchanged: int
    rejected: tuple[RejectedLine, ...]
    rows: tuple[Mapping[str, Any], ...] = ()
    """What is written: column to value, ``key`` always among them."""
