"""Markdown source to blocks and plain text, for embedding and searching (not for display)."""

from __future__ import annotations

import html
import re

from kb_assist.articles.model import Block

# At any depth and right behind a list mark: code inside list items is code as well.
_FENCE = re.compile(r"^([ \t]*)(?:(?:[*+-]|\d{1,3}[.)])[ \t]+)?(`{3,}(?=[^`]*$)|~{3,})")
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
_TABLE_ROW = re.compile(r"^ {0,3}\|.*\|[ \t]*$|^[^|\n]+\|[^|\n]+.*$")
_TABLE_RULE = re.compile(r"^ {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_LIST_ITEM = re.compile(r"^ {0,3}(?:[*+-]|\d{1,3}[.)])[ \t]+\S")
# Any other number at the beginning of a line may be part of a sentence.
_FIRST_ITEM = re.compile(r"^ {0,3}(?:[*+-]|1[.)])[ \t]+\S")

# The end of what must not be read as Markdown although blank lines may be in it.
_HTML_ENDS = (
    (re.compile(r"^ {0,3}<!--"), re.compile(r"-->")),
    (re.compile(r"^ {0,3}<script\b", re.IGNORECASE), re.compile(r"</script\s*>", re.IGNORECASE)),
    (re.compile(r"^ {0,3}<style\b", re.IGNORECASE), re.compile(r"</style\s*>", re.IGNORECASE)),
)

# Lengths are bounded, because an opening mark without a closing one would otherwise be searched
# for to the end of the text, again and again.
_SCRIPT = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,2000}|[\w.+-]{1,99}@[\w.-]{1,250})>")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,2000}>")
_IMAGE = re.compile(r"!\[([^\]]{0,1000})\]\([^)\s]{0,2000}(?:\s+\"[^\"]{0,500}\")?\)")
_FILM = re.compile(r"\[!VIDEO +https?:[^\s\]]+ *\]")
_LINK = re.compile(
    r"\[((?:[^\[\]]|\[[^\[\]]{0,300}\]){0,1000})\]"
    r"\((?:[^()\s]|\([^()]{0,500}\)){0,2000}(?:\s+\"[^\"]{0,500}\")?\)"
)
_REFERENCE_LINK = re.compile(r"\[([^\[\]]{1,1000})\]\[[^\[\]]{0,300}\]")
_ADMONITION = re.compile(r"^\s*!{3}[ ]*[\w-]+[^\"\n]*(?:\"([^\"\n]*)\")?\s*$")
_ALERT = re.compile(r"^\s*(?:!\[|\[!)\w+\](?![(\[:])\s*")
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|_{1,3})(?=\S)(.{1,500}?)(?<=\S)\1(?![\w*])", re.DOTALL)
_LITERAL = re.compile(
    r"\\([\\`*_{}\[\]()#+\-.!|<>~$])|(?<!`)(`{1,9})(?!`)(.{1,2000}?)(?<!`)\2(?!`)", re.DOTALL
)
_ATTRIBUTES = re.compile(r"\{[:#.][^}\n]{0,500}\}")
_QUOTE = re.compile(r"^ {0,3}(?:> ?)+", re.MULTILINE)
_LIST_MARK = re.compile(r"^([ \t]*)(?:[*+-]|\d{1,3}[.)])[ \t]+", re.MULTILINE)
_HTML_BREAK = re.compile(r"</(?:li|p|tr|h\d|div|ul|ol|table)>|<br\s*/?>", re.IGNORECASE)
# Where a code span or an escaped character was, between characters that no text of ours contains.
_KEPT = re.compile("\x02(\\d+)\x03")


def parse_blocks(body: str) -> list[Block]:
    """Split a Markdown body into blocks; every non-blank line belongs to exactly one."""
    return _Scanner(body).run()


class _Scanner:
    """Reads lines top-down and closes a block where the next one begins."""

    def __init__(self, body: str) -> None:
        self._lines = body.split("\n")
        self._blocks: list[Block] = []
        self._pending: list[str] = []
        self._start = 1
        self._never_ends: set[str] = set()

    def run(self) -> list[Block]:
        number = 0
        while number < len(self._lines):
            line = self._lines[number]
            if fence := _FENCE.match(line):
                number = self._take_fence(number, fence.group(1), fence.group(2))
            elif (end := self._html_end(number)) is not None:
                self._close()
                self._blocks.append(
                    Block("paragraph", "\n".join(self._lines[number:end]), number + 1)
                )
                number = end
            elif heading := _HEADING.match(line):
                self._close()
                level, text = len(heading.group(1)), heading.group(2)
                self._blocks.append(Block("heading", text, number + 1, level))
                number += 1
            elif self._is_setext(number):
                text = " ".join(part.strip() for part in self._pending)
                self._blocks.append(Block("heading", text, self._start, 1 if "=" in line else 2))
                self._pending = []
                number += 1
            elif not line.strip():
                self._close()
                number += 1
            else:
                if _FIRST_ITEM.match(line) and self._pending and self._kind() == "paragraph":
                    self._close()
                self._append(line, number)
                number += 1
        self._close()
        return self._blocks

    def _is_setext(self, number: int) -> bool:
        if not self._pending or not _SETEXT.match(self._lines[number]):
            return False
        return len(self._pending) == 1 and not _LIST_ITEM.match(self._pending[0])

    def _append(self, line: str, number: int) -> None:
        if not self._pending:
            self._start = number + 1
        self._pending.append(line)

    def _html_end(self, number: int) -> int | None:
        """The line after a comment or script that begins here and ends on a later line."""
        for opening, closing in _HTML_ENDS:
            if closing.pattern in self._never_ends or not opening.match(self._lines[number]):
                continue
            for end in range(number, len(self._lines)):
                if closing.search(self._lines[end]):
                    return end + 1 if end > number else None
            self._never_ends.add(closing.pattern)
        return None

    def _take_fence(self, number: int, indent: str, mark: str) -> int:
        self._close()
        end = number + 1
        closing = re.compile(rf"^[ \t]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$")
        while end < len(self._lines) and not closing.match(self._lines[end]):
            end += 1
        inner = [_dedent(line, len(indent)) for line in self._lines[number + 1 : end]]
        self._blocks.append(Block("code", "\n".join(inner), number + 1))
        return end + 1

    def _close(self) -> None:
        if not self._pending:
            return
        text = "\n".join(self._pending)
        self._blocks.append(Block(self._kind(), text, self._start))
        self._pending = []

    def _kind(self) -> str:
        first = self._pending[0]
        if (
            len(self._pending) > 1
            and _TABLE_ROW.match(first)
            and _TABLE_RULE.match(self._pending[1])
        ):
            return "table"
        return "list" if _LIST_ITEM.match(first) else "paragraph"


def _dedent(line: str, depth: int) -> str:
    """Take away as much indentation as the fence has, as the reader will see it."""
    return line[min(depth, len(line) - len(line.lstrip(" \t"))) :]


def plain_inline(text: str) -> str:
    """Inline Markdown and HTML to the text a reader sees."""
    if "`" not in text and "\\" not in text:
        return _plain_markup(text)
    # Code is literal: `net use <drive>` is no tag and `__init__` no emphasis.
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group(1) or match.group(3).strip())
        return f"\x02{len(kept) - 1}\x03"

    text = _plain_markup(_LITERAL.sub(keep, text))
    return _KEPT.sub(lambda m: kept[int(m.group(1))] if int(m.group(1)) < len(kept) else "", text)


def _plain_markup(text: str) -> str:
    # Most texts hold no mark at all, and looking for one character costs less than a pattern.
    if "<" in text:
        text = _without_comments(text)
        text = _SCRIPT.sub(" ", text)
        text = _HTML_BREAK.sub("\n", text)
        text = _AUTOLINK.sub(r"\1", text)
        text = _TAG.sub("", text)
    if "[" in text:
        text = _IMAGE.sub(r"\1", text)
        text = _LINK.sub(r"\1", text)
        text = _FILM.sub("", text)
        text = _REFERENCE_LINK.sub(r"\1", text)
    if "*" in text or "_" in text:
        text = _EMPHASIS.sub(r"\2", text)
        text = _EMPHASIS.sub(r"\2", text)
    if "{" in text:
        text = _ATTRIBUTES.sub("", text)
    return html.unescape(text)


def _without_comments(text: str) -> str:
    parts: list[str] = []
    position = 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start)) >= 0:
        parts += [text[position:start], " "]
        position = end + 3
    return "".join([*parts, text[position:]])


def plain_block(block: Block) -> str:
    """One block as plain text; code keeps its lines, everything else is flowed."""
    if block.kind == "code":
        return block.text.strip("\n")
    if block.kind == "table":
        head, _rule, *rest = block.text.split("\n")
        rows = [head, *rest]
        cells = [[c.strip() for c in row.strip().strip("|").split("|")] for row in rows]
        return "\n".join(plain_inline(" | ".join(c for c in row if c)).strip() for row in cells)
    text = _QUOTE.sub("", block.text) if ">" in block.text else block.text
    if "!" in text:
        text = "\n".join(_without_label(line) for line in text.split("\n"))
    text = plain_inline(_LIST_MARK.sub(r"\1", text))
    if block.kind == "list":
        return "\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip())
    return " ".join(text.split())


def _without_label(line: str) -> str:
    """``!!! warning "Title"`` to its title; ``[!NOTE]`` and ``![info]`` to what follows."""
    if admonition := _ADMONITION.match(line):
        return f"{admonition.group(1)}." if admonition.group(1) else ""
    return _ALERT.sub("", line)


def plain_text(body: str) -> str:
    """A whole body as plain text, blocks separated by line breaks."""
    blocks = parse_blocks(body)
    parts = (plain_inline(b.text) if b.kind == "heading" else plain_block(b) for b in blocks)
    return "\n".join(part for part in parts if part)
