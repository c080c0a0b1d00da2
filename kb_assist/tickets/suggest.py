"""What helps with this ticket: articles, and tickets that were resolved before.

The steps are apart because a model must not run inside a transaction: read the text, search, read
similar tickets, then record what was shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from kb_assist.articles.model import Audience
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.retrieval.model import Answer, Query
from kb_assist.retrieval.query import clean_query
from kb_assist.retrieval.search import DEFAULT_LIMIT, Searcher
from kb_assist.tickets import comments_store, store, vectors_store
from kb_assist.tickets.model import CommentKind, Ticket
from kb_assist.tickets.similar import Meaning, SimilarTicket, similar_tickets
from kb_assist.tickets.vectors_store import HeldVectors

# The newest words of the requester count; an endless thread does not become a better question.
_MOST_COMMENTS = 10
_EMBED_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Question:
    """A ticket as it is searched with."""

    ticket: Ticket
    text: str
    """Subject and the requester's words, without greetings, signatures and quoted mails."""

    @property
    def query(self) -> Query:
        return clean_query(self.text, language=self.ticket.language)


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom articles are chosen."""

    audience: Audience = Audience.L2
    language: str = ""


def question(connection: Connection, ticket_id: int) -> Question:
    """Subject, text and later words of the requester. Raises NotFoundError."""
    ticket = store.get(connection, ticket_id)
    said = [
        comment.body
        for comment in comments_store.of_ticket(connection, ticket_id)
        if comment.kind is CommentKind.REQUESTER
    ]
    return Question(ticket, _joined(ticket, said[-_MOST_COMMENTS:]))


def articles(
    searcher: Searcher, asked: Question, reader: Reader, *, limit: int = DEFAULT_LIMIT
) -> Answer:
    """Articles for the ticket, calibrated and explained."""
    return searcher.suggest(
        asked.text,
        language=asked.ticket.language,
        audience=reader.audience,
        reader_language=reader.language,
        limit=limit,
    )


def vector(searcher: Searcher, asked: Question) -> Vectors | None:
    """As the model gives it; None when it is not known. Remembered for a while."""
    return searcher.embed_if_possible(asked.query)


def meaning(searcher: Searcher, asked: Question, held: HeldVectors) -> Meaning | None:
    """What to compare tickets by; None when it is not known."""
    space = searcher.query_space
    made = vector(searcher, asked)
    if space is None or made is None:
        return None
    asked_for = vectors_store.Asked(space, made, asked.ticket.language, searcher.centre.mean)
    return Meaning(asked_for, held)


def similar(
    connection: Connection, asked: Question, near: Meaning | None
) -> tuple[SimilarTicket, ...]:
    """Resolved tickets like this one, best first."""
    return similar_tickets(connection, asked.ticket, asked.text, meaning=near)


def without_vector(connection: Connection, searcher: Searcher) -> tuple[Question, ...]:
    """The next resolved tickets whose meaning is not stored; none without a model."""
    space = searcher.query_space
    if space is None:
        return ()
    ids = vectors_store.lacking(connection, space, _EMBED_AT_ONCE)
    found = store.many(connection, ids)
    return tuple(Question(found[key], _joined(found[key], ())) for key in ids if key in found)


def embedded(searcher: Searcher, asked: Sequence[Question]) -> vectors_store.Batch | None:
    """Vectors of the questions, made outside a transaction; None without a model."""
    space = searcher.query_space
    made = searcher.embed_all([one.query for one in asked])
    if space is None or made is None:
        return None
    return vectors_store.Batch(space, {q.ticket.id: v for q, v in zip(asked, made, strict=True)})


def _joined(ticket: Ticket, comments: Sequence[str]) -> str:
    """Each message is cleaned by itself: one's signature must not end the next."""
    first = clean_query(ticket.body, language=ticket.language, subject=ticket.subject).text
    later = [clean_query(text, language=ticket.language).text for text in comments]
    return "\n\n".join(part for part in (first, *later) if part)
