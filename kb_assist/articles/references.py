"""The addresses in a text: of other articles, headings, pictures and pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb_assist.articles.markdown import IMAGE_ENDINGS
from kb_assist.articles.model import Block

# Code spans, comments and escaped marks contain no links.
_LITERAL = re.compile(
    r"\\[\\`\[\]!]|(?<!`)(`{1,9})(?!`).{1,2000}?(?<!`)\1(?!`)|<!--.{0,100000}?-->", re.DOTALL
)
_INLINE = re.compile(
    r"(?:(!)\[[^\[\]]{0,1000})?\]\(\s*"
    r"(?:<([^<>\n]{1,2000})>|((?:[^\s()<>]|\([^\s()]{0,500}\)){1,2000}))"
)
_DEFINITION = re.compile(r"^ {0,3}\[[^\[\]^]{1,500}\]:[ \t]*<?([^\s<>]{1,2000})>?", re.MULTILINE)
_HTML = re.compile(
    r"<(a|img)\b[^<>]{0,2000}?\b(?:href|src)\s*=\s*[\"']([^\"'<>]{1,2000})[\"']", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Reference:
    """An address in a text."""

    target: str
    is_image: bool
    line: int
    """Line within the body."""


def references(blocks: Sequence[Block]) -> Iterator[Reference]:
    """Links and pictures in reading order within a block; code is passed over."""
    for block in blocks:
        # Most blocks link to nothing, and looking for marks costs less than blanking code.
        if block.kind == "code" or not any(mark in block.text for mark in ("](", "]:", "<")):
            continue
        text = _LITERAL.sub(_blank, block.text)
        for start, target, is_image in _found(text):
            yield Reference(target, is_image, block.line + text.count("\n", 0, start))


def _blank(match: re.Match[str]) -> str:
    """Same length and lines, nothing in it."""
    return re.sub(r"[^\n]", " ", match.group())


def _found(text: str) -> Iterator[tuple[int, str, bool]]:
    if "](" in text:
        for match in _INLINE.finditer(text):
            is_image = bool(match.group(1))
            if is_image or _is_opened(text[max(0, match.start() - 1000) : match.start()]):
                yield match.start(), match.group(2) or match.group(3), is_image
    if "]:" in text:
        for match in _DEFINITION.finditer(text):
            target = match.group(1)
            yield match.start(), target, target.lower().endswith(IMAGE_ENDINGS)
    if "<" in text:
        for match in _HTML.finditer(text):
            yield match.start(), match.group(2), match.group(1).lower() == "img"


def _is_opened(before: str) -> bool:
    """Whether a bracket that closes behind this text was opened in it."""
    inner = 0
    for character in reversed(before):
        if character == "]":
            inner += 1
        elif character == "[":
            if inner == 0:
                return True
            inner -= 1
    return False
