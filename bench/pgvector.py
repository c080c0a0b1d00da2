"""Vectors in PostgreSQL beside FAISS: the same articles and tickets on both, in one run.

``python -m bench.pgvector parity`` compares answers on labelled tickets; ``growth`` compares time
and recall of whole suggestions on many synthetic chunks, ``vectors`` of the vector search alone. A
server of its own is started for the purpose.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy.engine import URL
from threadpoolctl import threadpool_limits

from bench import growth
from kb_assist.cli.apart import open_apart
from kb_assist.indexer.assemble import FolderWriter
from kb_assist.indexer.embedder import Vectors
from kb_assist.indexer.pgvector import (
    PgVectors,
    build_engine,
    search_engine,
    vector_table,
    write_table,
)
from kb_assist.indexer.snapshot import Arrays, Layout, Manifest, open_snapshot
from kb_assist.indexer.vector_store import VectorStore
from kb_assist.indexer.vectors import open_vectors
from kb_assist.retrieval import evaluate
from kb_assist.retrieval.model import Query, Suggestion
from kb_assist.retrieval.query import clean_query
from kb_assist.retrieval.search import Searcher
from kb_assist.retrieval.tickets import LabelledTicket, load_tickets
from kb_assist.settings import Settings, load_settings
from tests import databases

# What an operator would give a server that holds a million chunks.
_OPTIONS = "-c shared_buffers=4GB -c max_parallel_maintenance_workers=2"
_SCHEMA = "bench"
_DIMENSION = 384
_ASKED = 200
# As many as ranking asks for.
_ROWS = 120


def main() -> None:
    chosen = _arguments()
    # As the server does.
    threadpool_limits(limits=1, user_api="blas")
    with databases.postgresql_server(_OPTIONS) as server:
        url = server.set(database=databases.SHARED)
        if chosen.what == "parity":
            found = parity(load_settings(articles=chosen.articles), url, chosen.tickets)
        else:
            settings = load_settings(articles=chosen.articles)
            near = growth.real_vectors(settings.index_dir)
            if chosen.what == "growth":
                found = compare_growth(settings.articles, near, url, chosen.chunks)
            else:
                found = compare_vectors(near, url, chosen.chunks)
    print(json.dumps(found, indent=2))


def parity(settings: Settings, url: URL, tickets_file: Path) -> dict[str, Any]:
    """MRR on both, and the share of tickets whose first five suggestions are the same."""
    tickets = load_tickets(tickets_file)
    ways = {
        "faiss": settings.model_copy(update={"vectors": "faiss"}),
        "pgvector": load_settings(
            articles=settings.articles,
            vectors="pgvector",
            database_url=url.render_as_string(hide_password=False),
        ),
    }
    measured: dict[str, Any] = {}
    answers: list[list[tuple[Suggestion, ...]]] = []
    vectors: Vectors | None = None
    for name, way in ways.items():
        apart = open_apart(way)
        if vectors is None:
            vectors = apart.searcher.embed_all([_query(ticket) for ticket in tickets])
            assert vectors is not None
        outcomes, shown = _asked(apart.searcher, tickets, vectors)
        measured[name] = evaluate.summarise(outcomes, apart.report)["mrr_at_10"]
        answers.append(shown)
    pairs = list(zip(*answers, strict=True))
    same = [
        (_reason(left), _reason(right))
        for one, other in pairs
        for left in one
        for right in other
        if left.article.id == right.article.id
    ]
    return {
        "tickets": len(tickets),
        "mrr_at_10": measured,
        "same_order": sum(_order(one) == _order(other) for one, other in pairs) / len(pairs),
        "suggestions_of_both": len(same),
        "same_explanation": sum(left == right for left, right in same) / len(same),
    }


def _asked(
    searcher: Searcher, tickets: Sequence[LabelledTicket], vectors: Vectors
) -> tuple[list[evaluate.Outcome], list[tuple[Suggestion, ...]]]:
    """As ``kb-assist evaluate`` asks, with vectors that are known already."""
    paths = searcher.snapshot.path_of_row()
    outcomes: list[evaluate.Outcome] = []
    shown: list[tuple[Suggestion, ...]] = []
    for ticket, vector in zip(tickets, vectors, strict=True):
        query = _query(ticket)
        ranking = searcher.rank(query, vector, reader_language=ticket.language)
        shown.append(searcher.explain(ranking))
        searcher.learn(query, vector)
        found = tuple(paths[row] for row in ranking.rows[:10])
        outcomes.append(evaluate.Outcome(ticket, found, ranking.strength, ranking.chance_any, 0.0))
    return outcomes, shown


def _query(ticket: LabelledTicket) -> Query:
    return clean_query(ticket.body, language=ticket.language, subject=ticket.subject)


def _order(suggestions: tuple[Suggestion, ...]) -> list[str]:
    return [suggestion.article.id for suggestion in suggestions]


def _reason(suggestion: Suggestion) -> tuple[object, ...]:
    return suggestion.passage, suggestion.shared_identifiers, suggestion.shared_terms


def compare_growth(articles: Path, near: growth.NearReal, url: URL, size: int) -> dict[str, Any]:
    """Time after the embedding and recall, HNSW in both."""
    rng = np.random.default_rng(size)
    vocabulary = growth.vocabulary_of(articles)
    made = growth.corpus(rng, size, vocabulary, near)
    tickets = growth.draw_tickets(rng, vocabulary, near)
    address = url.render_as_string(hide_password=False)
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(Path(folder))
        write = _Both(layout, address)
        growth.write_corpus(layout, made, exact=False, write=write)
        in_files = open_snapshot(layout.folder)
        of_faiss = growth.ask(in_files, tickets)
        in_database = open_snapshot(layout.folder, _Opener(address))
        assert in_files.chunk_vectors is not None
        every = in_files.chunk_vectors.rows(np.arange(size))
        # Once to fill the server's buffers, as after its first minute.
        growth.ask(in_database, tickets, every)
        of_pgvector = growth.ask(in_database, tickets, every)
    return {
        "chunks": size,
        "faiss": {**of_faiss, "write_seconds": round(write.seconds["faiss"], 1)},
        "pgvector": {**of_pgvector, "write_seconds": round(write.seconds["pgvector"], 1)},
    }


def compare_vectors(near: growth.NearReal, url: URL, size: int) -> dict[str, Any]:
    """Milliseconds of one search for 120 rows, and recall against comparing with every vector."""
    rng = np.random.default_rng(size)
    vectors = near.draw_any(rng, size)
    asked = near.draw_any(rng, _ASKED)
    audience = np.zeros(size, np.uint8)
    address = url.render_as_string(hide_password=False)
    found: dict[str, Any] = {"chunks": size}
    with tempfile.TemporaryDirectory() as folder:
        write = _Both(Layout(Path(folder)), address)
        write("chunks", vectors, audience, exact=False)
        table = vector_table(_SCHEMA, "chunks", _DIMENSION)
        stores: dict[str, VectorStore] = {
            "faiss": open_vectors(Layout(Path(folder)).chunk_vectors, audience),
            "pgvector": PgVectors(search_engine(address), table, size, _DIMENSION),
        }
        for name, store in stores.items():
            # Once to fill the buffers, as after a server's first minute.
            for vector in asked:
                store.search(vector, _ROWS)
            times, hits = [], 0
            for vector in asked:
                nearest = np.argpartition(-(vectors @ vector), 10)[:10]
                started = time.perf_counter()
                _, rows = store.search(vector, _ROWS)
                times.append((time.perf_counter() - started) * 1000)
                hits += len(set(nearest.tolist()) & set(rows[:10].tolist()))
            p50, p95 = np.percentile(times, [50, 95])
            found[name] = {
                "p50_ms": round(float(p50), 2),
                "p95_ms": round(float(p95), 2),
                "recall_at_10": round(hits / (10 * _ASKED), 4),
                "write_seconds": round(write.seconds[name], 1),
            }
    return found


class _Both:
    """Writes the same vectors to the folder and to the database, and remembers how long it took."""

    def __init__(self, layout: Layout, address: str) -> None:
        self._to_folder = FolderWriter(layout)
        self._engine = build_engine(address)
        self.seconds = {"faiss": 0.0, "pgvector": 0.0}

    def __call__(
        self, kind: str, vectors: Vectors, audience: npt.NDArray[np.uint8], *, exact: bool
    ) -> None:
        started = time.perf_counter()
        self._to_folder(kind, vectors, audience, exact=exact)
        between = time.perf_counter()
        with self._engine.begin() as connection:
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS vector")
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
            write_table(connection, vector_table(_SCHEMA, kind, _DIMENSION), vectors, audience)
        self.seconds["faiss"] += between - started
        self.seconds["pgvector"] += time.perf_counter() - between


class _Opener:
    """Opens the vectors of the database instead of those of the folder."""

    def __init__(self, address: str) -> None:
        self._engine = search_engine(address)

    def __call__(
        self, layout: Layout, manifest: Manifest, arrays: Arrays
    ) -> tuple[VectorStore, VectorStore]:
        chunks, titles = (
            PgVectors(self._engine, vector_table(_SCHEMA, kind, _DIMENSION), count, _DIMENSION)
            for kind, count in (("chunks", manifest.chunks), ("titles", len(arrays.audience)))
        )
        return chunks, titles


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pgvector", description=__doc__)
    parser.add_argument("what", choices=["parity", "growth", "vectors"])
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--tickets", type=Path, help="labelled tickets, for parity")
    parser.add_argument("--chunks", type=int, default=100_000, help="for growth and vectors")
    return parser.parse_args()


if __name__ == "__main__":
    main()
