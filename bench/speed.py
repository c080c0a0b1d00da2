"""What kb-assist adds to the time of the model itself, and what a server keeps in memory."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from sentence_transformers import SentenceTransformer

from kb_assist.indexer.embedding.bundled import ensure_bundled_model
from kb_assist.indexer.embedding.embedder import SentenceTransformerEmbedder, load_embedder
from kb_assist.indexer.publish import open_current
from kb_assist.indexer.reindex import reindex
from kb_assist.indexer.snapshot import Snapshot
from kb_assist.retrieval.parameters import load_parameters
from kb_assist.retrieval.query import clean_query
from kb_assist.retrieval.search import Searcher
from kb_assist.retrieval.tickets import load_tickets
from kb_assist.settings import Settings

# Printed by a fresh process after each step of starting a server, in megabytes.
_STEPS = """
import re
from kb_assist.bootstrap import build_services
from kb_assist.settings import load_settings
def resident():
    return round(int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024)
services = build_services(load_settings())
print("imports", resident())
import torch, sentence_transformers
print("torch_and_transformers", resident())
services.engine.load()
print("model_and_index", resident())
for text in ("Drucker druckt nicht", "VPN error 809 " * 60):
    services.engine.searcher().suggest(text)
print("after_suggestions", resident())
"""


def measure(settings: Settings, tickets_file: Path, most_tickets: int) -> dict[str, Any]:
    """Ratios of indexing and of suggesting to the model alone."""
    embedder = load_embedder(settings)
    embedder.encode_queries(["warm up"])
    fingerprint = embedder.identity.fingerprint
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        # Once to know the chunks, and to read the model's weights from disk.
        apart = settings.model_copy(update={"var": Path(first)})
        reindex(apart, load_model=lambda _: embedder, fingerprint=fingerprint)
        model = SentenceTransformer(str(ensure_bundled_model(settings.models_dir)), device="cpu")
        before, worked_before = _encode_alone(open_current(apart.index_dir), embedder, model)
        apart = settings.model_copy(update={"var": Path(second)})
        worked = time.process_time()
        report = reindex(apart, load_model=lambda _: embedder, fingerprint=fingerprint).report
        worked = time.process_time() - worked
        snapshot = open_current(apart.index_dir)
        # On either side, because the machine's speed drifts.
        after, worked_after = _encode_alone(snapshot, embedder, model)
        alone, worked_alone = (before + after) / 2, (worked_before + worked_after) / 2
        searcher = Searcher(snapshot, embedder, load_parameters())
        tickets = load_tickets(tickets_file)[:most_tickets]
        times = np.array([_suggest(searcher, t.subject, t.body) for t in tickets]) * 1000
    embed, after, together = np.percentile(np.c_[times, times.sum(axis=1)], 50, axis=0)
    return {
        "chunks": report.chunks,
        "index_seconds": report.seconds,
        "encode_alone_seconds": round(alone, 2),
        "index_over_encode": round(report.seconds / alone, 3),
        # Of processor time: the same ratio where other work disturbs the clock.
        "index_over_encode_cpu": round(worked / worked_alone, 3),
        "embed_p50_ms": round(float(embed), 2),
        "after_embedding_p50_ms": round(float(after), 2),
        "suggest_over_embed_p50": round(float(together / embed), 3),
    }


def memory(settings: Settings) -> dict[str, int]:
    """Resident megabytes of a server process after each step of its start; Linux only."""
    reindex(settings)
    printed = subprocess.run(
        [sys.executable, "-c", _STEPS], capture_output=True, text=True, check=True
    ).stdout
    return {name: int(size) for name, size in (line.split() for line in printed.splitlines())}


def _encode_alone(
    snapshot: Snapshot, embedder: SentenceTransformerEmbedder, model: SentenceTransformer
) -> tuple[float, float]:
    """Seconds that the bundled model alone takes for the same chunks in one call of its library,
    and of the processor."""
    before = embedder.identity.passage_prefix
    texts = [before + c.embed_text for kept in snapshot.chunks_by_digest().values() for c in kept]
    started, worked = time.perf_counter(), time.process_time()
    model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    return time.perf_counter() - started, time.process_time() - worked


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
