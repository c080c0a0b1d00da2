"""``python -m bench.gaps``: gap clusters against two baselines, and detecting in many tickets.

Baselines on the same query vectors in the same run: HDBSCAN on the embeddings alone, and greedy
grouping at a fixed cosine after leaving out tickets whose best cosine to an article passes a fixed
bar, as FreeITSM publishes it. Each baseline gets the bar that suits it best on the very tickets.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import numpy as np
from pydantic import SecretStr
from sklearn.cluster import HDBSCAN
from sqlalchemy import insert, select
from threadpoolctl import threadpool_limits

from kb_assist.app import create_app
from kb_assist.auth import sessions
from kb_assist.auth.accounts import NewAccount, create
from kb_assist.auth.model import Role, User
from kb_assist.bootstrap import build_services
from kb_assist.cli.apart import open_apart
from kb_assist.gaps import evaluate, signals_store, stock, unchanged
from kb_assist.gaps.cluster import group
from kb_assist.gaps.detect import keep
from kb_assist.gaps.find import find
from kb_assist.gaps.measure import UNCLUSTERED, Truth, measure
from kb_assist.gaps.model import Stocked
from kb_assist.gaps.space import comparable
from kb_assist.indexer.embedding.embedder import ModelIdentity, Vectors
from kb_assist.indexer.publish import open_current
from kb_assist.indexer.query_cache import query_vectors
from kb_assist.indexer.space import unit
from kb_assist.retrieval.parameters import load_parameters
from kb_assist.retrieval.query import clean_query
from kb_assist.retrieval.search import Searcher
from kb_assist.retrieval.tickets import load_tickets
from kb_assist.settings import Settings, load_settings
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.tables.tickets import ticket_events
from kb_assist.storage.tables.tickets import tickets as tickets_table
from kb_assist.storage.upgrade import upgrade

_NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
_DIMENSION = 384
_LOG = (("created", "new", 0), ("moved", "in_progress", 2), ("moved", "resolved", 12))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--tickets", type=Path, action="append", default=[])
    parser.add_argument("--many", type=int, default=0, help="group so many random tickets")
    parser.add_argument(
        "--detect", type=int, default=0, help="detect twice in so many stored tickets"
    )
    chosen = parser.parse_args()
    result: dict[str, Any] = {}
    if chosen.articles:
        result["quality"] = quality(chosen.articles, chosen.tickets)
    if chosen.many:
        result["many"] = many(chosen.many)
    if chosen.detect:
        result["detect"] = detect(chosen.detect)
    print(json.dumps(result, indent=2))


def quality(articles: Path, files: list[Path]) -> dict[str, Any]:
    """kb-assist and both baselines on the same tickets and vectors."""
    tickets = [ticket for file in files for ticket in load_tickets(file)]
    apart = open_apart(load_settings(articles=articles))
    queries = evaluate.queries_of(tickets)
    vectors = query_vectors(apart.queries_file, apart.embedder, [q.text for q in queries])
    truths = [Truth(None if t.relevant else t.missing or t.id) for t in tickets]
    return {
        "kb-assist": evaluate.run(apart.searcher, tickets, queries, vectors),
        "hdbscan": _figures(truths, HDBSCAN(min_cluster_size=2).fit_predict(vectors)),
        "greedy": max(
            (_figures(truths, _greedy(vectors, bar)) for bar in np.arange(0.80, 0.97, 0.01)),
            key=lambda figures: figures["bcubed_f1"],
        ),
    }


def many(count: int) -> dict[str, Any]:
    """Seconds and peak memory for tickets of random topics of natural sizes."""
    rng = np.random.default_rng(0)
    topics = rng.zipf(1.6, count) % (count // 5)
    centres = rng.standard_normal((count // 5, _DIMENSION)).astype(np.float32)
    vectors = centres[topics] + rng.standard_normal((count, _DIMENSION)).astype(np.float32)
    started = time.perf_counter()
    labels = group(comparable(unit(vectors), ["en"] * count))
    return {
        "tickets": count,
        "groups_of_three": int((np.bincount(labels) >= 3).sum()),
        "seconds": round(time.perf_counter() - started, 1),
        "peak_mb": _peak_mb(),
    }


def detect(count: int) -> dict[str, Any]:
    """Seconds and peak memory of two runs over stored tickets of random topics and words.

    The published index answers; vectors are made up and cached before the clock starts, as the
    model's are after the first run. The second run finds everything as it was.
    """
    settings = load_settings()
    snapshot = open_current(settings.index_dir)
    if snapshot.manifest.model is None:
        raise SystemExit("The index was built without a model.")
    embedder = _MadeUp(snapshot.manifest.model)
    searcher = Searcher(snapshot, embedder, load_parameters(settings.fusion_file))
    threadpool_limits(limits=1, user_api="blas")
    with TemporaryDirectory() as folder:
        database = Database(sqlite_url(Path(folder) / "bench.db"))
        upgrade(database)
        _store(database, count)
        cache = Path(folder) / "queries.sqlite"
        since = _NOW - timedelta(days=90)
        with database.read() as connection:
            find(searcher, stock.unexplained(connection, since)[:3], cache)
            _warm(cache, embedder, stock.unexplained(connection, since))
        runs = [_run(database, searcher, cache, since) for _ in range(2)]
        peak = _peak_mb()
        database.close()
        url = SecretStr(f"sqlite:///{Path(folder) / 'bench.db'}")
        pages = _pages(settings.model_copy(update={"database_url": url}))
    return {"tickets": count, "runs": runs, "peak_mb": peak, "page_ms": pages}


def _pages(settings: Settings) -> dict[str, float]:
    """Medians of the pages that read all gaps, after the first look."""
    services = build_services(settings)
    app = create_app(settings, services)
    client = app.test_client()
    at = services.clock.now()
    with services.database.write() as connection:
        account = NewAccount("bench", "Bench", Role.CONTENT_OWNER, password="correct horse battery")
        user = create(connection, services.passwords, account, at=at)
        assert isinstance(user, User)
        key = sessions.start(connection, user.id, at=at)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = key
    return {path: _median(client, path) for path in ("/gaps", "/gaps/1", "/gaps/health")}


def _median(client: Any, path: str) -> float:
    times = []
    for _ in range(6):
        started = time.perf_counter()
        assert client.get(path).status_code == 200, path
        times.append(1000 * (time.perf_counter() - started))
    return round(median(times[1:]), 1)


def _run(database: Database, searcher: Searcher, cache: Path, since: datetime) -> dict[str, Any]:
    started = time.perf_counter()
    with database.read() as connection:
        tickets = stock.unexplained(connection, since)
        heard = signals_store.heard(connection, since)
    read = time.perf_counter()
    findings = find(searcher, tickets, cache, heard=heard)
    found = time.perf_counter()
    with database.write() as connection:
        kept = keep(connection, findings, _NOW)
    ended = time.perf_counter()
    unchanged.digest(tickets, heard)
    return {
        "read_seconds": round(read - started, 1),
        "find_seconds": round(found - read, 1),
        "keep_seconds": round(ended - found, 1),
        # With reading, all that a run over nothing new takes.
        "compare_seconds": round(time.perf_counter() - ended, 1),
        "new": kept.new,
        "continued": kept.continued,
    }


def _store(database: Database, count: int) -> None:
    """Tickets with thirty words, ten of them those of their topic; every second one is solved.

    Each has a log of ten minutes of work.
    """
    rng = np.random.default_rng(0)
    topics = rng.zipf(1.6, count) % (count // 5)
    rows = []
    for number, topic in enumerate(topics.tolist()):
        own = " ".join(f"topic{topic}word{at}" for at in range(10))
        other = " ".join(f"w{word}" for word in rng.integers(0, 20_000, 20))
        at = _NOW - timedelta(minutes=int(rng.integers(0, 89 * 1440)))
        rows.append(
            {
                "source": "bench",
                "external_id": str(number),
                "subject": f"topic{topic} w{number}",
                "body": f"{own} {other}",
                "language": "en",
                "channel": "api",
                "state": "new",
                "level": "l1",
                "impact": 3,
                "urgency": 3,
                "priority": 4,
                "resolution_text": f"Cause: {own}." if number % 2 else "",
                "created_at": at,
                "updated_at": at,
                "is_open": True,
                "next_due": _NOW,
                "soon_from": _NOW,
            }
        )
    with database.write() as connection:
        connection.execute(insert(tickets_table), rows)
        found = connection.execute(select(tickets_table.c.id, tickets_table.c.created_at)).all()
        log = [_event(key, at, *step) for key, at in found for step in _LOG]
        connection.execute(insert(ticket_events), log)


def _event(ticket_id: int, at: datetime, kind: str, state: str, minutes: int) -> dict[str, Any]:
    return {
        "ticket_id": ticket_id,
        "at": at + timedelta(minutes=minutes),
        "actor_kind": "user",
        "actor_name": "Bench",
        "kind": kind,
        "before": {},
        "after": {"state": state},
        "version": 1,
    }


def _warm(cache: Path, embedder: _MadeUp, tickets: list[Stocked]) -> None:
    texts = [clean_query(t.question, language=t.language).text for t in tickets]
    query_vectors(cache, embedder, [*texts, *(t.resolution for t in tickets if t.resolution)])


class _MadeUp:
    """Vectors without a model: a direction for the topic, and noise of the text's own."""

    def __init__(self, identity: ModelIdentity) -> None:
        self.identity = identity

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return unit(np.stack([self._vector(text) for text in texts]))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self.encode_queries(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def _vector(self, text: str) -> Vectors:
        topic = re.search(r"topic\d+", text)
        parts = [topic.group() if topic else "", text]
        rows = [np.random.default_rng(crc32(part.encode())) for part in parts]
        return sum(row.standard_normal(self.identity.dimension) for row in rows).astype(np.float32)


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _greedy(vectors: Vectors, bar: float) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Each ticket joins the first group whose first ticket is near enough."""
    labels = np.full(len(vectors), UNCLUSTERED, dtype=np.int64)
    firsts: list[int] = []
    for row in range(len(vectors)):
        near = [at for at, first in enumerate(firsts) if vectors[row] @ vectors[first] >= bar]
        if near:
            labels[row] = near[0]
        else:
            labels[row] = len(firsts)
            firsts.append(row)
    sizes = np.bincount(labels)
    return np.where(sizes[labels] > 1, labels, UNCLUSTERED)


def _figures(truths: list[Truth], labels: Any) -> dict[str, Any]:
    found = measure(truths, [int(x) for x in labels], [bool(x >= 0) for x in labels])
    keys = ("bcubed_precision", "bcubed_recall", "bcubed_f1", "topics_found", "clusters")
    extra = ("uncovered_precision", "uncovered_recall")
    return {key: getattr(found, key) for key in (*keys, *extra)}


if __name__ == "__main__":
    main()
