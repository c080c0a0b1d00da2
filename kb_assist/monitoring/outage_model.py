"""The values of outages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_TITLE_CHARACTERS = 300
MAX_TEXT_CHARACTERS = 5_000


class Progress(StrEnum):
    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    """It seems to be over; somebody still looks."""
    RESOLVED = "resolved"


# Who reported it.
WATCH = "watch"
PERSON = "person"


@dataclass(frozen=True, slots=True)
class Outage:
    id: int
    tool_id: int | None
    cause_id: int | None
    """The outage to blame; None: this one itself."""
    source: str
    external_key: str | None
    """By which the source calls it."""
    external_since: datetime | None
    """When it began as its source says, the newest time; None: it does not say."""
    title: str
    """In English, or in whatever language somebody wrote it."""
    title_de: str
    progress: Progress
    text_de: str
    text_en: str
    """What everybody may read about it."""
    summary: str
    """What was learned, written when it is over."""
    ticket_id: int | None
    """The parent of its tickets."""
    started_at: datetime
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    def titled(self, language: str) -> str:
        """In the language, else as somebody wrote it."""
        return (self.title_de if language == "de" else "") or self.title

    def text(self, language: str) -> str:
        """In the language, else in the other one."""
        first, second = self.text_en, self.text_de
        if language == "de":
            first, second = second, first
        return first or second


@dataclass(frozen=True, slots=True)
class NewOutage:
    source: str
    title: str
    started_at: datetime
    tool_id: int | None = None
    external_key: str | None = None
    title_de: str = ""
    external_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutageEvent:
    at: datetime
    by: str
    kind: str
    note: str
