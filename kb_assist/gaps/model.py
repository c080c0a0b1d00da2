"""The values of the gaps area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Chances:
    """What the knowledge base has for one ticket."""

    first: float
    """Calibrated probability that the first suggestion is right."""
    any_of_five: float
    """Calibrated probability that one of the first five is right."""
    article_id: str = ""
    """The first suggestion; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Stocked:
    """One ticket of the look-back window, without personal data."""

    id: int
    subject: str
    question: str
    """Subject and text as searched with."""
    resolution: str
    language: str
    product: str
    created_at: datetime
    escalated: bool
    hours: float
    """From arrival to solution; 0 while it is open."""
    handled_hours: float = 0.0
    """Of work that the log shows; 0 when it shows none. See ``effort``."""


class GapState(StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    IN_WORK = "in_work"
    PUBLISHED = "published"
    VERIFIED = "verified"
    DISMISSED = "dismissed"


# Somebody has taken it on.
IN_HAND = (GapState.ACCEPTED, GapState.IN_WORK)
# Its article is still to be written.
TO_DO = (GapState.PROPOSED, *IN_HAND)


@dataclass(frozen=True, slots=True)
class Finding:
    """A group of tickets that no article answers, as one run found it."""

    ticket_ids: frozenset[int]
    facts: Mapping[str, Any]
    """``title``, ``terms``, ``questions``, ``products``, ``languages``, ``tickets``,
    ``escalated``, ``hours`` (from arrival to solution), ``handled_hours`` (of work),
    ``handled_tickets`` (with recorded work), ``first_seen``, ``last_seen``, ``chance``,
    ``nearest``, ``weeks``, ``signals``, ``searches``."""
    arrived: Mapping[int, datetime] = field(default_factory=dict)
    """When each ticket came."""

    def since(self, moment: datetime) -> int:
        """How many of its tickets came after the moment."""
        return sum(arrived > moment for arrived in self.arrived.values())


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap with what people decided about it."""

    id: int
    state: GapState
    title: str
    facts: Mapping[str, Any]
    ticket_ids: frozenset[int]
    owner_id: int | None
    due: date | None
    reason: str
    dismissed_until: date | None
    article_id: str
    proof: Mapping[str, Any] | None
    found: bool
    """Whether the last run still found it."""
    decided_at: datetime
    published_at: datetime | None = None
    """When its article came out, as somebody decided."""
    merged_into: int | None = None
    """The gap that it lives on in; None for one that stands alone."""

    @property
    def is_to_do(self) -> bool:
        """Whether its article is still to be written, and the last run still found it."""
        return self.state in TO_DO and self.found

    def is_overdue(self, today: date) -> bool:
        """Whether whoever took it on has let the day pass."""
        return self.state in IN_HAND and self.due is not None and self.due < today


@dataclass(frozen=True, slots=True)
class Decision:
    """What a content owner decides about a gap."""

    state: GapState
    owner_id: int | None = None
    due: date | None = None
    reason: str = ""
    until: date | None = None
    """Only for ``dismissed``: proposed again after this day."""
    article_id: str = ""


@dataclass(frozen=True, slots=True)
class NotDecided:
    """A decision that lacks something; nothing was changed."""

    missing: str
    """``reason``, ``article`` or ``proof``."""


class EscalationLabel(StrEnum):
    """Why a ticket went from L1 to L2."""

    NO_ARTICLE = "no_article"
    NOT_FOUND = "not_found"
    """An article existed but was not shown."""
    NOT_OPENED = "not_opened"
    FAILED = "failed"
    """Opened, and it did not help."""
    RIGHTLY_L2 = "rightly_l2"
