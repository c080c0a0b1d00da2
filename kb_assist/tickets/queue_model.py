"""The values of queues: who looks, at which view, filtered and ordered how."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kb_assist.tickets.model import Level, Priority, State


class View(StrEnum):
    """The queues that everybody has. All but the last two show open tickets only."""

    MY = "my"
    MY_GROUPS = "my_groups"
    UNASSIGNED = "unassigned"
    BREACHED = "breached"
    DUE_SOON = "due_soon"
    WAITING_FOR_ME = "waiting_for_me"
    """Escalated to one of the viewer's groups, not accepted yet."""
    OPEN = "open"
    RECENTLY_CLOSED = "recently_closed"
    ALL = "all"


class Order(StrEnum):
    DUE = "due"
    """The nearest deadline first."""
    PRIORITY = "priority"
    NEWEST = "newest"
    OLDEST = "oldest"
    UPDATED = "updated"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and when."""

    now: datetime
    user_id: int | None = None
    group_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """Conditions that all must hold; an empty one holds always."""

    view: View = View.OPEN
    states: tuple[State, ...] = ()
    priorities: tuple[Priority, ...] = ()
    levels: tuple[Level, ...] = ()
    group_id: int | None = None
    assignee_id: int | None = None
    client_id: int | None = None
    ci_id: int | None = None
    product: str = ""
    text: str = ""
    """Words that the ticket must hold, each may be a beginning; or a ticket's number."""
    order: Order = Order.DUE


@dataclass(frozen=True, slots=True)
class SavedFilter:
    id: int
    name: str
    query: QueueQuery


@dataclass(frozen=True, slots=True)
class Count:
    number: int
    is_more: bool = False
    """There are more; counting stopped at ``number``."""
