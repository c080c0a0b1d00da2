"""Drafts the article that a gap lacks, from its solved tickets and an author's answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from kb_assist.auth import store as accounts
from kb_assist.errors import NotFoundError
from kb_assist.gaps import events, stock, store
from kb_assist.gaps.draft import Draft, Material, TooThin, compose
from kb_assist.gaps.events import GapEventKind, Happening
from kb_assist.gaps.mask import Known, masked
from kb_assist.gaps.model import Gap, Stocked
from kb_assist.gaps.roles import Role
from kb_assist.gaps.save import Saved, Taken, Target, save
from kb_assist.indexer.snapshot import Snapshot
from kb_assist.storage.db import Database
from kb_assist.tickets.model import Actor


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where drafts go."""

    articles: Path
    snapshot: Snapshot
    """Names the folders of the articles that come nearest."""
    target: Target = Target.AUTO


@dataclass(frozen=True, slots=True)
class Written:
    draft: Draft
    saved: Saved


def write(
    database: Database,
    gap_id: int,
    answers: Mapping[Role, str],
    shelf: Shelf,
    *,
    by: tuple[Actor, datetime],
) -> Written | TooThin | Taken:
    """Draft and save; the gap's article is the draft from then on.

    ``by``: who and when. The file is written between two transactions, because git takes its time.
    Raises NotFoundError and InputError.
    """
    actor, now = by
    with database.read() as connection:
        made = draft(connection, gap_id, answers, path_of=paths(shelf.snapshot))
    if isinstance(made, TooThin):
        return made
    saved = save(made, shelf.articles, shelf.target, now)
    if isinstance(saved, Taken):
        return saved
    written = Written(made, saved)
    with database.write() as connection:
        _note(connection, gap_id, written, actor=actor, at=now)
    return written


def paths(snapshot: Snapshot) -> Callable[[str], str]:
    """Paths of articles by id, empty for unknown ones."""

    def path_of(article_id: str) -> str:
        try:
            return snapshot.article(article_id).path
        except NotFoundError:
            return ""

    return path_of


def draft(
    connection: Connection,
    gap_id: int,
    answers: Mapping[Role, str],
    *,
    path_of: Callable[[str], str] = lambda article_id: "",
) -> Draft | TooThin:
    """What would be saved, or the questions whose answers are missing.

    ``path_of`` gives the path of an article, empty for an unknown one: a draft is put beside the
    article that comes nearest. Raises NotFoundError.
    """
    gap = store.get(connection, gap_id)
    known = stock.known_around(connection, gap.ticket_ids)
    tickets = stock.of_ids(connection, gap.ticket_ids)
    material = Material(
        title=masked(gap.title, known),
        tickets=tuple(_masked(ticket, known) for ticket in tickets),
        products=tuple(gap.facts.get("products", ())),
        topic=_topic(gap, path_of),
        owner=_owner(connection, gap),
    )
    return compose(material, {role: masked(text, known) for role, text in answers.items()})


def _note(
    connection: Connection, gap_id: int, written: Written, *, actor: Actor, at: datetime
) -> None:
    article_id = written.draft.article_id
    store.set_article(connection, gap_id, article_id)
    saved = written.saved
    facts = {"path": saved.path, "branch": saved.branch, "article": article_id}
    happening = Happening(GapEventKind.DRAFTED, facts=facts)
    events.record(connection, gap_id, happening, actor=actor, at=at)


def _masked(ticket: Stocked, known: Known) -> Stocked:
    return replace(
        ticket,
        subject=masked(ticket.subject, known),
        question=masked(ticket.question, known),
        resolution=masked(ticket.resolution, known),
    )


def _topic(gap: Gap, path_of: Callable[[str], str]) -> str:
    """The folder of the nearest article, or the product."""
    for article_id in gap.facts.get("nearest", ()):
        folder, slash, _ = path_of(article_id).rpartition("/")
        if slash:
            return folder.partition("/")[0]
    products = gap.facts.get("products", ())
    return products[0] if products else ""


def _owner(connection: Connection, gap: Gap) -> str:
    if gap.owner_id is None:
        return ""
    user = accounts.user(connection, gap.owner_id)
    return user.login if user else ""
