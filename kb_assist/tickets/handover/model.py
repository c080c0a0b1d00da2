"""The values of a hand-over to a higher level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kb_assist.tickets.handover.dossier import Dossier
from kb_assist.tickets.model import Level, Ticket


class Outcome(StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    """The ticket went elsewhere before anybody answered."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Facts that other areas know: answers given in guides, the state of tools."""

    guide_answers: Mapping[str, str] = field(default_factory=dict)
    tool_status: Mapping[str, str] = field(default_factory=dict)
    steps_tried: tuple[str, ...] = ()
    """What guides had people do, each with what came of it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for when handing over."""

    group_id: int
    note: str = ""
    override_reason: str = ""
    """Why it goes although required facts are missing."""
    outside: Outside = field(default_factory=Outside)


@dataclass(frozen=True, slots=True)
class Return:
    """Why a hand-over goes back, and which items of its template were no use."""

    reason: str
    faulty_items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a ticket was before it was handed over."""

    level: Level
    group_id: int | None
    assignee_id: int | None


@dataclass(frozen=True, slots=True)
class Handover:
    """One hand-over with the dossier as it was then."""

    id: int
    ticket_id: int
    number: int
    """1, 2 … within the ticket."""
    at: datetime
    by: str
    origin: Origin
    to_level: Level
    to_group_id: int
    note: str
    override_reason: str
    completeness: int
    dossier: Dossier
    outcome: Outcome
    answered_at: datetime | None
    answered_by: str
    return_reason: str
    faulty_items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandedOver:
    ticket: Ticket
    handover_id: int
    number: int


@dataclass(frozen=True, slots=True)
class ItemFaults:
    """How often returns complained about an item, of how many hand-overs to the group."""

    item_key: str
    returns: int
    handovers: int
