"""A command that is killed in mid-work and run again ends where an undisturbed one ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, inspect, select, text

from kb_assist.api.embeddings import create_embedding_app
from kb_assist.indexer.embedding.embedder import (
    SentenceTransformerEmbedder,
    Vectors,
    load_embedder,
)
from kb_assist.settings import Settings
from kb_assist.storage.db import Database, sqlite_url
from tests.embedding_service import serving
from tests.factories import write_articles

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.model


class Remembering:
    """The real model, which answers at once what it was asked before."""

    def __init__(self, model: SentenceTransformerEmbedder) -> None:
        self.identity = model.identity
        self.tokenizer_json = model.tokenizer_json
        self._model = model
        self._known: dict[str, Vectors] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._model.encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])


@dataclass(frozen=True)
class Site:
    """A folder with everything, whose commands ask a shared model: loading one and embedding take
    longer than the work in which they are to be killed."""

    var: Path
    service: str

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        settings = {
            "KB_ASSIST_VAR": str(self.var),
            "KB_ASSIST_ARTICLES": str(self.var / "articles"),
            "KB_ASSIST_EMBEDDING_URL": self.service,
        }
        command = [sys.executable, "-m", "kb_assist", *arguments]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, **quiet)

    def run(self, *arguments: str) -> float:
        """Seconds until the end."""
        began = time.monotonic()
        assert self.start(*arguments).wait(300) == 0, arguments
        return time.monotonic() - began

    def copy(self, to: Path) -> Site:
        return Site(Path(shutil.copytree(self.var, to)), self.service)

    def rows(self) -> dict[str, int]:
        """The number of rows of each table."""
        database = Database(sqlite_url(self.var / "kb-assist.db"))
        with database.read() as connection:
            names = inspect(connection).get_table_names()
            count = select(func.count())
            found = {
                name: connection.execute(count.select_from(text(name))).scalar_one()
                for name in names
            }
        database.close()
        return found


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, with_model: Settings) -> Iterator[Site]:
    """With articles, an index, and the demo's tickets."""
    model = load_embedder(with_model)
    with serving(create_embedding_app(Remembering(model), None)) as service:
        site = Site(tmp_path_factory.mktemp("prepared"), service)
        write_articles(site.var / "articles")
        site.run("index")
        site.run("tickets", "demo")
        yield site


@pytest.mark.parametrize(
    "arguments",
    [
        ("gaps", "detect", "--days", "400"),
        ("tickets", "surges"),
        ("db", "backup"),
    ],
    ids=" ".join,
)
def test_killed_and_run_again_it_ends_the_same(
    prepared: Site, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    prepared.copy(tmp_path / "first").run(*arguments)
    whole = prepared.copy(tmp_path / "whole")
    seconds = whole.run(*arguments)
    killed = prepared.copy(tmp_path / "killed")
    # Much of the time goes into starting; the work is at the end.
    in_work = 0
    for share in (0.5, 0.75, 0.95):
        running = killed.start(*arguments)
        time.sleep(seconds * share)
        in_work += running.poll() is None
        running.kill()
        running.wait(60)
    killed.run(*arguments)

    assert in_work, "every run had ended before it was killed"
    assert killed.rows() == whole.rows()
    killed.run("db", "check")
