"""A folder of articles to write into, and the library that is read from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kb_assist.articles.library import Library, load_library

WriteArticle = Callable[..., Path]

HEADER = "---\nid: {id}\ntitle: {title}\nlanguage: {language}\n{more}---\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "articles"
    root.mkdir()
    return root


@pytest.fixture
def write(folder: Path) -> WriteArticle:
    """Write a file as it is."""

    def write_file(path: str, content: str | bytes) -> Path:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write_file


@pytest.fixture
def article(write: WriteArticle) -> WriteArticle:
    """Write a body with a valid header; its first line is line 6 of the file, plus ``more``."""

    def write_article(path: str, body: str, *, language: str = "en", more: str = "") -> Path:
        name = path.removesuffix(".md")
        # No dots: they would make it a host name.
        title = f"Title of {name.replace('.', ' ')}"
        header = HEADER.format(id=name, title=title, language=language, more=more)
        return write(path, header + body)

    return write_article


@pytest.fixture
def load(folder: Path) -> Callable[[], Library]:
    return lambda: load_library(folder)
