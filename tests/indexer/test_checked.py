"""What is wrong with the texts is found when an index is built, and kept with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kb_assist.articles.library import load_library
from kb_assist.articles.model import Audience
from kb_assist.errors import Phrase
from kb_assist.indexer import checked
from kb_assist.indexer.checked import check, read_checked, write_checked
from kb_assist.indexer.publish import open_current
from kb_assist.indexer.reindex import ReindexResult
from kb_assist.settings import Settings
from kb_assist.translations import in_language
from tests.factories import write_article

Build = Callable[..., ReindexResult]
TUNNEL = "Set the idle timeout of the tunnel to {} minutes and restart the client.\n"


def _tunnels(root: Path) -> None:
    for name, minutes in (("one", 30), ("two", 60)):
        header = f"title: Tunnel\nid: {name}\nlanguage: en"
        write_article(root, f"vpn/{name}.md", header, TUNNEL.format(minutes))


def test_the_index_keeps_what_its_texts_show(build: Build, settings: Settings) -> None:
    _tunnels(settings.articles)
    links = "[a](one.md) [b](gone.md) ![shot](shot.png)\n"
    write_article(settings.articles, "vpn/links.md", "title: Links\naudience: l1", links)
    build()
    found = open_current(settings.index_dir).checked

    rules = {rule for rule, _ in found.problems["vpn/links.md"]}
    assert {"dead-link", "missing-image"} <= rules
    assert "one" in found.referred
    assert found.pictures == {"vpn/shot.png": Audience.L1}
    assert found.files == {"vpn/shot.png": False}
    (both,) = found.contradictions
    assert (both.first, both.second, both.facts) == ("one", "two", (("30", "60"),))


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    older = "title: T\nid: a\nlanguage: en\nreviewed: 2026-02-01"
    write_article(tmp_path, "a.md", older, "Text.\n")
    newer = "title: U\nid: b\nlanguage: de\ntranslation_of: a\nreviewed: 2026-01-01"
    write_article(tmp_path, "b.md", newer, "Text.\n")
    _tunnels(tmp_path)
    made = check(load_library(tmp_path), [("one", "two", 0.9)])
    write_checked(tmp_path / "checked.json", made)
    read = read_checked(tmp_path / "checked.json")

    assert read == made
    message = dict(read.problems["b.md"])["translation-review"]
    assert isinstance(message, Phrase)
    assert "wurde am 2026-01-01 geprüft" in in_language(message, "de")


def test_no_text_of_a_huge_library_is_compared_with_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _tunnels(tmp_path)
    write_article(tmp_path, "links.md", "title: Links", "[x](gone.md)\n")
    near = [("one", "two", 0.9)]
    small = check(load_library(tmp_path), near)
    monkeypatch.setattr(checked, "MOST_COMPARED", 2)
    huge = check(load_library(tmp_path), near)

    def rules(found: checked.Checked) -> set[str]:
        return {rule for problems in found.problems.values() for rule, _ in problems}

    assert "near-duplicate" in rules(small)
    assert small.contradictions
    assert "near-duplicate" not in rules(huge)
    assert not huge.contradictions
    assert "dead-link" in rules(huge)


def test_a_picture_that_comes_later_is_no_longer_missing(build: Build, settings: Settings) -> None:
    write_article(settings.articles, "shot.md", "title: Shot", "![shot](shot.png)\n")
    build()
    (settings.articles / "shot.png").write_bytes(b"")

    assert build().report.changed
    assert not build().report.changed
    rules = {rule for rule, _ in open_current(settings.index_dir).checked.problems["shot.md"]}
    assert "missing-image" not in rules
