"""The values of the tickets area: tickets, comments, events, links, drafts, outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")


class State(StrEnum):
    NEW = "new"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    PENDING = "pending"
    ESCALATED = "escalated"
    """Handed to a higher level that has not accepted it yet."""
    RESOLVED = "resolved"
    CLOSED = "closed"


OPEN_STATES = (
    State.NEW,
    State.ASSIGNED,
    State.IN_PROGRESS,
    State.PENDING,
    State.ESCALATED,
)


class PendingReason(StrEnum):
    """Whom the ticket waits for."""

    CUSTOMER = "customer"
    VENDOR = "vendor"
    CHANGE = "change"


class Level(StrEnum):
    L1 = "l1"
    L2 = "l2"
    L3 = "l3"

    def above(self, other: Level) -> bool:
        return self.value > other.value


class Priority(IntEnum):
    """1 is the most pressing; shown as P1 to P5."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4
    P5 = 5


class Channel(StrEnum):
    PORTAL = "portal"
    MAIL = "mail"
    PHONE = "phone"
    CHAT = "chat"
    API = "api"
    IMPORT = "import"


class ResolutionCode(StrEnum):
    """How a ticket ended; gap reports look at ``fixed`` and ``workaround`` only."""

    FIXED = "fixed"
    WORKAROUND = "workaround"
    EXPLAINED = "explained"
    REQUEST_FULFILLED = "request_fulfilled"
    OUTAGE = "outage"
    DUPLICATE = "duplicate"
    NOT_REPRODUCIBLE = "not_reproducible"
    WITHDRAWN = "withdrawn"


class ActorKind(StrEnum):
    USER = "user"
    REQUESTER = "requester"
    SYSTEM = "system"
    INTEGRATION = "integration"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something; kept with every event."""

    kind: ActorKind
    name: str
    user_id: int | None = None
    """Only for ``user``."""


SYSTEM = Actor(ActorKind.SYSTEM, "kb-assist")


@dataclass(frozen=True, slots=True)
class Ticket:
    """One incident as stored. Times are aware and in UTC."""

    id: int
    source: str
    """Where it came from: ``kb-assist``, ``mail``, ``zammad``, the name of an import …"""
    external_id: str | None
    """The source's own number; unique per source."""
    subject: str
    body: str
    language: str
    """``de``, ``en`` or ``und``."""
    channel: Channel
    state: State
    pending_reason: PendingReason | None
    level: Level
    impact: int
    """1 (a whole site) to 3 (one person)."""
    urgency: int
    """1 (work stands still) to 3 (can wait)."""
    priority: Priority
    group_id: int | None
    assignee_id: int | None
    client_id: int | None
    requester_name: str
    requester_email: str
    product: str
    resolution_code: ResolutionCode | None
    resolution_text: str
    reopened: int
    """How often it was opened again."""
    created_at: datetime
    updated_at: datetime
    first_response_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    response_due: datetime | None
    """None while the clock stands before the target was reached."""
    resolution_due: datetime | None
    version: int
    """Counts every change; a save names the version it has seen."""

    @property
    def number(self) -> str:
        """How people name the ticket: ``T-17``."""
        return f"T-{self.id}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class Draft:
    """A ticket that is to be created."""

    subject: str
    body: str
    language: str = ""
    """Empty: the text decides."""
    channel: Channel = Channel.PORTAL
    impact: int = 3
    urgency: int = 2
    source: str = "kb-assist"
    external_id: str | None = None
    requester_name: str = ""
    requester_email: str = ""
    client_id: int | None = None
    product: str = ""
    group_id: int | None = None
    assignee_id: int | None = None
    created_at: datetime | None = None
    """None: now."""


@dataclass(frozen=True, slots=True)
class Created:
    ticket: Ticket
    is_new: bool
    """False: the source had sent this external id before; ``ticket`` is the stored one."""


class CommentKind(StrEnum):
    REQUESTER = "requester"
    AGENT = "agent"
    """Goes to the requester; the first one stops the response clock."""
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Comment:
    id: int
    ticket_id: int
    at: datetime
    kind: CommentKind
    author: Actor
    body: str
    source: str
    external_id: str | None


class EventKind(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    """Fields were edited."""
    ASSIGNED = "assigned"
    MOVED = "moved"
    """A transition; ``after`` holds the verb."""
    COMMENTED = "commented"
    LINKED = "linked"
    UNLINKED = "unlinked"
    ATTACHED = "attached"
    HANDED_OVER = "handed_over"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the audit; written once, never changed."""

    id: int
    ticket_id: int
    at: datetime
    actor: Actor
    kind: EventKind
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    note: str


class TicketRelation(StrEnum):
    """Ticket to ticket; read "from <relation> to"."""

    CHILD_OF = "child_of"
    DUPLICATE_OF = "duplicate_of"
    DEPENDS_ON = "depends_on"


class RecordRole(StrEnum):
    """What a configuration item is to a ticket."""

    PRIMARY = "primary"
    AFFECTED = "affected"


class ArticleRole(StrEnum):
    """What an article was to a ticket."""

    LINKED = "linked"
    TRIED = "tried"
    SOLVED = "solved"


@dataclass(frozen=True, slots=True)
class TicketLink:
    """Seen from one ticket; ``outgoing`` False reads the relation backwards."""

    other: Ticket
    relation: TicketRelation
    outgoing: bool


@dataclass(frozen=True, slots=True)
class ArticleLink:
    article_id: str
    role: ArticleRole
    passage: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody saved in between; nothing was written. The caller shows it and asks."""

    current: Ticket
    changes: tuple[Event, ...]
    """Everything that happened since the version the caller had seen."""


@dataclass(frozen=True, slots=True)
class Saved:
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: tuple[Row, ...]
    next_cursor: str | None = None
    """None: this was the last page."""


@dataclass(frozen=True, slots=True)
class Hindrances:
    """Open tickets that stand in the way of an end."""

    open_blockers: tuple[int, ...] = ()
    open_children: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Fields to change; None leaves a field alone."""

    subject: str | None = None
    body: str | None = None
    impact: int | None = None
    urgency: int | None = None
    product: str | None = None
    client_id: int | None = None
    language: str | None = None

    def given(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Pause:
    """The clocks stood still from ``start``; ``end`` None means that they still do."""

    start: datetime
    end: datetime | None = None
