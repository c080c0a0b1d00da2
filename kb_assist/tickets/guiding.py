"""Somebody works with guides: starts, answers, ends; and what an end means to the ticket."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from kb_assist.guides import database_store
from kb_assist.guides.analytics import ABANDONED_AFTER
from kb_assist.guides.database_store import DatabaseStore
from kb_assist.guides.decide import Opening
from kb_assist.guides.model import Channel, Guide, Outcome
from kb_assist.guides.run import (
    AddNote,
    Command,
    End,
    Refusal,
    RefusalCode,
    Resume,
    Submission,
)
from kb_assist.guides.sessions import Current, GuideSessions
from kb_assist.guides.transcript import as_note, transcribe
from kb_assist.tickets import feedback_store, store
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.feedback_model import Signal, SignalKind, SubjectKind
from kb_assist.tickets.guide_facts import context_of
from kb_assist.tickets.links import link_article
from kb_assist.tickets.model import ArticleRole, CommentKind

_ID_BYTES = 15
# One transaction stays short.
_BATCH = 200


@dataclass(frozen=True)
class Runs:
    """What one person does with sessions, in one transaction."""

    desk: Desk
    guides: Mapping[str, Guide]
    """As they are published now."""
    on: date
    """The day where the server stands."""
    channel: Channel = Channel.AGENT

    @cached_property
    def sessions(self) -> GuideSessions:
        return GuideSessions(DatabaseStore(self.desk.connection), self.guides)

    def start(self, guide: str, *, lang: str, ticket_id: int | None = None) -> Current | Refusal:
        """A new session that knows what the ticket knows. Raises NotFoundError."""
        known = {} if ticket_id is None else context_of(self.desk.connection, ticket_id)
        session = secrets.token_urlsafe(_ID_BYTES)
        opening = Opening(session, lang, known, "" if ticket_id is None else str(ticket_id))
        now = self.sessions.start(guide, opening, self._by(Resume(), 0))
        if isinstance(now, Current):
            self._signal(ticket_id, SignalKind.OPEN, guide)
        return now

    def send(self, session: str, command: Command, seen: int) -> Current | Refusal:
        """Carry out a command of a person who had seen the event number ``seen``."""
        return self.sessions.submit(session, self._by(command, seen))

    def use_new_version(self, session: str, seen: int) -> Current | Refusal:
        return self.sessions.use_new_version(session, self._by(Resume(), seen))

    def finish(self, session: str, seen: int, *, lang: str) -> Current | Refusal:
        """Confirm the outcome: the ticket gets the transcript, and the article that helps."""
        now = self.send(session, End(), seen)
        if isinstance(now, Refusal):
            return now
        ticket_id = self._ticket(session)
        kind = now.state.ended["kind"] if now.state.ended else ""
        if kind == Outcome.RESOLVED:
            self._signal(ticket_id, SignalKind.SOLVED, now.state.guide)
        if ticket_id is not None:
            self._write(ticket_id, now, lang)
            self._link(ticket_id, now, lang)
        return now

    def give_up(self, session: str, seen: int, *, note: str, lang: str) -> Current | Refusal:
        """Nothing of it helped: say so, keep what was tried, leave the session."""
        if self.sessions.open(session).state.ended is not None:
            return Refusal(RefusalCode.ENDED)
        now = self.send(session, AddNote(note), seen)
        if isinstance(now, Refusal):
            return now
        ticket_id = self._ticket(session)
        database_store.put_aside(self.desk.connection, session)
        self._signal(ticket_id, SignalKind.DID_NOT_HELP, now.state.guide)
        if ticket_id is not None:
            self._write(ticket_id, now, lang)
        return now

    def _by(self, command: Command, seen: int) -> Submission:
        desk = self.desk
        return Submission(command, seen, desk.actor.name, self.channel, desk.now, self.on)

    def _ticket(self, session: str) -> int | None:
        row = database_store.row_of(self.desk.connection, session)
        return row.ticket_id if row else None

    def _write(self, ticket_id: int, now: Current, lang: str) -> None:
        """The transcript, once per state of the session."""
        text = as_note(transcribe(now.bundle, now.state, lang=lang))
        key = f"guide-{now.state.session}-{now.state.seq}"
        comment(self.desk, ticket_id, Words(CommentKind.INTERNAL, text, external_id=key))

    def _link(self, ticket_id: int, now: Current, lang: str) -> None:
        article = transcribe(now.bundle, now.state, lang=lang).article
        if article:
            link_article(self.desk, ticket_id, article, role=ArticleRole.LINKED)

    def _signal(self, ticket_id: int | None, kind: SignalKind, guide: str) -> None:
        signal = Signal(kind, SubjectKind.GUIDE, subject_id=guide)
        feedback_store.add(
            self.desk.connection,
            [signal],
            ticket_id=ticket_id,
            user_id=self.desk.actor.user_id,
            at=self.desk.now,
        )


def shown(desk: Desk, ticket_id: int, guides: tuple[str, ...]) -> None:
    """Keep which guides were offered, once per person and ticket."""
    store.get(desk.connection, ticket_id)
    seen = feedback_store.shown(desk.connection, ticket_id, desk.actor.user_id)
    fresh = [
        Signal(SignalKind.IMPRESSION, SubjectKind.GUIDE, subject_id=guide, rank=rank)
        for rank, guide in enumerate(guides, start=1)
        if (SubjectKind.GUIDE.value, guide, "") not in seen
    ]
    feedback_store.add(
        desk.connection, fresh, ticket_id=ticket_id, user_id=desk.actor.user_id, at=desk.now
    )


def note_abandoned(desk: Desk, after: timedelta = ABANDONED_AFTER[Channel.AGENT]) -> int:
    """Keep a signal for sessions nobody went on with; call until it returns 0."""
    rows = database_store.claim_abandoned(desk.connection, desk.now - after, desk.now, limit=_BATCH)
    for row in rows:
        signal = Signal(SignalKind.ABANDONED, SubjectKind.GUIDE, subject_id=row.guide)
        feedback_store.add(
            desk.connection, [signal], ticket_id=row.ticket_id, user_id=None, at=desk.now
        )
    return len(rows)
