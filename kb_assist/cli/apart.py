"""An index of any articles folder, kept apart from the served one, for measuring."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import click

from kb_assist.cli.output import build_progress
from kb_assist.indexer.build import BuildReport
from kb_assist.indexer.chosen_store import open_store
from kb_assist.indexer.embedding.chosen import load_embedder
from kb_assist.indexer.embedding.embedder import Embedder
from kb_assist.indexer.reindex import reindex
from kb_assist.indexer.store import IndexStore
from kb_assist.retrieval.parameters import load_parameters
from kb_assist.retrieval.search import Searcher
from kb_assist.settings import Settings


@dataclass(frozen=True, slots=True)
class Apart:
    """A searcher over a folder that shares nothing with the served index but the model."""

    searcher: Searcher
    report: BuildReport
    embedder: Embedder
    queries_file: Path
    """Where vectors of measured tickets may be kept for the next run."""


def open_apart(settings: Settings) -> Apart:
    """Index the folder into a cache below ``var/evaluate``; only what changed is embedded."""
    name = hashlib.sha256(str(settings.articles.resolve()).encode()).hexdigest()[:12]
    # The bundled model is made once, in the usual place; only indexes and vectors are apart.
    embedder = load_embedder(settings)
    apart = settings.model_copy(update={"var": settings.var / "evaluate" / name})
    store = open_store(apart, name=f"kb_measured_{name}")
    report = _index(apart, embedder, store)
    searcher = Searcher(store.open(), embedder, load_parameters(settings.fusion_file))
    return Apart(searcher, report, embedder, apart.cache_dir / "queries.sqlite")


def _index(settings: Settings, embedder: Embedder, store: IndexStore) -> BuildReport:
    with build_progress() as progress:
        result = reindex(
            settings,
            load_model=lambda _: embedder,
            progress=progress,
            wait_seconds=600,
            fingerprint=embedder.identity.fingerprint,
            store=store,
        )
    for problem in result.problems:
        click.echo(f"{problem.path}:{problem.line}: {problem.message}", err=True)
    return result.report
