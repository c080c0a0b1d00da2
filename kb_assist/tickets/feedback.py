"""Somebody says, or shows, what a suggestion was worth."""

from __future__ import annotations

from collections.abc import Sequence

from kb_assist.errors import N_, InputError
from kb_assist.retrieval.model import Answer
from kb_assist.tickets import feedback_store, store
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.feedback_model import Signal, SignalKind, SubjectKind
from kb_assist.tickets.links import link_article
from kb_assist.tickets.model import ArticleRole
from kb_assist.tickets.similar import SimilarTicket

MAX_QUERY_CHARACTERS = 1_000
# What an article becomes to the ticket by what was said about it.
_ROLES = {
    SignalKind.LINK: ArticleRole.LINKED,
    SignalKind.INSERT: ArticleRole.LINKED,
    SignalKind.DID_NOT_HELP: ArticleRole.TRIED,
    SignalKind.SOLVED: ArticleRole.SOLVED,
}
_WITHOUT_SUBJECT = frozenset({SignalKind.NONE_OF_THESE, SignalKind.FAILED_SEARCH})


def tell(desk: Desk, ticket_id: int, signal: Signal) -> None:
    """Keep a signal; an article that was linked, quoted, tried or that solved it gets its link.

    Raises NotFoundError for an unknown ticket and InputError for a signal that lacks its subject.
    """
    store.get(desk.connection, ticket_id)
    if signal.kind not in _WITHOUT_SUBJECT and not signal.subject_id:
        raise InputError(N_("%(value)s needs the id of what it is about.", value=signal.kind.value))
    if len(signal.query) > MAX_QUERY_CHARACTERS:
        raise InputError(N_("A query has at most %(most)s characters.", most=MAX_QUERY_CHARACTERS))
    _add(desk, ticket_id, [signal])
    role = _ROLES.get(signal.kind)
    if role is not None and signal.subject_kind is SubjectKind.ARTICLE:
        link_article(desk, ticket_id, signal.subject_id, role=role, passage=signal.passage)


def impressions(
    desk: Desk, ticket_id: int, answer: Answer, similar: Sequence[SimilarTicket] = ()
) -> int:
    """Keep what was shown, once per person, ticket and index; how many were new."""
    seen = feedback_store.shown(desk.connection, ticket_id, desk.actor.user_id)
    fresh = [
        signal
        for signal in (*_of_answer(answer), *_of_similar(similar, answer.generation))
        if (signal.subject_kind.value, signal.subject_id, signal.generation) not in seen
    ]
    _add(desk, ticket_id, fresh)
    return len(fresh)


def failed_search(desk: Desk, ticket_id: int, answer: Answer) -> None:
    """A search on the ticket's page that found nothing good enough."""
    signal = Signal(
        SignalKind.FAILED_SEARCH,
        SubjectKind.NOTHING,
        strength=answer.strength.value,
        chance=answer.chance_any,
        generation=answer.generation,
        query=answer.query.text[:MAX_QUERY_CHARACTERS],
    )
    tell(desk, ticket_id, signal)


def _of_answer(answer: Answer) -> list[Signal]:
    return [
        Signal(
            SignalKind.IMPRESSION,
            SubjectKind.ARTICLE,
            subject_id=suggestion.article.id,
            passage=suggestion.passage.anchor,
            rank=suggestion.rank,
            strength=suggestion.strength.value,
            chance=answer.chance_first if suggestion.rank == 1 else None,
            generation=answer.generation,
        )
        for suggestion in answer.suggestions
    ]


def _of_similar(similar: Sequence[SimilarTicket], generation: str) -> list[Signal]:
    return [
        Signal(
            SignalKind.IMPRESSION,
            SubjectKind.TICKET,
            subject_id=found.ticket.number,
            rank=rank,
            generation=generation,
        )
        for rank, found in enumerate(similar, start=1)
    ]


def _add(desk: Desk, ticket_id: int, signals: Sequence[Signal]) -> None:
    feedback_store.add(
        desk.connection, signals, ticket_id=ticket_id, user_id=desk.actor.user_id, at=desk.now
    )
