"""What changed about gaps since a day, as a mail or a message to other systems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from babel.dates import format_date
from sqlalchemy import Connection

from kb_assist.errors import N_, Phrase
from kb_assist.gaps import events, store
from kb_assist.gaps.events import GapEventKind
from kb_assist.gaps.model import Gap, GapState
from kb_assist.tickets.outbox import store as outbox_store
from kb_assist.translations import in_language

WEBHOOK_KIND = "gap_digest"
"""A webhook hears of gaps only when it names this kind: others expect tickets."""


@dataclass(frozen=True, slots=True)
class Digest:
    """Gaps by what happened to them; those with most tickets first."""

    since: datetime
    new: tuple[Gap, ...]
    reopened: tuple[Gap, ...]
    proven: tuple[Gap, ...]
    overdue: tuple[Gap, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.reopened or self.proven or self.overdue)


def digest(connection: Connection, since: datetime, now: datetime) -> Digest:
    """Of gaps that stand alone and were not dismissed."""
    happened: dict[GapEventKind, set[int]] = {kind: set() for kind in GapEventKind}
    for event in events.since(connection, since):
        happened[event.kind].add(event.gap_id)
    gaps = sorted(
        (gap for gap in store.all_gaps(connection) if gap.state is not GapState.DISMISSED),
        key=lambda gap: (-len(gap.ticket_ids), gap.id),
    )

    def with_event(kind: GapEventKind) -> tuple[Gap, ...]:
        return tuple(gap for gap in gaps if gap.id in happened[kind])

    return Digest(
        since=since,
        new=tuple(gap for gap in with_event(GapEventKind.PROPOSED) if gap.found),
        reopened=with_event(GapEventKind.REOPENED),
        proven=with_event(GapEventKind.PROVEN),
        overdue=tuple(gap for gap in gaps if gap.is_overdue(now.date())),
    )


def as_json(made: Digest) -> dict[str, Any]:
    """Ids, titles and figures; a receiver that may know more asks the API."""
    groups = ("new", "reopened", "proven", "overdue")
    return {"since": made.since.isoformat()} | {
        name: [_brief(gap) for gap in getattr(made, name)] for name in groups
    }


def as_text(made: Digest, language: str) -> str:
    """Plain text, one line a gap."""
    if made.is_empty:
        return in_language(N_("Nothing has changed."), language) + "\n"
    sections: tuple[tuple[Phrase, Sequence[Gap], Callable[[Gap], Phrase]], ...] = (
        (N_("New"), made.new, _tickets),
        (N_("Back again"), made.reopened, _tickets),
        (N_("Tried on a new index"), made.proven, _found),
        (N_("Overdue"), made.overdue, lambda gap: _due(gap, language)),
    )
    parts = []
    for heading, gaps, told in sections:
        lines = [f"* {gap.title} ({in_language(told(gap), language)})\n" for gap in gaps]
        if lines:
            parts.append("".join([f"{in_language(heading, language)}\n", *lines]))
    return "\n".join(parts)


def as_mail(made: Digest, language: str, *, to: Sequence[str], now: datetime) -> bytes:
    """For ``sendmail -t``."""
    return as_message(made, language, to=to, now=now).as_bytes()


def as_message(
    made: Digest, language: str, *, to: Sequence[str], now: datetime, address: str = ""
) -> EmailMessage:
    """Plain text; ``address`` of the page of gaps stands below it."""
    message = EmailMessage()
    subject = N_(
        "Documentation gaps: %(new)s new, %(reopened)s reopened, %(overdue)s overdue",
        new=len(made.new),
        reopened=len(made.reopened),
        overdue=len(made.overdue),
    )
    message["Subject"] = in_language(subject, language)
    message["To"] = ", ".join(to)
    message["Date"] = format_datetime(now)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(as_text(made, language) + (f"\n{address}\n" if address else ""))
    return message


def announce(connection: Connection, made: Digest, now: datetime) -> int:
    """Puts it into the outbox of every webhook that asked for gaps; how many."""
    targets = [
        webhook.target
        for webhook in outbox_store.all_webhooks(connection)
        if webhook.active and WEBHOOK_KIND in webhook.kinds
    ]
    payload = {"event": WEBHOOK_KIND, "at": now.isoformat()} | as_json(made)
    message = {"kind": WEBHOOK_KIND, "ticket_id": None, "payload": payload}
    outbox_store.put(connection, targets, message, now)
    return len(targets)


def _tickets(gap: Gap) -> Phrase:
    return N_("%(count)s tickets", count=len(gap.ticket_ids))


def _due(gap: Gap, language: str) -> Phrase:
    day = format_date(gap.due, "long", locale=language)
    return N_("due %(day)s", day=day)


def _found(gap: Gap) -> Phrase:
    proof = gap.proof or {"found": 0, "tickets": 0, "article": ""}
    return N_(
        "%(found)s of %(tickets)s tickets find %(article)s",
        found=proof["found"],
        tickets=proof["tickets"],
        article=proof["article"],
    )


def _brief(gap: Gap) -> dict[str, Any]:
    return {
        "id": gap.id,
        "title": gap.title,
        "state": gap.state.value,
        "tickets": len(gap.ticket_ids),
        "due": gap.due.isoformat() if gap.due else None,
        "proof": dict(gap.proof) if gap.proof else None,
    }
