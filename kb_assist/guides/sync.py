"""``guides sync``: translations follow their source in order, with the hash they were made from."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from kb_assist.guides.fmt import format_guide
from kb_assist.guides.model import Guide, StepText
from kb_assist.guides.parse import ParsedOverlay

ALL = "all"
_UNTRANSLATED = "00000000"
"""A hash no text has: the copy of a source step stays reported until somebody translates it."""
_HASH = re.compile(r"^<!-- src:[0-9a-f]{8} -->\s*$")


@dataclass(frozen=True, slots=True)
class Synced:
    """The new text of a translation, and what was done to it."""

    content: str
    added: tuple[str, ...]
    """Steps put in as copies of the source, to be translated."""
    dropped: tuple[str, ...]
    """Steps the source no longer has."""
    accepted: tuple[str, ...]
    """Steps whose translation now counts as made from today's source."""


def sync_overlay(
    guide: Guide, lang: str, content: str, overlay: ParsedOverlay, accept: Collection[str] = ()
) -> Synced:
    """Bring a translation into the order of its source.

    Steps without a hash get today's; a stale hash is changed only for ids in ``accept`` (or
    ``all``), because the hash says that somebody compared both texts.
    """
    lines = content.split("\n")
    chunks = {s.id: (s, lines[s.line - 1 : s.end_line]) for s in overlay.document.steps}
    first = min((step.line for step, _ in chunks.values()), default=len(lines) + 1)
    head = "\n".join(lines[: first - 1]).rstrip() or _head(guide, lang)
    parts = [head]
    added: list[str] = []
    accepted: list[str] = []
    for key, text in guide.source.steps.items():
        if key not in chunks:
            parts.append(_stub(key, text))
            added.append(key)
            continue
        raw, chunk = chunks[key]
        digest = raw.source_hash
        if digest is None or key in accept or ALL in accept:
            if digest != text.digest:
                accepted.append(key)
            digest = text.digest
        rest = [row for row in chunk[1:] if not _HASH.match(row)]
        parts.append("\n".join([chunk[0], "", f"<!-- src:{digest} -->", "", *rest]))
    dropped = tuple(key for key in chunks if key not in guide.source.steps)
    formatted = format_guide("\n\n".join(parts) + "\n")
    return Synced(formatted, tuple(added), dropped, tuple(accepted))


def new_overlay(guide: Guide, lang: str) -> str:
    """A translation to begin with: every step a copy of its source."""
    parts = [_head(guide, lang), *(_stub(k, text) for k, text in guide.source.steps.items())]
    return format_guide("\n\n".join(parts) + "\n")


def _head(guide: Guide, lang: str) -> str:
    intro = f"\n\n{guide.source.intro}" if guide.source.intro else ""
    return f"---\nguide: {guide.id}\nlang: {lang}\n---\n# {guide.source.title}{intro}"


def _stub(key: str, text: StepText) -> str:
    parts = [f"## {key}", f"<!-- src:{_UNTRANSLATED} -->", f"**{text.question}**"]
    for block in text.blocks:
        if block.audience:
            quoted = f"**{block.audience.capitalize()}:** {block.markdown}".split("\n")
            parts.append("\n".join(f"> {row}".rstrip() for row in quoted))
        else:
            parts.append(block.markdown)
    if text.expected:
        parts.append(f"**Expected:** {text.expected}")
    if text.labels:
        parts.append("\n".join(f"- `{value}` {label}" for value, label in text.labels.items()))
    return "\n\n".join(parts)
