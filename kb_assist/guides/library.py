"""A folder of guides: reads every guide, its translations and its cases."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from kb_assist import text as text_rules
from kb_assist.articles.library import GUIDES_FOLDER, MAX_FILE_BYTES, SKIPPED_NAMES
from kb_assist.errors import N_, InputError, NotFoundError
from kb_assist.guides.bundle import compile_bundle
from kb_assist.guides.grammar import Finding
from kb_assist.guides.model import Bundle, Guide, GuideText
from kb_assist.guides.parse import ParsedGuide, ParsedOverlay, parse_guide, parse_overlay

CASES_SUFFIX = ".cases.yml"
_OVERLAY_NAME = re.compile(r"(?P<guide>.+)\.(?P<lang>[a-z]{2,3})\.md")


@dataclass(frozen=True)
class GuideFolder:
    """Everything in a folder as parsed, with what could not be used."""

    root: Path
    sources: Mapping[str, ParsedGuide]
    """Guide id (the file's name) to its source file."""
    overlays: Mapping[str, Mapping[str, ParsedOverlay]]
    """Guide id to language to translation."""
    cases: Mapping[str, str]
    """Guide id to the text of its cases file."""
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    """File name to what kept it from being read."""

    @cached_property
    def guides(self) -> Mapping[str, Guide]:
        """Every guide that has a structure, with all translations put in.

        Nothing is promised about a guide that ``check`` finds fault with.
        """
        return {
            key: replace(parsed.guide, texts={**parsed.guide.texts, **self._translations(key)})
            for key, parsed in self.sources.items()
            if parsed.guide is not None
        }

    def _translations(self, key: str) -> dict[str, GuideText]:
        found = self.overlays.get(key, {})
        return {lang: each.text for lang, each in found.items() if each.front is not None}

    def bundle(self, guide_id: str) -> Bundle:
        """Raises NotFoundError when there is no such guide, or one that it calls is missing."""
        if guide_id not in self.guides:
            raise NotFoundError(f"There is no guide '{guide_id}' in {self.root}.")
        try:
            return compile_bundle(self.guides, guide_id)
        except KeyError as error:
            raise NotFoundError(
                f"'{guide_id}' calls the guide {error}, which is missing."
            ) from None


def guides_folder(articles: Path) -> Path:
    """Where the guides of a knowledge base lie."""
    return articles / GUIDES_FOLDER


def load_folder(root: Path) -> GuideFolder:
    """Read every guide file directly below ``root``; raises InputError when it is no folder."""
    if not root.is_dir():
        raise InputError(
            f"The guides folder {root} does not exist.",
            remedy="Create it with 'kb-assist guides new', or name another with --guides.",
        )
    with _no_collection():
        return _read_all(root)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Everything that is read is kept, so looking for garbage meanwhile finds nothing; it took a
    third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read_all(root: Path) -> GuideFolder:
    sources: dict[str, ParsedGuide] = {}
    overlays: dict[str, dict[str, ParsedOverlay]] = {}
    cases: dict[str, str] = {}
    findings: dict[str, tuple[Finding, ...]] = {}
    for path in sorted(root.iterdir()):
        if not path.name.endswith((".md", CASES_SUFFIX)) or path.name in SKIPPED_NAMES:
            continue
        content = read_text(path)
        if isinstance(content, Finding):
            findings[path.name] = (content,)
        elif path.name.endswith(CASES_SUFFIX):
            cases[path.name.removesuffix(CASES_SUFFIX)] = content
        elif match := _OVERLAY_NAME.fullmatch(path.name):
            overlay = parse_overlay(content, path.name)
            overlays.setdefault(match["guide"], {})[match["lang"]] = overlay
        else:
            sources[path.stem] = parse_guide(content, path.name)
    return GuideFolder(root, sources, overlays, cases, findings)


def read_text(path: Path) -> str | Finding:
    """A file's text, normalised as articles are; a finding when it cannot be read."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return Finding(
                1, "G001", N_("the file is larger than %(most)s bytes", most=f"{MAX_FILE_BYTES:,}")
            )
        return text_rules.normalise(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Finding(1, "G001", N_("the file is not UTF-8"))
    except OSError as error:
        return Finding(1, "G001", N_("the file cannot be read: %(error)s", error=error.strerror))
