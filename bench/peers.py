"""kb-assist beside txtai (same model, hybrid) and plain BM25: same articles, same tickets, one run.

txtai and BM25 get what a careful user would give them: the passages that kb-assist cuts, with the
title in front, and the ticket text after cleaning. An article counts as found at the rank of its
best passage.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
from txtai import Embeddings

from kb_assist.indexer.embedding.bundled import ensure_bundled_model
from kb_assist.indexer.embedding.embedder import SentenceTransformerEmbedder, load_embedder
from kb_assist.indexer.publish import open_current
from kb_assist.indexer.reindex import reindex
from kb_assist.indexer.snapshot import Snapshot
from kb_assist.retrieval.parameters import load_parameters
from kb_assist.retrieval.query import clean_query
from kb_assist.retrieval.search import Searcher
from kb_assist.retrieval.tickets import LabelledTicket, load_tickets
from kb_assist.settings import Settings

_DEPTH = 10
_PASSAGES = 60

Ask = Callable[[LabelledTicket], Sequence[str]]
"""A ticket to article paths, best first."""


@dataclass(frozen=True, slots=True)
class _Passages:
    texts: list[str]
    paths: list[str]
    """The article of each text."""


def measure(settings: Settings, tickets_file: Path, most_tickets: int) -> list[dict[str, Any]]:
    """One row per system."""
    tickets = [t for t in load_tickets(tickets_file) if t.relevant][:most_tickets]
    embedder = load_embedder(settings)
    embedder.encode_queries(["warm up"])
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        apart = settings.model_copy(update={"var": Path(folder)})
        seconds, searcher = _timed(lambda: _kb_assist(apart, embedder))
        passages = _passages(searcher.snapshot)
        rows.append(_row("kb-assist", seconds, _ask_kb_assist(searcher), tickets))
        model = str(ensure_bundled_model(settings.models_dir))
        seconds, peer = _timed(lambda: _txtai(model, passages))
        rows.append(_row("txtai hybrid", seconds, _ask_txtai(peer, passages), tickets))
        seconds, words = _timed(lambda: _bm25(passages))
        rows.append(_row("BM25", seconds, _ask_bm25(words, passages), tickets))
    return rows


def _timed(make: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    made = make()
    return time.perf_counter() - started, made


def _kb_assist(settings: Settings, embedder: SentenceTransformerEmbedder) -> Searcher:
    reindex(settings, load_model=lambda _: embedder, fingerprint=embedder.identity.fingerprint)
    return Searcher(open_current(settings.index_dir), embedder, load_parameters())


def _passages(snapshot: Snapshot) -> _Passages:
    paths = {article.id: article.path for article in snapshot.articles()}
    chunks = [c for kept in snapshot.chunks_by_digest().values() for c in kept]
    return _Passages([c.embed_text for c in chunks], [paths[c.article_id] for c in chunks])


def _ask_kb_assist(searcher: Searcher) -> Ask:
    """As ``kb-assist evaluate`` asks, explanations included."""
    paths = searcher.snapshot.path_of_row()

    def ask(ticket: LabelledTicket) -> list[str]:
        query = clean_query(ticket.body, language=ticket.language, subject=ticket.subject)
        vector = searcher.embed(query)
        ranking = searcher.rank(query, vector)
        searcher.explain(ranking)
        searcher.learn(query, vector)
        return [paths[row] for row in ranking.rows[:_DEPTH]]

    return ask


def _txtai(model: str, passages: _Passages) -> Embeddings:
    peer = Embeddings(
        {"path": model, "method": "sentence-transformers", "hybrid": True, "content": False}
    )
    peer.index((row, text, None) for row, text in enumerate(passages.texts))
    return peer


def _ask_txtai(peer: Embeddings, passages: _Passages) -> Ask:
    def ask(ticket: LabelledTicket) -> list[str]:
        query = clean_query(ticket.body, language=ticket.language, subject=ticket.subject)
        found = peer.search(query.text, _PASSAGES)
        return _articles([int(row) for row, _ in found], passages)

    return ask


def _bm25(passages: _Passages) -> bm25s.BM25:
    words = bm25s.BM25()
    words.index(_tokens(passages.texts), show_progress=False)
    return words


def _ask_bm25(words: bm25s.BM25, passages: _Passages) -> Ask:
    def ask(ticket: LabelledTicket) -> list[str]:
        query = clean_query(ticket.body, language=ticket.language, subject=ticket.subject)
        rows, _ = words.retrieve(_tokens([query.text]), k=_PASSAGES, show_progress=False)
        return _articles(rows[0].tolist(), passages)

    return ask


def _tokens(texts: list[str]) -> Any:
    return bm25s.tokenize(texts, stopwords=None, show_progress=False, return_ids=False)


def _articles(rows: Sequence[int], passages: _Passages) -> list[str]:
    return list(dict.fromkeys(passages.paths[row] for row in rows))[:_DEPTH]


def _row(name: str, seconds: float, ask: Ask, tickets: Sequence[LabelledTicket]) -> dict[str, Any]:
    ask(tickets[0])
    times: list[float] = []
    ranks: list[float] = []
    for ticket in tickets:
        started = time.perf_counter()
        paths = ask(ticket)
        times.append((time.perf_counter() - started) * 1000)
        at = next((n for n, path in enumerate(paths) if path in ticket.relevant), None)
        ranks.append(0.0 if at is None else 1 / (at + 1))
    p50, p95 = np.percentile(times, [50, 95])
    return {
        "system": name,
        "index_seconds": round(seconds, 1),
        "query_p50_ms": round(float(p50), 1),
        "query_p95_ms": round(float(p95), 1),
        "mrr_at_10": round(float(np.mean(ranks)), 4),
        "tickets": len(tickets),
    }
