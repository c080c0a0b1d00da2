"""The values of feedback: what people did with what was suggested to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SignalKind(StrEnum):
    IMPRESSION = "impression"
    """It was on the screen."""
    OPEN = "open"
    LINK = "link"
    INSERT = "insert"
    """Quoted into an answer."""
    DISMISS = "dismiss"
    SOLVED = "solved"
    DID_NOT_HELP = "did_not_help"
    NONE_OF_THESE = "none_of_these"
    FAILED_SEARCH = "failed_search"
    """A search that found nothing good; ``query`` holds the words."""
    ABANDONED = "abandoned"
    """A guide that was begun and not gone on with."""


class SubjectKind(StrEnum):
    ARTICLE = "article"
    TICKET = "ticket"
    """A similar resolved ticket."""
    GUIDE = "guide"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that happened. What is not known stays empty."""

    kind: SignalKind
    subject_kind: SubjectKind = SubjectKind.ARTICLE
    subject_id: str = ""
    passage: str = ""
    """The anchor of the part that was shown."""
    rank: int | None = None
    strength: str = ""
    """``strong``, ``possible`` or ``none``."""
    chance: float | None = None
    """The calibrated chance that was shown with the list."""
    generation: str = ""
    """The index that suggested it."""
    query: str = ""


@dataclass(frozen=True, slots=True)
class StoredSignal:
    id: int
    ticket_id: int | None
    user_id: int | None
    at: datetime
    signal: Signal
