"""Resolved tickets that are like this one: by rare common words, and by meaning where known."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection

from kb_assist.storage import full_text
from kb_assist.tickets import store, vectors_store
from kb_assist.tickets.model import ResolutionCode, Ticket
from kb_assist.tickets.vectors_store import Asked, HeldVectors
from kb_assist.tickets.words import stored_terms, telling_terms

DEFAULT_LIMIT = 5
# Ranking costs a microsecond per posting on SQLite and nine on PostgreSQL; common words decide
# nothing.
_MOST_POSTINGS = 10_000
_MOST_TERMS = 12
_MOST_COUNTED = 40
_CANDIDATES = 100
# Usual damping of reciprocal rank fusion.
_DAMPING = 60.0
# Below this two tickets are rarely about the same: of pairs of demo tickets at 0.25 or more, two
# of three are, and they are three of five of all such pairs.
_STILL_SIMILAR = 0.25
# Ends that carry no solution to copy.
_NO_SOLUTION = frozenset({ResolutionCode.DUPLICATE, ResolutionCode.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class SimilarTicket:
    ticket: Ticket
    shared: tuple[str, ...]
    """Terms both have, the rarest first."""
    similarity: float | None
    """Cosine of meaning; None where one of the two has no vector."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The vector of the ticket at hand and where it may be compared."""

    asked: Asked
    held: HeldVectors


def similar_tickets(
    connection: Connection,
    ticket: Ticket,
    text: str,
    *,
    meaning: Meaning | None = None,
    limit: int = DEFAULT_LIMIT,
) -> tuple[SimilarTicket, ...]:
    """``text``: what the requester wrote, without greetings and signatures."""
    terms, postings = _rarest(connection, telling_terms(text, ticket.language))
    # Of a ticket of common words only, the latest tickets must do.
    newest = min(1.0, _MOST_POSTINGS / max(postings, 1))
    by_words = full_text.matching_any(connection, terms, _CANDIDATES, newest=newest)
    scores = {key: 1 / (_DAMPING + rank) for rank, key in enumerate(by_words)}
    cosines: dict[int, float] = {}
    if meaning is not None:
        cosines = _cosines(connection, meaning, by_words)
        nearest = sorted(cosines, key=lambda key: -cosines[key])
        for rank, key in enumerate(nearest):
            scores[key] = scores.get(key, 0.0) + 1 / (_DAMPING + rank)
    found = store.many(connection, list(scores))
    usable = [t for t in found.values() if _is_usable(t, ticket)]
    best = sorted(usable, key=lambda t: (-scores[t.id], -t.id))
    # Looking for shared terms costs a millisecond a ticket: only until enough are found.
    shown = (_similar(t, terms, cosines.get(t.id)) for t in best)
    return tuple(islice((s for s in shown if _is_similar(s)), limit))


def _rarest(connection: Connection, terms: list[str]) -> tuple[list[str], int]:
    """Rarest first, as many as can be ranked in time, one at least; and their postings."""
    likely = sorted(terms, key=_promise, reverse=True)[:_MOST_COUNTED]
    spread = full_text.spread(connection, likely)
    chosen: list[str] = []
    postings = 0
    # Of equally rare ones the most promising, which come first.
    for term in sorted(spread, key=lambda t: spread[t]):
        if chosen and (postings + spread[term] > _MOST_POSTINGS or len(chosen) == _MOST_TERMS):
            break
        postings += spread[term]
        chosen.append(term)
    return chosen, postings


def _promise(term: str) -> tuple[bool, int]:
    """Numbers and identifiers are rare, then long words; counting the others costs most."""
    return any(c.isdigit() for c in term), len(term)


def _cosines(connection: Connection, meaning: Meaning, by_words: list[int]) -> dict[int, float]:
    near = dict(meaning.held.nearest(connection, meaning.asked, _CANDIDATES))
    others = [key for key in by_words if key not in near]
    stored = vectors_store.of(connection, meaning.asked.model_key, others)
    return near | meaning.held.alike(meaning.asked, stored)


def _is_usable(found: Ticket, ticket: Ticket) -> bool:
    return (
        found.id != ticket.id
        and not found.is_open
        and bool(found.resolution_text)
        and found.resolution_code not in _NO_SOLUTION
    )


def _similar(found: Ticket, terms: list[str], cosine: float | None) -> SimilarTicket:
    said = f"{found.subject}\n{found.body}\n{found.product}\n{found.resolution_text}"
    own = frozenset(stored_terms(said, found.language))
    return SimilarTicket(found, tuple(term for term in terms if term in own), cosine)


def _is_similar(found: SimilarTicket) -> bool:
    """One common rare word alone is chance; meaning alone must be clear."""
    if found.similarity is None:
        return len(found.shared) > 1
    return found.similarity >= _STILL_SIMILAR
