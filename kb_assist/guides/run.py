"""The values of a running session: answers, where it stands, events, commands, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from kb_assist.guides.conditions import Value
from kb_assist.guides.model import Channel

Stored = str | float | tuple[str, ...] | None
"""An answer as it is kept: numbers in the step's unit, days as ISO text, None for skipped."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered at a key; ``on`` is ``today`` for the rules that look at it."""

    value: Stored
    on: date
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A step as visited: ``key`` is ``retry``, ``retry@2`` or ``basics/router``."""

    key: str
    guide: str
    step: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A step that was passed, with the answer and the number of the branch that was taken."""

    place: Place
    value: Value
    branch: int

    @property
    def key(self) -> str:
        return self.place.key


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a session stands: computed from its answers, never stored.

    Exactly one of ``current`` (the step that waits) and ``outcome`` (the end that was reached) is
    set.
    """

    path: tuple[Visit, ...]
    current: Place | None
    outcome: Place | None
    env: Mapping[str, Value]
    """What rules and placeholders of the root guide see, by name."""
    scopes: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    """The same for called guides, by prefix such as ``basics/``; the root's is ``""``."""
    exhausted: tuple[Place, ...] = ()
    """Steps that refused another entry because their ``repeat`` was used up."""

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(visit.key for visit in self.path)

    def visit(self, key: str) -> Visit | None:
        return next((visit for visit in self.path if visit.key == key), None)

    def scope(self, key: str) -> Mapping[str, Value]:
        """Names as the step at this key sees them."""
        return self.scopes.get(prefix_of(key), self.env)


def prefix_of(key: str) -> str:
    """``basics/router@2`` to ``basics/``."""
    return key[: key.rfind("/") + 1]


class EventType(StrEnum):
    STARTED = "started"
    VIEWED = "viewed"
    ANSWERED = "answered"
    DOUBTED = "doubted"
    REVISITED = "revisited"
    NOTED = "noted"
    ATTACHED = "attached"
    HANDED_OVER = "handed_over"
    MIGRATED = "migrated"
    ENDED = "ended"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; (session, seq) is unique and nothing is ever changed.

    ``payload`` holds JSON values only. Per type: started {guide, version, digest, context, lang,
    ticket}; viewed and revisited {key, guide, step, version, shape, texts}; answered the same with
    {value, on, changed, restored}; doubted {keys, cause, was}; noted {text, key}; attached {key,
    name, ref}; handed_over {to}; migrated {digest, version, kept, doubted}; ended {guide, step,
    kind, version, texts, last_step}; reopened {}.
    """

    session: str
    seq: int
    at: datetime
    actor: str
    channel: Channel
    type: EventType
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Doubt:
    """An answer that does not count until somebody says that it is still true."""

    answer: Answer
    cause: str
    """Key of the answer whose change cast the doubt; empty for a late resume or a new version."""
    was: Stored
    """What that answer had been."""
    seq: int


@dataclass(frozen=True, slots=True)
class Note:
    seq: int
    key: str
    text: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    seq: int
    key: str
    name: str
    ref: str


@dataclass(frozen=True, slots=True)
class SessionState:
    """All events of a session, folded."""

    session: str
    seq: int
    guide: str
    version: int
    digest: str
    lang: str
    context: Mapping[str, str]
    started_at: datetime
    last_at: datetime
    owner: str
    """Who works on it; changes with a hand-over."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    doubts: Mapping[str, Doubt] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    ended: Mapping[str, Any] | None = None
    authors: Mapping[str, tuple[str, datetime]] = field(default_factory=dict)
    """Key to who answered it last, and when."""


@dataclass(frozen=True, slots=True)
class AnswerStep:
    """Answer the waiting step, or change an answer on the path. ``value`` is already stored form;
    see ``answers.read_answer``."""

    key: str
    value: Stored


@dataclass(frozen=True, slots=True)
class StillTrue:
    """Take a doubted answer as it was."""

    key: str


@dataclass(frozen=True, slots=True)
class Revisit:
    """Look at an earlier step again; changes nothing."""

    key: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Somebody returned to the session."""


@dataclass(frozen=True, slots=True)
class AddNote:
    text: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Attach:
    key: str
    name: str
    ref: str


@dataclass(frozen=True, slots=True)
class HandOver:
    to: str


@dataclass(frozen=True, slots=True)
class End:
    """Confirm the outcome that was reached; only this has consequences."""


@dataclass(frozen=True, slots=True)
class Reopen:
    """Undo the end."""


Command = AnswerStep | StillTrue | Revisit | Resume | AddNote | Attach | HandOver | End | Reopen


@dataclass(frozen=True, slots=True)
class Submission:
    """A command with who sends it, when, and the last event they had seen."""

    command: Command
    seen_seq: int
    actor: str
    channel: Channel
    at: datetime
    on: date
    """The day where the server stands; becomes ``today`` for the answer."""


class RefusalCode(StrEnum):
    STALE = "stale"
    """Others went on in the meantime; show the page again. HTTP 409."""
    NOT_HERE = "not_here"
    """The key is neither the waiting step nor on the path. HTTP 409."""
    ENDED = "ended"
    NOT_ENDED = "not_ended"
    NO_OUTCOME = "no_outcome"
    NOT_FOR_CUSTOMER = "not_for_customer"
    INVALID = "invalid"
    """The value does not fit the step; ``reason`` says how. HTTP 422."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that was not carried out, and why. Nothing was written."""

    code: RefusalCode
    reason: str = ""
