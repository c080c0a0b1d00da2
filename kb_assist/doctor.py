"""Is this installation healthy, and what to do about what is not."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from kb_assist.articles.library import Library, load_library
from kb_assist.articles.model import Severity
from kb_assist.clock import Clock
from kb_assist.errors import KbError
from kb_assist.indexer.chosen_store import open_store
from kb_assist.indexer.embedding.embedder import Embedder
from kb_assist.retrieval.parameters import load_parameters
from kb_assist.settings import Settings
from kb_assist.storage.db import Database
from kb_assist.storage.upgrade import pending

# An index older than this is worth a look even when no article has changed.
_OLD_DAYS = 30
_LEAST_FREE_BYTES = 1_000_000_000


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    state: State
    message: str
    remedy: str = ""


def examine(
    settings: Settings,
    load_model: Callable[[Settings], Embedder],
    clock: Clock,
    *,
    database: Database,
) -> list[Finding]:
    """All checks, in the order in which faults should be mended."""
    findings = [_writable(settings.var), _space(settings.var), _database(database)]
    library, of_articles = _articles(settings.articles)
    findings.append(of_articles)
    embedder, of_model = _model(settings, load_model)
    findings.append(of_model)
    findings.append(_index(settings, library, embedder, clock))
    findings.append(_cache(settings))
    findings.append(_parameters(settings))
    return findings


def _writable(var: Path) -> Finding:
    try:
        var.mkdir(parents=True, exist_ok=True)
        probe = var / f".write-test-{os.getpid()}"
        probe.write_text("", encoding="ascii")
        probe.unlink()
    except OSError as error:
        return Finding(
            "var",
            State.FAULT,
            f"{var} cannot be written: {error.strerror}.",
            "Give the user that runs kb-assist the right to write there, or set KB_ASSIST_VAR.",
        )
    return Finding("var", State.OK, f"{var} can be written.")


def _space(var: Path) -> Finding:
    free = shutil.disk_usage(var if var.exists() else Path()).free
    text = f"{free / 1e9:.1f} GB are free."
    if free < _LEAST_FREE_BYTES:
        return Finding("disk", State.WARNING, text, "An index build may fail; make room.")
    return Finding("disk", State.OK, text)


def _database(database: Database) -> Finding:
    if database.path is not None and not database.path.exists():
        return Finding("database", State.OK, "There is none yet; the first start makes it.")
    try:
        missing = pending(database)
    except KbError as error:
        return Finding("database", State.FAULT, error.message, error.remedy)
    if missing:
        text = f"{len(missing)} migration(s) have not run."
        return Finding("database", State.WARNING, text, "Run: kb-assist db upgrade")
    return Finding("database", State.OK, f"{database.dialect} answers and is current.")


def _articles(folder: Path) -> tuple[Library | None, Finding]:
    try:
        library = load_library(folder)
    except KbError as error:
        return None, Finding("articles", State.FAULT, error.message, error.remedy)
    faults = sum(p.severity is Severity.ERROR for p in library.problems)
    text = f"{len(library.articles)} articles in {folder}"
    remedy = "'kb-assist lint' names file and line."
    if not library.articles:
        return library, Finding("articles", State.FAULT, f"{text}.", "Add Markdown files.")
    if faults:
        state = State.WARNING
        return library, Finding("articles", state, f"{text}, {faults} left out.", remedy)
    if library.problems:
        hints = f"{text}, {len(library.problems)} with hints."
        return library, Finding("articles", State.OK, hints, remedy)
    return library, Finding("articles", State.OK, f"{text}.")


def _model(
    settings: Settings, load_model: Callable[[Settings], Embedder]
) -> tuple[Embedder | None, Finding]:
    try:
        embedder = load_model(settings)
        vector = embedder.encode_queries(["self test"])
    except KbError as error:
        return None, Finding("model", State.FAULT, error.message, error.remedy)
    identity = embedder.identity
    if vector.shape != (1, identity.dimension):
        return None, Finding("model", State.FAULT, f"{identity.name} gives unusable vectors.")
    text = f"{identity.name} ({identity.dimension} dimensions) is loaded and answers."
    return embedder, Finding("model", State.OK, text)


def _index(
    settings: Settings, library: Library | None, embedder: Embedder | None, clock: Clock
) -> Finding:
    try:
        store = open_store(settings)
        snapshot = store.open()
        kept = len(store.generations())
    except KbError as error:
        return Finding("index", State.FAULT, error.message, error.remedy)
    manifest = snapshot.manifest
    age = clock.now() - datetime.fromisoformat(manifest.created)
    text = (
        f"{snapshot.generation}: {manifest.articles} articles, {manifest.chunks} chunks,"
        f" {age.days} days old, {kept} kept."
    )
    if manifest.model is None:
        remedy = "Run 'kb-assist index --force' when the model can be loaded."
        return Finding("index", State.WARNING, f"{text} It has no vectors.", remedy)
    if embedder is not None and embedder.identity != manifest.model:
        remedy = "Run 'kb-assist index' to build it with the configured model."
        return Finding("index", State.FAULT, f"{text} It was built with another model.", remedy)
    if library is not None and library.digest != manifest.library_digest:
        return Finding(
            "index", State.WARNING, f"{text} Articles have changed since.", "Run 'kb-assist index'."
        )
    if age.days > _OLD_DAYS:
        remedy = "Is anything still delivering new articles to this folder?"
        return Finding("index", State.WARNING, text, remedy)
    return Finding("index", State.OK, text)


def _cache(settings: Settings) -> Finding:
    path = settings.cache_dir / "embeddings.sqlite"
    if not path.exists():
        return Finding("cache", State.OK, "No text has been embedded yet.")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            verdict = connection.execute("PRAGMA quick_check").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        remedy = f"Delete {path}; the next build makes it again."
        return Finding("cache", State.FAULT, f"Vectors of embedded texts: {verdict}.", remedy)
    size = path.stat().st_size / 1e6
    return Finding("cache", State.OK, f"Vectors of embedded texts are sound ({size:.0f} MB).")


def _parameters(settings: Settings) -> Finding:
    try:
        parameters = load_parameters(settings.fusion_file)
    except KbError as error:
        return Finding("ranking", State.FAULT, error.message, error.remedy)
    return Finding("ranking", State.OK, f"Fitted on: {parameters.source}.")
