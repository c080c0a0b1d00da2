"""Work on an outage: report it, say how it goes, link its tickets, resolve them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from kb_assist.correlation import surges_store
from kb_assist.correlation.explained import explain
from kb_assist.errors import N_, InputError
from kb_assist.monitoring import outages_store
from kb_assist.monitoring import store as tools_store
from kb_assist.monitoring.outage_model import (
    MAX_TEXT_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    PERSON,
    NewOutage,
    Outage,
    OutageEvent,
    Progress,
)
from kb_assist.text import normalise
from kb_assist.tickets import store
from kb_assist.tickets.audit import Happening, record
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.links import link_ticket, unlink_ticket
from kb_assist.tickets.links_store import hindrances
from kb_assist.tickets.model import (
    CommentKind,
    Draft,
    EventKind,
    ResolutionCode,
    Saved,
    Ticket,
    TicketRelation,
)
from kb_assist.tickets.work import move
from kb_assist.translations import in_language


@dataclass(frozen=True, slots=True)
class Texts:
    """What everybody may read, in both languages."""

    de: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    tickets: tuple[int, ...]
    """Resolved together."""
    left: tuple[int, ...]
    """Open still: something else stands in their way."""


def report(
    desk: Desk,
    title: str,
    texts: Texts,
    *,
    tool_id: int | None = None,
    title_de: str = "",
    began: datetime | None = None,
) -> Outage:
    """An outage that a person noticed; one title is enough. Raises InputError.

    ``began``: before it was reported.
    """
    titles = _titles(title, title_de)
    _check(texts)
    if tool_id is not None and tools_store.by_id(desk.connection, tool_id) is None:
        raise InputError(N_("There is no such tool."))
    begin = began or desk.now
    new = NewOutage(PERSON, titles["title"], begin, tool_id, title_de=titles["title_de"])
    outage_id = outages_store.add(desk.connection, new)
    assert outage_id is not None, "what people report has no key"
    changes = {"text_de": _plain(texts.de), "text_en": _plain(texts.en)}
    outages_store.change(desk.connection, outage_id, changes)
    _say(desk, outage_id, "opened")
    return outages_store.get(desk.connection, outage_id)


def update(desk: Desk, outage_id: int, progress: Progress, texts: Texts, *, note: str = "") -> None:
    """Say how it goes; ``resolve`` ends it. Raises NotFoundError and InputError."""
    _check(texts, note)
    outage = outages_store.get(desk.connection, outage_id)
    if progress is Progress.RESOLVED or not outage.is_open:
        progress = outage.progress
    changes = {"text_de": _plain(texts.de), "text_en": _plain(texts.en)}
    outages_store.change(desk.connection, outage_id, changes | {"progress": progress.value})
    changed = progress is not outage.progress
    if changed or _plain(note):
        _say(desk, outage_id, progress.value if changed else "note", _plain(note))


def rename(desk: Desk, outage_id: int, title: str, title_de: str) -> None:
    """One title is enough. Raises NotFoundError and InputError."""
    titles = _titles(title, title_de)
    outage = outages_store.get(desk.connection, outage_id)
    outages_store.change(desk.connection, outage_id, titles)
    after = outages_store.get(desk.connection, outage_id)
    shown = [[one.titled(language) for language in ("en", "de")] for one in (outage, after)]
    if shown[0] != shown[1]:
        _say(desk, outage_id, "renamed", " / ".join(dict.fromkeys(shown[1])))


def summarise(desk: Desk, outage_id: int, summary: str) -> None:
    """Keep what was learned. Raises NotFoundError and InputError."""
    _check(Texts(summary))
    outage = outages_store.locked(desk.connection, outage_id)
    outages_store.change(desk.connection, outage_id, {"summary": _plain(summary)})
    if _plain(summary) not in ("", outage.summary):
        _say(desk, outage_id, "summary")


def link(desk: Desk, outage_id: int, ticket_id: int, *, afterwards: bool = False) -> bool:
    """False when it was linked already; ``afterwards``: it is what an outage left behind.

    Raises NotFoundError, and InputError where the outage is over or the ticket stands for another.
    """
    outage = outages_store.get(desk.connection, outage_id)
    ticket = store.locked(desk.connection, ticket_id)
    if not outage.is_open and not afterwards:
        raise InputError(N_("The outage is over."))
    owned = outages_store.of_own_tickets(desk.connection, [ticket_id])
    if any(one.id != outage_id for one in owned):
        raise InputError(N_("This ticket stands for another outage."))
    by, at = desk.actor.name, desk.now
    if not outages_store.link(desk.connection, outage_id, ticket_id, by=by, at=at):
        return False
    record(desk, ticket, Happening(EventKind.LINKED, after={"outage": outage.title}))
    for surge in surges_store.of_ticket(desk.connection, ticket_id):
        explain(desk.connection, surge.id)
    if outage.ticket_id not in (None, ticket_id):
        link_ticket(desk, ticket_id, int(outage.ticket_id or 0), TicketRelation.CHILD_OF)
    return True


def unlink(desk: Desk, outage_id: int, ticket_id: int) -> bool:
    """False when it was not linked, or is the outage's own ticket. Raises NotFoundError."""
    outage = outages_store.get(desk.connection, outage_id)
    ticket = store.locked(desk.connection, ticket_id)
    if ticket_id == outage.ticket_id:
        return False
    if not outages_store.unlink(desk.connection, outage_id, ticket_id):
        return False
    for surge in surges_store.of_outage(desk.connection, outage_id):
        surges_store.leave(desk.connection, surge.id, [ticket_id])
    if outage.ticket_id is not None:
        unlink_ticket(desk, ticket_id, outage.ticket_id, TicketRelation.CHILD_OF)
    record(desk, ticket, Happening(EventKind.UNLINKED, before={"outage": outage.title}))
    return True


def raise_ticket(desk: Desk, outage_id: int, *, language: str = "") -> Ticket:
    """The outage's own ticket, as parent of those linked; the one it has when it has one.

    ``language``: of whoever opens it; empty: the texts decide. Raises NotFoundError, and InputError
    where the outage is over.
    """
    outage = outages_store.locked(desk.connection, outage_id)
    if outage.ticket_id is not None:
        return store.get(desk.connection, outage.ticket_id)
    if not outage.is_open:
        raise InputError(N_("The outage is over."))
    parts = dict.fromkeys((outage.title_de, outage.title, outage.text_de, outage.text_en))
    body = "\n\n".join(filter(None, parts))
    draft = Draft(
        outage.titled(language),
        body,
        language=language,
        impact=1,
        urgency=1,
        requester_name=desk.actor.name,
    )
    ticket = create(desk, draft).ticket
    for other in outages_store.tickets_of(desk.connection, outage_id):
        link_ticket(desk, other, ticket.id, TicketRelation.CHILD_OF)
    outages_store.change(desk.connection, outage_id, {"ticket_id": ticket.id})
    outages_store.link(desk.connection, outage_id, ticket.id, by=desk.actor.name, at=desk.now)
    _say(desk, outage_id, "note", ticket.number)
    return ticket


def resolve(desk: Desk, outage_id: int, texts: Texts, *, note: str = "") -> Resolved:
    """End the outage and answer and resolve its open tickets, each in its language.

    Empty texts are replaced by a sentence that it is over. Raises NotFoundError and InputError.
    """
    _check(texts, note)
    outage = outages_store.get(desk.connection, outage_id)
    if outages_store.end(desk.connection, outage_id, desk.now):
        _say(desk, outage_id, "ended", _plain(note))
    linked = {*outages_store.tickets_of(desk.connection, outage_id)}
    if outage.ticket_id is not None:
        # Children that people made by hand wait for the same.
        linked.update(hindrances(desk.connection, outage.ticket_id).open_children)
    known = store.many(desk.connection, sorted(linked))
    waiting = [one for one in known.values() if one.is_open]
    # The outage's own ticket is the last: the others are its children.
    waiting.sort(key=lambda ticket: (ticket.id == outage.ticket_id, ticket.id))
    done: list[int] = []
    # Until none moves: one may wait for another.
    while resolved := [one for one in waiting if _resolve(desk, one, outage, texts)]:
        done += [one.id for one in resolved]
        waiting = [one for one in waiting if one not in resolved]
    return Resolved(tuple(done), tuple(one.id for one in waiting))


def follow(desk: Desk, owned: Sequence[Outage]) -> Resolved | None:
    """The tickets that these outages stand for are resolved: so are they, and their other tickets.

    Once: where the outage is over and its ticket was opened again, what came back with others is
    looked after there. Others are answered with the sentence that it is over: what solved it is
    for colleagues.
    """
    own = store.many(desk.connection, [int(one.ticket_id or 0) for one in owned])
    known = [one for one in owned if one.is_open or not own[int(one.ticket_id or 0)].reopened]
    if not known:
        return None
    done = [resolve(desk, one.id, Texts()) for one in known]
    return Resolved(
        tuple(key for one in done for key in one.tickets),
        tuple(key for one in done for key in one.left),
    )


def causes(connection: Connection, found: Sequence[Outage]) -> dict[int, Outage]:
    """The outages from which these follow, by outage; those that stand for themselves are left
    out."""
    known = {one.id: one for one in found}
    return {
        one.id: known.get(one.cause_id) or outages_store.get(connection, one.cause_id)
        for one in found
        if one.cause_id is not None
    }


def waiting(connection: Connection, found: Sequence[Outage]) -> dict[int, int]:
    """How many open tickets the outages still have, by outage; those without are left out.

    One that the watch ended leaves its tickets to a person.
    """
    links = outages_store.links_of(connection, [one.id for one in found])
    known = store.many(connection, list({ticket_id for _, ticket_id in links}))
    counts = Counter(key for key, ticket_id in links if known[ticket_id].is_open)
    return dict(counts)


def _resolve(desk: Desk, ticket: Ticket, outage: Outage, texts: Texts) -> bool:
    """False where it must wait: for another ticket, or for another outage that goes on."""
    others = outages_store.of_ticket(desk.connection, ticket.id)
    if any(one.is_open and one.cause_id != outage.id for one in others):
        return False
    language = "de" if ticket.language == "de" else "en"
    over = N_(
        "The outage “%(title)s” is over. Please write to us if it still does not work.",
        title=outage.titled(language),
    )
    words = _plain(texts.de if language == "de" else texts.en) or in_language(over, language)
    command = Command(Verb.RESOLVE, resolution_code=ResolutionCode.OUTAGE, resolution_text=words)
    if not isinstance(move(desk, ticket.id, command), Saved):
        return False
    if ticket.id != outage.ticket_id:
        comment(desk, ticket.id, Words(CommentKind.AGENT, words))
    return True


def _titles(title: str, title_de: str) -> dict[str, str]:
    """As they are stored: where only the German one is written, everybody reads it."""
    written, german = (_plain(text)[:MAX_TITLE_CHARACTERS] for text in (title, title_de))
    if not written and not german:
        raise InputError(N_("An outage needs a title."))
    return {"title": written or german, "title_de": german}


def _plain(text: str) -> str:
    return normalise(text).strip()


def _check(texts: Texts, note: str = "") -> None:
    if max(len(texts.de), len(texts.en), len(note)) > MAX_TEXT_CHARACTERS:
        raise InputError(N_("A text has at most %(most)s characters.", most=MAX_TEXT_CHARACTERS))


def _say(desk: Desk, outage_id: int, kind: str, note: str = "") -> None:
    event = OutageEvent(desk.now, desk.actor.name, kind, note)
    outages_store.say(desk.connection, outage_id, event)
