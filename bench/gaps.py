"""``python -m bench.gaps``: gap clusters against two baselines, and grouping many tickets.

Baselines on the same query vectors in the same run: HDBSCAN on the embeddings alone, and greedy
grouping at a fixed cosine after leaving out tickets whose best cosine to an article passes a fixed
bar, as FreeITSM publishes it. Each baseline gets the bar that suits it best on the very tickets.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import HDBSCAN

from kb_assist.cli.apart import open_apart
from kb_assist.gaps import evaluate
from kb_assist.gaps.cluster import group
from kb_assist.gaps.measure import UNCLUSTERED, Truth, measure
from kb_assist.gaps.space import comparable
from kb_assist.indexer.embedder import Vectors
from kb_assist.indexer.query_cache import query_vectors
from kb_assist.indexer.space import unit
from kb_assist.retrieval.tickets import load_tickets
from kb_assist.settings import load_settings

_DIMENSION = 384


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--tickets", type=Path, action="append", default=[])
    parser.add_argument("--many", type=int, default=0, help="group so many random tickets")
    chosen = parser.parse_args()
    result: dict[str, Any] = {}
    if chosen.articles:
        result["quality"] = quality(chosen.articles, chosen.tickets)
    if chosen.many:
        result["many"] = many(chosen.many)
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
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


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
