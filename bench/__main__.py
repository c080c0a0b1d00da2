"""``python -m bench``: what kb-assist adds to the time of the model itself.


Both sides of every ratio are measured in one run, because the machines this runs on are noisy.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from kb_assist.indexer.embedder import load_embedder
from kb_assist.indexer.publish import open_current
from kb_assist.indexer.reindex import reindex
from kb_assist.retrieval.parameters import load_parameters
from kb_assist.retrieval.query import clean_query
from kb_assist.retrieval.search import Searcher
from kb_assist.retrieval.tickets import load_tickets
from kb_assist.settings import load_settings

_MOST_TICKETS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=Path, default=Path("articles"))
    parser.add_argument("--tickets", type=Path, default=Path("demo/tickets.jsonl"))
    chosen = parser.parse_args()
    settings = load_settings(articles=chosen.articles)
    embedder = load_embedder(settings)
    with tempfile.TemporaryDirectory() as folder:
        apart = settings.model_copy(update={"var": Path(folder)})
        report = reindex(apart, load_model=lambda _: embedder, fingerprint="none").report
        snapshot = open_current(apart.index_dir)
        texts = [c.embed_text for kept in snapshot.chunks_by_digest().values() for c in kept]
        started = time.perf_counter()
        embedder.encode_passages(texts)
        encode_seconds = time.perf_counter() - started
        searcher = Searcher(snapshot, embedder, load_parameters())
        times = [_suggest(searcher, t.subject, t.body) for t in load_tickets(chosen.tickets)]
    p50 = np.percentile(np.array(times[:_MOST_TICKETS]) * 1000, 50, axis=0)
    result = {
        "chunks": report.chunks,
        "index_seconds": report.seconds,
        "encode_alone_seconds": round(encode_seconds, 2),
        "index_over_encode": round(report.seconds / encode_seconds, 3),
        "embed_p50_ms": round(float(p50[0]), 2),
        "after_embedding_p50_ms": round(float(p50[1]), 2),
        "suggest_over_embed_p50": round(float((p50[0] + p50[1]) / p50[0]), 3),
    }
    print(json.dumps(result, indent=2))


def _suggest(searcher: Searcher, subject: str, body: str) -> tuple[float, float]:
    """Seconds in the model, and in everything else."""
    started = time.perf_counter()
    query = clean_query(body, subject=subject)
    cleaned = time.perf_counter()
    vector = searcher.embed(query)
    embedded = time.perf_counter()
    searcher.explain(searcher.rank(query, vector))
    ended = time.perf_counter()
    return embedded - cleaned, (cleaned - started) + (ended - embedded)


if __name__ == "__main__":
    main()
