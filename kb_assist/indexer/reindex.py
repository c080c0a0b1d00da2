"""Brings the published index up to date with the articles folder: the use case over ``build``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from kb_assist.articles.library import Library, load_library
from kb_assist.articles.model import Problem, Severity
from kb_assist.clock import Clock, SystemClock
from kb_assist.errors import KbError
from kb_assist.indexer.build import (
    BuildPlan,
    BuildReport,
    Progress,
    build_index,
    no_progress,
    unchanged_report,
)
from kb_assist.indexer.chosen_store import open_store
from kb_assist.indexer.embedding.chosen import load_embedder, model_fingerprint
from kb_assist.indexer.embedding.embedder import Embedder
from kb_assist.indexer.snapshot import Snapshot
from kb_assist.indexer.store import IndexStore
from kb_assist.settings import Settings


@dataclass(frozen=True, slots=True)
class ReindexResult:
    report: BuildReport
    problems: tuple[Problem, ...]
    """Articles that could not be indexed."""


def reindex(
    settings: Settings,
    *,
    load_model: Callable[[Settings], Embedder] = load_embedder,
    clock: Clock | None = None,
    progress: Progress = no_progress,
    force: bool = False,
    wait_seconds: float = 0.0,
    fingerprint: str | None = None,
    store: IndexStore | None = None,
) -> ReindexResult:
    """Build when something changed, and say what was done.

    ``fingerprint`` names the model that ``load_model`` will give, where the caller knows it;
    otherwise the configured model's files are asked. ``store`` is where to publish, if not where
    the settings say. Raises BuildBusyError, InputError (no
    articles folder), ModelUnavailableError.
    """
    started = time.perf_counter()
    library = load_library(settings.articles)
    faults = tuple(p for p in library.problems if p.severity is Severity.ERROR)
    store = store or open_store(settings)
    with store.lock(wait_seconds=wait_seconds):
        current = None if force else _up_to_date(settings, store, library, fingerprint)
        if current is not None:
            return ReindexResult(unchanged_report(current, time.perf_counter() - started), faults)
        plan = BuildPlan(
            store=store,
            cache_file=settings.cache_dir / "embeddings.sqlite",
            exact_limit=settings.exact_limit,
            keep=settings.keep_indexes,
        )
        embedder = load_model(settings)
        report = build_index(
            library, embedder, plan, clock=clock or SystemClock(), progress=progress
        )
    return ReindexResult(report, faults)


def _up_to_date(
    settings: Settings, store: IndexStore, library: Library, fingerprint: str | None
) -> Snapshot | None:
    """The published index, when it holds exactly these articles in the configured model."""
    try:
        snapshot = store.open()
    except KbError:
        return None
    manifest = snapshot.manifest
    if manifest.library_digest != library.digest or manifest.model is None:
        return None
    model = manifest.model
    if model.fingerprint != (fingerprint or model_fingerprint(settings)):
        return None
    prefixes = (
        (settings.query_prefix, model.query_prefix),
        (settings.passage_prefix, model.passage_prefix),
    )
    if any(wanted is not None and wanted != built for wanted, built in prefixes):
        return None
    if manifest.exact != (manifest.chunks <= settings.exact_limit):
        return None
    # A picture that came or went makes a finding right or wrong.
    for name, was_there in snapshot.checked.files.items():
        if os.path.isfile(settings.articles / name) != was_there:
            return None
    return snapshot
