"""What people said about suggestions on a ticket, and what that means for its gap; pure.

A judgement stands for the articles it was about: once an index suggests another article, the ticket
is asked again. So a new article can close a gap, and a dismissed one cannot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kb_assist.gaps.model import Chances

# As likely right as the rest that "strong" leaves: nine of ten are right, this is the tenth.
OVERRULED_CHANCE = 0.1
# A search is a weaker witness than a ticket: somebody looked, and nobody wrote a report.
SEARCH_WEIGHT = 0.5

# In the order in which a page shows them.
SIGNALS = (
    "dismissed",
    "did_not_help",
    "none_of_these",
    "failed_searches",
    "guides_failed",
    "reopened",
    "escalated",
    "flags",
)


@dataclass(frozen=True, slots=True)
class Told:
    """What was recorded on one ticket."""

    shown: frozenset[str] = frozenset()
    """Articles that were on the screen."""
    dismissed: frozenset[str] = frozenset()
    did_not_help: frozenset[str] = frozenset()
    solved_by: frozenset[str] = frozenset()
    none_of_these: int = 0
    failed_searches: int = 0
    guides_failed: int = 0
    """Guide runs that were abandoned or ended with a hand-over."""
    reopened: int = 0

    @property
    def nothing_helped(self) -> bool:
        """Somebody looked at what there is and went without."""
        return bool(self.none_of_these or self.failed_searches or self.guides_failed)

    def overrules(self, article_id: str) -> bool:
        """Whether people found that this article does not answer the ticket, whatever its score."""
        if article_id in self.dismissed | self.did_not_help:
            return True
        if self.reopened and article_id in self.solved_by:
            return True
        return self.nothing_helped and (article_id in self.shown or not self.shown)


@dataclass(frozen=True, slots=True)
class Search:
    """A search that found nothing good, without personal data."""

    text: str
    language: str
    ticket_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """Everything recorded in a look-back window."""

    by_ticket: Mapping[int, Told] = field(default_factory=dict)
    searches: tuple[Search, ...] = ()
    flags: Mapping[str, int] = field(default_factory=dict)
    """Reported paragraphs by article."""

    def on(self, ticket_id: int) -> Told:
        return self.by_ticket.get(ticket_id, _NOTHING)


_NOTHING = Told()


def corrected(chances: Chances, told: Told) -> Chances:
    """What the index has for a ticket, given what people found."""
    if not chances.article_id or not told.overrules(chances.article_id):
        return chances
    return Chances(
        min(chances.first, OVERRULED_CHANCE),
        min(chances.any_of_five, OVERRULED_CHANCE),
        chances.article_id,
    )


def counted(told: Iterable[Told]) -> Counter[str]:
    """How many tickets of a gap carry each signal; searches and runs are counted one by one."""
    found: Counter[str] = Counter()
    for one in told:
        found["dismissed"] += bool(one.dismissed)
        found["did_not_help"] += bool(one.did_not_help)
        found["none_of_these"] += bool(one.none_of_these)
        found["failed_searches"] += one.failed_searches
        found["guides_failed"] += one.guides_failed
        found["reopened"] += bool(one.reopened)
    return found


def weight(tickets: int, searches_of_others: int) -> float:
    """How many tickets a group is worth. Searches on its own tickets say nothing new."""
    return tickets + SEARCH_WEIGHT * searches_of_others
