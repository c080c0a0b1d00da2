"""Fixtures that several areas use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kb_assist.indexer.reindex import ReindexResult, reindex
from kb_assist.settings import Settings
from tests.factories import write_articles
from tests.fakes import FakeEmbedder, FrozenClock


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("KB_ASSIST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KB_ASSIST_CONFIG", str(tmp_path / "absent.toml"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A small knowledge base and an empty var."""
    return Settings(articles=write_articles(tmp_path / "articles"), var=tmp_path / "var")


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def build(
    settings: Settings, embedder: FakeEmbedder, clock: FrozenClock
) -> Callable[..., ReindexResult]:
    """Index the knowledge base with the fake model; keyword arguments go to ``reindex``."""

    def run(**options: object) -> ReindexResult:
        arguments = {
            "load_model": lambda _: embedder,
            "clock": clock,
            "fingerprint": embedder.identity.fingerprint,
        } | options
        return reindex(settings, **arguments)  # type: ignore[arg-type]

    return run
