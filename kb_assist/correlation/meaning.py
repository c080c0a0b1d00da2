"""What tickets mean, for comparing them with each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from kb_assist.correlation.surges import Space
from kb_assist.correlation.surges_store import Arrival
from kb_assist.indexer.embedding.embedder import Embedder, Vectors
from kb_assist.indexer.typical import TYPICAL_TICKETS
from kb_assist.tickets.suggest import Question


def space(embedder: Embedder) -> Space:
    """Where the model puts tickets. Its expectations are embedded when they are asked for."""

    @lru_cache
    def expected(language: str) -> Vectors:
        languages = [language] if language in TYPICAL_TICKETS else list(TYPICAL_TICKETS)
        texts = [text for one in languages for text in TYPICAL_TICKETS[one]]
        mean: Vectors = embedder.encode_queries(texts).mean(axis=0)
        return mean

    return Space(embedder.identity.vector_key("query"), expected)


def arrivals(embedder: Embedder, asked: Sequence[Question]) -> list[Arrival]:
    """The tickets with what they mean."""
    texts = [one.query.text for one in asked]
    rows = embedder.encode_queries(texts) if texts else ()
    return [
        Arrival(one.ticket.id, one.ticket.created_at, one.ticket.language, row)
        for one, row in zip(asked, rows, strict=True)
    ]
