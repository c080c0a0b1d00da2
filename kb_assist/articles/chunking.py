"""Articles to chunks: whole sections where they fit, cut at blocks and sentences where not."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from kb_assist.articles.model import Article, Block, Chunk
from kb_assist.articles.plain import parse_blocks, plain_block, plain_inline
from kb_assist.text import fold

CountTokens = Callable[[Sequence[str]], list[int]]
"""Texts to their lengths in tokens of the embedding model."""

# The second condition keeps "z. B." and "d. h." together.
_SENTENCE_END = re.compile(r"(?<=[.!?:;])(?<!\b\w\.)\s+(?=[\"„“»(]?[A-ZÄÖÜ0-9])")
_UNCUT = frozenset({"code", "table"})


@dataclass(frozen=True, slots=True)
class ChunkLimits:
    """Sizes in tokens of the embedding model."""

    target: int
    """A chunk is closed before it passes this."""
    minimum: int
    """A section shorter than this is joined with the next one."""

    @classmethod
    def for_model(cls, max_tokens: int) -> ChunkLimits:
        # Measured on the evaluation sets, see docs/performance.md: longer passages dilute the
        # meaning of a vector, shorter ones lose their context and cost more vectors.
        target = min(TARGET_TOKENS, max_tokens - RESERVED_TOKENS)
        return cls(target=max(target, 32), minimum=min(MINIMUM_TOKENS, max(target // 4, 8)))


TARGET_TOKENS = 256
MINIMUM_TOKENS = 48
# Prefix, title and heading path share the model's window with the text.
RESERVED_TOKENS = 64


@dataclass(frozen=True, slots=True)
class _Piece:
    """A block's text with what is needed to place it."""

    text: str
    tokens: int
    line: int
    uncut: bool


@dataclass(slots=True)
class _Section:
    headings: tuple[_Piece, ...]
    """Its own heading last, those above it before."""
    anchor: str
    line: int
    pieces: list[_Piece]

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(heading.text for heading in self.headings)

    @property
    def tokens(self) -> int:
        return sum(piece.tokens for piece in self.pieces)


def anchor_of(heading: str, taken: set[str]) -> str:
    """The anchor of a heading as on GitHub, ``-1``, ``-2`` appended on repetition.

    ``taken`` is updated. Umlauts are kept, as GitHub does.
    """
    words = " ".join(heading.split()).lower()
    kept = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
    anchor, repeat = kept, 0
    while anchor in taken:
        repeat += 1
        anchor = f"{kept}-{repeat}"
    taken.add(anchor)
    return anchor


def chunk_article(article: Article, count_tokens: CountTokens, limits: ChunkLimits) -> list[Chunk]:
    """Chunks of one article in reading order; an article without text gives its title alone."""
    sections = _sections(article, count_tokens)
    groups = _split_long(_join_short(sections, limits), limits, count_tokens)
    chunks: list[Chunk] = []
    for section in groups:
        text = "\n".join(piece.text for piece in section.pieces)
        if text.strip():
            chunks.append(_chunk(article, section, text, len(chunks)))
    if not chunks:
        empty = _Section((), "", 1, [])
        chunks.append(_chunk(article, empty, article.description or article.title, 0))
    return _with_unique_ids(chunks)


def _chunk(article: Article, section: _Section, text: str, position: int) -> Chunk:
    heading = " › ".join(section.path)
    embed_text = "\n".join(part for part in (article.title, heading, text) if part)
    digest = hashlib.sha256(embed_text.encode()).hexdigest()[:12]
    # The position is left out, so that an insertion above does not rename what follows.
    place = section.anchor or "intro"
    return Chunk(
        id=f"{article.id}#{place}@{digest}",
        article_id=article.id,
        position=position,
        heading_path=section.path,
        anchor=section.anchor,
        text=text,
        embed_text=embed_text,
        line=section.line,
    )


def _with_unique_ids(chunks: list[Chunk]) -> list[Chunk]:
    """A section that repeats itself (a log, a form) gives equal passages; they are counted."""
    seen: Counter[str] = Counter()
    result: list[Chunk] = []
    for chunk in chunks:
        repeat = seen[chunk.id]
        seen[chunk.id] += 1
        result.append(replace(chunk, id=f"{chunk.id}-{repeat}") if repeat else chunk)
    return result


def _sections(article: Article, count_tokens: CountTokens) -> list[_Section]:
    """One section per heading that has text of its own."""
    blocks = parse_blocks(article.body)
    texts = [plain_inline(b.text) if b.kind == "heading" else plain_block(b) for b in blocks]
    counts = count_tokens(texts)
    taken: set[str] = set()
    levels: list[tuple[int, _Piece]] = []
    sections = [_Section((), "", 1, [])]
    for block, text, tokens in zip(blocks, texts, counts, strict=True):
        if block.kind != "heading":
            if text.strip():
                uncut = block.kind in _UNCUT
                sections[-1].pieces.append(_Piece(text, tokens, block.line, uncut))
            continue
        anchor = anchor_of(text, taken)
        if _repeats_title(block, text, article):
            continue
        heading = _Piece(text.strip(), tokens, block.line, False)
        levels = [*(above for above in levels if above[0] < block.level), (block.level, heading)]
        sections.append(_Section(tuple(h for _, h in levels), anchor, block.line, []))
    return [
        section
        for section, following in zip_longest(sections, sections[1:])
        if section.pieces or _is_leaf(section, following)
    ]


def _is_leaf(section: _Section, following: _Section | None) -> bool:
    """Whether a heading would be lost, as no passage below it names it in its path."""
    depth = len(section.path)
    return depth > 0 and (following is None or following.path[:depth] != section.path)


def _repeats_title(block: Block, text: str, article: Article) -> bool:
    return block.level == 1 and fold(" ".join(text.split())) == fold(article.title)


def _join_short(sections: list[_Section], limits: ChunkLimits) -> list[_Section]:
    """A short section moves into its predecessor while both fit into one chunk together."""
    joined: list[_Section] = []
    for above, section in zip([None, *sections], sections, strict=False):
        previous = joined[-1] if joined else None
        headings = _new_headings(section, above)
        if (
            previous is not None
            and min(previous.tokens, section.tokens) < limits.minimum
            and previous.tokens + section.tokens + sum(h.tokens for h in headings) <= limits.target
        ):
            previous.pieces.extend([*headings, *section.pieces])
        else:
            pieces = section.pieces or section.headings[-1:]
            joined.append(replace(section, pieces=[*pieces]))
    return joined


def _new_headings(section: _Section, above: _Section | None) -> tuple[_Piece, ...]:
    """The headings between two neighbouring sections, without those they share."""
    shared = 0
    for one, other in zip(section.headings[:-1], above.headings if above else (), strict=False):
        if one is not other:
            break
        shared += 1
    return section.headings[shared:]


def _split_long(
    sections: list[_Section], limits: ChunkLimits, count_tokens: CountTokens
) -> list[_Section]:
    result: list[_Section] = []
    for section in sections:
        if section.tokens <= limits.target:
            result.append(section)
            continue
        current = _Section(section.headings, section.anchor, section.line, [])
        for piece in _cut_pieces(section.pieces, limits, count_tokens):
            if current.pieces and current.tokens + piece.tokens > limits.target:
                result.append(current)
                current = _Section(section.headings, section.anchor, piece.line, [])
            current.pieces.append(piece)
        result.append(current)
    return result


def _cut_pieces(
    pieces: list[_Piece], limits: ChunkLimits, count_tokens: CountTokens
) -> list[_Piece]:
    """Over-long prose is cut at line ends and sentences; code and tables stay whole."""
    cut: list[_Piece] = []
    for piece in pieces:
        if piece.uncut or piece.tokens <= limits.target:
            cut.append(piece)
            continue
        parts = [s for row in piece.text.split("\n") for s in _SENTENCE_END.split(row) if s.strip()]
        for part, tokens in zip(parts, count_tokens(parts), strict=True):
            if tokens <= limits.target:
                cut.append(_Piece(part, tokens, piece.line, False))
            else:
                cut.extend(_halve(part.strip(), piece.line, limits, count_tokens))
    return cut


def _halve(
    text: str, line: int, limits: ChunkLimits, count_tokens: CountTokens
) -> Iterator[_Piece]:
    """Last resort for a sentence beyond the limit (logs, base64): halved until it fits."""
    tokens = count_tokens([text])[0]
    if tokens <= limits.target or len(text) < 2:
        yield _Piece(text, tokens, line, False)
        return
    middle = len(text) // 2
    space = text.rfind(" ", middle // 2, middle + 1)
    cut = space if space > 0 else max(middle, 1)
    for half in (text[:cut].strip(), text[cut:].strip()):
        yield from _halve(half, line, limits, count_tokens)
