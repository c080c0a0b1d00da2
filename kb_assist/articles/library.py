"""Reads a folder of Markdown files into articles; a broken file is reported, never fatal."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from stat import S_ISREG
from typing import Any, TypeVar

import yaml

from kb_assist import text as text_rules
from kb_assist.articles.model import Article, Audience, Confidence, Problem, Severity
from kb_assist.articles.plain import parse_blocks, plain_inline
from kb_assist.errors import InputError

MAX_FILE_BYTES = 5_000_000
# Guides have a grammar of their own and are read by the guides area, wherever they lie.
GUIDES_FOLDER = "guides"
SKIPPED_NAMES = frozenset({"README.md", "CONTRIBUTING.md"})

_FRONT_MATTER = re.compile(
    r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_GUIDE = re.compile(r"^guide[ \t]*:", re.MULTILINE)
_FRONT_MATTER_OPENING = re.compile(r"\A---[ \t]*\n")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_DATE = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt ].*)?$")
_DAYS = re.compile(r"^(\d{1,4})\s*(d|days?|w|weeks?|m|months?|y|years?)?$", re.IGNORECASE)
_DAYS_PER_UNIT = {"d": 1, "w": 7, "m": 30, "y": 365}
# Every scalar stays the text its author wrote: the article "0815" keeps its zero, the version 2.10
# stays 2.10, "no" is Norwegian and not False, and a date that does not exist is ours to report.
_YamlLoader: type[yaml.BaseLoader | yaml.CBaseLoader] = (
    yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
)
_YAML_NULLS = frozenset({"", "~", "null"})

_Member = TypeVar("_Member", Audience, Confidence)


@dataclass(frozen=True)
class Library:
    """All readable articles of a folder, in path order, and what is wrong with the rest."""

    root: Path
    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Article]:
        return {article.id: article for article in self.articles}

    @cached_property
    def by_path(self) -> Mapping[str, Article]:
        return {article.path: article for article in self.articles}

    @cached_property
    def digest(self) -> str:
        """Hash over all articles; equal digests mean that nothing has to be indexed."""
        joined = "\n".join(f"{a.path}\t{a.id}\t{a.digest}" for a in self.articles)
        return hashlib.sha256(joined.encode()).hexdigest()


def load_library(root: Path) -> Library:
    """Read every ``*.md`` below ``root``.

    Raises InputError when ``root`` is not a readable folder. A file that cannot be used yields a
    Problem instead of an Article; of two files with one id the first in path order wins.
    """
    if not root.is_dir():
        raise InputError(
            f"The articles folder {root} does not exist.",
            remedy="Create it, or name another one with --articles or KB_ASSIST_ARTICLES.",
        )
    articles: dict[str, Article] = {}
    problems: list[Problem] = []
    for path in sorted(_markdown_files(root)):
        article, found = _read_file(root, path)
        problems.extend(found)
        if article is None:
            continue
        if article.id in articles:
            first = articles[article.id].path
            message = f"The id {article.id} is already used by {first}; this file is not indexed."
            problems.append(Problem(article.path, 1, "duplicate-id", message, Severity.ERROR))
            continue
        articles[article.id] = article
    ordered = tuple(sorted(articles.values(), key=lambda article: article.path))
    return Library(root, ordered, tuple(sorted(problems)))


def _markdown_files(root: Path) -> Iterator[Path]:
    for folder, subfolders, names in os.walk(root):
        here = Path(folder)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in names:
            if name.endswith(".md") and name not in SKIPPED_NAMES and not name.startswith("."):
                yield here / name


def _read_file(root: Path, path: Path) -> tuple[Article | None, list[Problem]]:
    relative = path.relative_to(root).as_posix()
    named = relative.encode("utf-8", "replace").decode()

    def refuse(rule: str, message: str) -> tuple[None, list[Problem]]:
        return None, [Problem(named, 1, rule, message, Severity.ERROR)]

    if named != relative:
        return refuse("unreadable", "The file's name is not UTF-8; rename it.")
    # realpath, because Path.resolve raises on links that lead to themselves.
    if path.is_symlink() and not _is_within(root, os.path.realpath(path)):
        return refuse("outside", "The link leads outside the articles folder; it is not followed.")
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            return refuse("unreadable", "This is not a file.")
        if (size := status.st_size) > MAX_FILE_BYTES:
            limit = f"{MAX_FILE_BYTES:,} is the limit"
            return refuse("too-large", f"The file has {size:,} bytes; {limit}.")
        raw = path.read_bytes()
    except OSError as error:
        return refuse("unreadable", f"The file cannot be read: {error.strerror}.")
    content, problems = _decode(raw, relative)
    if not content.strip():
        return refuse("empty", "The file is empty.")
    return _parse(content, relative, problems)


def _is_within(root: Path, real: str) -> bool:
    return Path(real).is_relative_to(os.path.realpath(root))


def _decode(raw: bytes, relative: str) -> tuple[str, list[Problem]]:
    """Bytes to text. Files that are not UTF-8 are read as Windows-1252, the usual other case."""

    def read(encoding: str, message: str) -> tuple[str, list[Problem]]:
        problem = Problem(relative, 1, "encoding", message)
        return text_rules.normalise(raw.decode(encoding, errors="replace")), [problem]

    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return read("utf-16", "The file is UTF-16. Save it as UTF-8.")
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = "The file is not UTF-8; it was read as Windows-1252. Save it as UTF-8."
        return read("cp1252", message)
    if "\0" in content:
        return read("utf-8-sig", "The file contains NUL bytes; they were left out.")
    return text_rules.normalise(content), []


def _parse(
    content: str, relative: str, problems: list[Problem]
) -> tuple[Article | None, list[Problem]]:
    match = _FRONT_MATTER.match(content)
    meta: dict[str, Any] = {}
    body, body_line = content, 1
    # A guide has a grammar of its own, and is no article even where its front matter is broken.
    if match and _GUIDE.search(match.group(1)):
        return None, []
    if match:
        body = content[match.end() :]
        body_line = content.count("\n", 0, match.end()) + 1
        meta = _load_meta(match.group(1), relative, problems)
    elif _FRONT_MATTER_OPENING.match(content):
        message = "The front matter is not closed with a line '---'."
        problems.append(Problem(relative, 1, "front-matter", message, Severity.ERROR))
    else:
        problems.append(Problem(relative, 1, "front-matter", "There is no front matter."))
    reader = _MetaReader(meta, relative, problems)
    return reader.article(content, body, body_line), problems


def _load_meta(source: str, relative: str, problems: list[Problem]) -> dict[str, Any]:
    try:
        # A BaseLoader builds texts, lists and mappings only, never objects.
        loaded = yaml.load(source, Loader=_YamlLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        detail = getattr(error, "problem", None) or "not valid YAML"
        message = f"The front matter cannot be read: {detail}."
        problems.append(Problem(relative, line, "front-matter", message, Severity.ERROR))
        return {}
    if isinstance(loaded, dict):
        return {str(key): value for key, value in loaded.items()}
    if loaded not in (None, ""):
        message = "The front matter is not a list of 'key: value' lines."
        problems.append(Problem(relative, 1, "front-matter", message, Severity.ERROR))
    return {}


class _MetaReader:
    """Front matter to typed values; whatever cannot be used is reported and left at its default."""

    def __init__(self, meta: dict[str, Any], path: str, problems: list[Problem]) -> None:
        self._meta = meta
        self._path = path
        self._problems = problems

    def article(self, content: str, body: str, body_line: int) -> Article:
        title = self._title(body)
        confidence = self._member("confidence", Confidence, Confidence.NOT_VALIDATED)
        return Article(
            id=self._text("id") or self._path.removesuffix(".md"),
            path=self._path,
            title=title,
            language=self._language(title, body),
            body=body,
            body_line=body_line,
            digest=hashlib.sha256(content.encode()).hexdigest(),
            audience=self._audience(confidence),
            product=self._text("product"),
            tags=self._texts("tags"),
            owner=self._text("owner"),
            confidence=confidence,
            reviewed=self._date("reviewed"),
            review_every_days=self._days("review_every"),
            translation_of=self._text("translation_of"),
            environment=self._texts("environment"),
            description=self._text("description"),
        )

    def _audience(self, confidence: Confidence) -> Audience:
        """As declared; what nobody has looked over is for second level, whatever it declares."""
        declared = self._member("audience", Audience, Audience.L1)
        return Audience.L2 if confidence is Confidence.WIP else declared

    def _problem(self, rule: str, message: str) -> None:
        self._problems.append(Problem(self._path, 1, rule, message))

    def _text(self, key: str) -> str:
        value = self._meta.get(key)
        if not isinstance(value, str) or value.strip().lower() in _YAML_NULLS:
            return ""
        return " ".join(value.split())[:500]

    def _texts(self, key: str) -> tuple[str, ...]:
        value = self._meta.get(key)
        items = value if isinstance(value, list) else self._text(key).split(",")
        # Nested lists are left out: aliases can blow them up beyond any memory.
        kept = (" ".join(item.split())[:200] for item in items if isinstance(item, str))
        return tuple(item for item in kept if item)[:100]

    def _title(self, body: str) -> str:
        title = self._text("title")
        if title:
            # Whole passages of stars and nothing else: "2 * 3" and "__init__" are meant.
            return _BOLD.sub(r"\1", title)
        self._problem("title", "There is no title; the first heading or the file name is used.")
        for block in parse_blocks(body):
            if block.kind == "heading" and block.level == 1 and block.text:
                return " ".join(plain_inline(block.text).split())
        return self._path.rsplit("/", 1)[-1].removesuffix(".md").replace("-", " ")

    def _language(self, title: str, body: str) -> str:
        declared = self._text("language").lower().replace("_", "-").split("-")[0]
        if re.fullmatch(r"[a-z]{2,3}", declared):
            return declared
        if declared:
            self._problem("language", f"'{declared}' is not a language code such as de or en.")
        return text_rules.detect_language(f"{title}\n{body[:4000]}").language

    def _member(self, key: str, kind: type[_Member], default: _Member) -> _Member:
        declared = self._text(key).lower().replace("-", "_").replace(" ", "_")
        if not declared:
            return default
        try:
            return kind(declared)
        except ValueError:
            known = ", ".join(member.value for member in kind)
            self._problem(key, f"The {key} '{declared}' is not one of {known}; {default} is used.")
            return default

    def _date(self, key: str) -> date | None:
        value = self._text(key)
        if not value:
            return None
        match = _DATE.match(value)
        try:
            if match:
                return date(int(match.group(1)), int(match.group(2)), int(match.group(3)))
        except ValueError:
            pass  # a day no calendar has, reported below
        self._problem(key, f"'{value}' is not a date such as 2026-05-31.")
        return None

    def _days(self, key: str) -> int | None:
        value = self._text(key)
        if not value:
            return None
        match = _DAYS.match(value)
        if not match:
            self._problem(key, f"'{value}' is not a period such as 180d, 6 months or 1y.")
            return None
        unit = (match.group(2) or "d")[0].lower()
        return int(match.group(1)) * _DAYS_PER_UNIT[unit]
