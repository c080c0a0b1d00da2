"""Building and publishing an index."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kb_assist.errors import (
    BuildBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexUnavailableError,
    InputError,
)
from kb_assist.indexer import publish
from kb_assist.indexer.reindex import ReindexResult
from kb_assist.indexer.snapshot import Layout, open_snapshot
from kb_assist.indexer.vectors import open_vectors, write_vectors
from kb_assist.settings import Settings
from tests.factories import write_article
from tests.fakes import FakeEmbedder

Build = Callable[..., ReindexResult]


def test_the_first_build_embeds_every_chunk(build: Build, embedder: FakeEmbedder) -> None:
    report = build().report

    assert report.articles == 7
    assert report.embedded == report.chunks == len(embedder.passages)
    assert report.reused == 0


def test_an_unchanged_folder_is_not_built_again(build: Build, embedder: FakeEmbedder) -> None:
    first = build().report
    embedder.passages.clear()

    second = build().report

    assert not second.changed
    assert second.index == first.index
    assert embedder.passages == []


def test_a_changed_article_re_embeds_only_its_changed_chunks(
    build: Build, embedder: FakeEmbedder, settings: Settings
) -> None:
    first = build().report
    embedder.passages.clear()
    path = settings.articles / "vpn/error-809.md"
    path.write_text(path.read_text().replace("UDP 4500", "UDP 500"), encoding="utf-8")

    second = build().report

    assert second.embedded == len(embedder.passages) == 1
    assert second.reused == first.chunks - 1
    assert second.removed == 1


def test_a_renamed_article_is_not_embedded_again(
    build: Build, embedder: FakeEmbedder, settings: Settings
) -> None:
    build()
    embedder.passages.clear()
    (settings.articles / "vpn/error-809.md").rename(settings.articles / "renamed.md")

    report = build().report

    assert report.changed
    assert embedder.passages == []


def test_a_deleted_article_leaves_the_index(build: Build, settings: Settings) -> None:
    before = build().report
    (settings.articles / "vpn/error-809.md").unlink()

    after = build().report

    assert after.articles == before.articles - 1
    assert after.removed >= 1
    paths = publish.open_current(settings.index_dir).path_of_row()
    assert "vpn/error-809.md" not in paths


def test_archived_articles_are_kept_for_reading_but_not_ranked(
    build: Build, settings: Settings
) -> None:
    build()
    snapshot = publish.open_current(settings.index_dir)

    assert snapshot.article("KB-7").title == "Windows 7 activation"
    assert "old/archived.md" not in snapshot.path_of_row()


def test_a_broken_article_is_reported_and_the_others_are_indexed(
    build: Build, settings: Settings
) -> None:
    write_article(settings.articles, "broken.md", "title: [unclosed", "Text.\n")
    (settings.articles / "empty.md").write_text("", encoding="utf-8")

    result = build()

    assert {p.path for p in result.problems} == {"broken.md", "empty.md"}
    assert result.report.articles >= 7


def test_the_report_has_the_keys_scripts_read(build: Build) -> None:
    assert set(build().report.as_json()) == {
        "articles",
        "chunks",
        "embedded",
        "reused",
        "removed",
        "seconds",
        "index",
    }


def test_publishing_keeps_the_last_n_indexes(build: Build, settings: Settings) -> None:
    for number in range(5):
        write_article(settings.articles, f"n{number}.md", f"title: Number {number}", "Text.\n")
        build()

    assert len(publish.generations(settings.index_dir)) == settings.keep_indexes


def test_rollback_serves_the_index_before(build: Build, settings: Settings) -> None:
    first = build().report.index
    write_article(settings.articles, "new.md", "title: New", "Text.\n")
    build()

    assert publish.rollback(settings.index_dir) == first
    assert publish.current_generation(settings.index_dir) == first


def test_rollback_without_an_older_index_says_so(build: Build, settings: Settings) -> None:
    build()

    with pytest.raises(IndexUnavailableError, match="no older index"):
        publish.rollback(settings.index_dir)


@pytest.mark.parametrize("name", ["texts.sqlite", "chunks.faiss", "arrays.npz", "compounds.txt"])
def test_a_truncated_file_is_detected(build: Build, settings: Settings, name: str) -> None:
    folder = settings.index_dir / build().report.index
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])

    with pytest.raises(IndexDamagedError, match=name):
        open_snapshot(folder)


def test_a_missing_file_is_detected(build: Build, settings: Settings) -> None:
    folder = settings.index_dir / build().report.index
    (folder / "titles.faiss").unlink()

    with pytest.raises(IndexDamagedError, match=r"titles\.faiss"):
        open_snapshot(folder)


def test_a_foreign_folder_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(IndexDamagedError, match="no readable manifest"):
        open_snapshot(tmp_path)


def test_another_format_is_refused_with_the_remedy(build: Build, settings: Settings) -> None:
    layout = Layout(settings.index_dir / build().report.index)
    manifest = json.loads(layout.manifest.read_text())
    layout.manifest.write_text(json.dumps(manifest | {"format": 999}))

    with pytest.raises(IndexMismatchError) as caught:
        open_snapshot(layout.folder)
    assert "kb-assist index" in caught.value.remedy


def test_publish_keeps_the_old_index_when_verification_fails(
    build: Build, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = build().report.index
    write_article(settings.articles, "new.md", "title: New", "Text.\n")
    original = publish.open_snapshot

    def damaged(folder: Path) -> object:
        if folder.name.startswith(".building-"):
            raise IndexDamagedError("damaged on the way")
        return original(folder)

    monkeypatch.setattr(publish, "open_snapshot", damaged)
    with pytest.raises(IndexDamagedError):
        build()

    assert publish.current_generation(settings.index_dir) == old


def test_a_second_builder_is_refused(build: Build, settings: Settings) -> None:
    with publish.build_lock(settings.index_dir), pytest.raises(BuildBusyError):
        build()


def test_another_model_builds_anew_and_never_mixes_vectors(
    build: Build, settings: Settings, embedder: FakeEmbedder
) -> None:
    build()
    other = FakeEmbedder(fingerprint="other")

    report = build(load_model=lambda _: other, fingerprint="other").report

    assert report.embedded == report.chunks
    assert publish.open_current(settings.index_dir).manifest.model == other.identity


def test_a_missing_articles_folder_is_an_input_error(build: Build, settings: Settings) -> None:
    for path in sorted(settings.articles.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    settings.articles.rmdir()

    with pytest.raises(InputError, match="does not exist"):
        build()


def test_an_empty_folder_gives_an_empty_index(build: Build, settings: Settings) -> None:
    for path in settings.articles.rglob("*.md"):
        path.unlink()

    assert build().report.chunks == 0


def test_above_the_limit_an_hnsw_graph_finds_what_exact_search_finds(
    settings: Settings, embedder: FakeEmbedder, build: Build
) -> None:
    build()
    exact = publish.open_current(settings.index_dir)
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((2_000, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    write_vectors(vectors, settings.var / "flat.faiss", exact=True)
    write_vectors(vectors, settings.var / "graph.faiss", exact=False)
    audience = np.full(2_000, 2, dtype=np.uint8)
    audience[100:200] = 0
    flat, graph = (
        open_vectors(settings.var / name, audience) for name in ("flat.faiss", "graph.faiss")
    )

    assert exact.manifest.exact
    assert flat.exact
    assert not graph.exact
    found = [set(index.search(vectors[7], 10)[1].tolist()) for index in (flat, graph)]
    assert len(found[0] & found[1]) >= 9
    assert set(graph.search(vectors[7], 10, 1)[1].tolist()) <= set(range(100, 200))


_KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from kb_assist.indexer.reindex import reindex
from kb_assist.settings import Settings
from tests.fakes import FakeEmbedder, FrozenClock
import os, signal
import kb_assist.indexer.build as build
import kb_assist.indexer.publish as publish
stage = sys.argv[3]
build._SLAB = 2
class Dying(FakeEmbedder):
    calls = 0
    def encode_passages(self, texts):
        Dying.calls += 1
        if stage == "embed" and Dying.calls == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode_passages(texts)
if stage == "write":
    build.write_manifest = lambda *a: os.kill(os.getpid(), signal.SIGKILL)
if stage == "publish":
    publish._point_to = lambda *a: os.kill(os.getpid(), signal.SIGKILL)
reindex(Settings(articles=Path(sys.argv[1]), var=Path(sys.argv[2])), load_model=lambda _: Dying(),
        clock=FrozenClock(datetime(2026, 11, 3, tzinfo=UTC)), fingerprint="fake")
"""


@pytest.mark.parametrize("stage", ["embed", "write", "publish"])
def test_a_killed_build_leaves_the_old_index_and_the_next_one_continues(
    build: Build, settings: Settings, embedder: FakeEmbedder, stage: str
) -> None:
    old = build().report.index
    for number in range(8):
        body = f"Text number {number} about something else.\n"
        write_article(settings.articles, f"n{number}.md", f"title: Number {number}", body)
    embedder.passages.clear()

    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_KILLED), settings.articles, settings.var, stage],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL
    assert publish.open_current(settings.index_dir).generation == old
    report = build().report
    assert report.articles == 15
    assert len(embedder.passages) == (4 if stage == "embed" else 0)
    assert not list(settings.index_dir.glob(".building-*"))


def test_the_article_index_keeps_identities(build: Build, settings: Settings) -> None:
    build()
    snapshot = publish.open_current(settings.index_dir)
    article = snapshot.article("KB-1")

    assert article == snapshot.article_by_path("email/mailbox-full.md")
    assert [version.id for version in snapshot.translations(article)] == ["KB-2"]
    assert "5.2.2" in snapshot.identifiers("KB-1")
    assert replace(article, title="x") != article
