"""Markdown as GitHub reads it to Markdown as Python-Markdown reads it: lists and alerts."""

from __future__ import annotations

import re

ALERT_KINDS = {
    "note": "note",
    "info": "note",
    "tip": "tip",
    "hint": "tip",
    "important": "important",
    "warning": "warning",
    "caution": "warning",
    "attention": "warning",
    "danger": "danger",
}
"""Words of ``> [!WORD]`` to the kinds of box that exist."""

_ALERT = re.compile(r"^((?: {4})* {0,3})> ?!?\[!?(\w+)\] *(.*)$")
# A film that Microsoft's pages embed; here it is a link.
_VIDEO = re.compile(r"^\[!VIDEO +(https?://[^\s<>\]]+) *\] *$")
_QUOTED = re.compile(r"^ *> ?(.*)$")
_FENCE = re.compile(r"^[ \t]*(`{3,}(?=[^`]*$)|~{3,})")
_ITEM = re.compile(r"^(?:[*+-]|(\d{1,9})[.)])([ \t]+)(?=\S)")
_RULE = re.compile(r"^(?:[-*_][ \t]*){3,}$")
_TAB = 4
"""Python-Markdown knows no other indentation of what belongs to a list item."""

_MAX_LEVELS = 12
"""Deeper items stay at this level; the time Python-Markdown takes grows with the square."""


def to_python_markdown(body: str) -> str:
    """The same document, written so that Python-Markdown gives it the structure GitHub would.

    What belongs to a list item is indented by four columns a level, a list may follow a paragraph
    without an empty line, and ``> [!NOTE]`` becomes an admonition. Code keeps its lines.
    """
    return _alerts_to_admonitions(_Lists().run(body))


class _Lists:
    """Rewrites indentation top-down; a level is the column at which an item's text begins."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._levels: list[int] = []
        self._in_paragraph = False
        self._closing: re.Pattern[str] | None = None
        self._fence_indent = 0
        self._fence_column = 0

    def run(self, body: str) -> str:
        for raw in body.split("\n"):
            line = raw.lstrip(" \t")
            indent = len(raw[: len(raw) - len(line)].expandtabs(_TAB))
            if self._closing:
                self._inside_fence(raw, line, indent)
            elif not line:
                self._out.append("")
            elif fence := _FENCE.match(raw):
                self._open_fence(line, indent, fence.group(1))
            elif (item := _ITEM.match(line)) and not _RULE.match(line):
                self._item(raw, line, indent, item)
            else:
                self._other(raw, line, indent)
        return "\n".join(self._out)

    @property
    def _after_blank(self) -> bool:
        return not self._out or not self._out[-1]

    def _column(self, indent: int) -> int:
        """Where a line of this indentation goes, within the innermost level it reaches."""
        if not self._levels:
            return indent
        return _TAB * len(self._levels) + max(0, indent - self._levels[-1])

    def _leave(self, indent: int) -> None:
        while self._levels and indent < self._levels[-1]:
            self._levels.pop()

    def _open_fence(self, line: str, indent: int, mark: str) -> None:
        self._leave(indent)
        column = self._column(indent)
        if self._levels and not self._after_blank:
            self._out.append("")
        self._out.append(" " * column + line)
        self._fence_indent, self._fence_column = indent, column
        self._closing = re.compile(rf"{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$")

    def _inside_fence(self, raw: str, line: str, indent: int) -> None:
        inner = max(0, indent - self._fence_indent)
        moved = self._fence_column != self._fence_indent
        self._out.append(" " * (self._fence_column + inner) + line if moved and line else raw)
        if self._closing and self._closing.match(line):
            self._closing = None
            if self._levels:
                self._out.append("")

    def _item(self, raw: str, line: str, indent: int, item: re.Match[str]) -> None:
        continues = bool(self._levels)
        self._leave(indent)
        if not continues:
            if indent >= _TAB or (not self._after_blank and item.group(1) not in (None, "1")):
                # Indented code or a box, and numbers in prose ("... in\n2019. Then"), are no list.
                self._out.append(raw)
                return
            if not self._after_blank and not self._out[-1].lstrip().startswith("#"):
                self._out.append("")
        elif self._in_paragraph and not self._after_blank:
            self._out.append("")
        self._in_paragraph = False
        self._out.append(" " * (_TAB * len(self._levels)) + line)
        if len(self._levels) < _MAX_LEVELS:
            self._levels.append(indent + min(len(item.group()), _TAB))

    def _other(self, raw: str, line: str, indent: int) -> None:
        if self._after_blank or line.startswith("#"):
            self._leave(indent)
        if not self._levels:
            self._out.append(raw)
        elif self._after_blank:
            self._in_paragraph = True
            self._out.append(" " * self._column(indent) + line)
        elif line.startswith(">") and indent >= self._levels[-1]:
            same = self._out[-1].lstrip().startswith(">")
            self._out += [*([] if same else [""]), " " * self._column(indent) + line]
        else:
            self._out.append(" " * (_TAB * (len(self._levels) - 1) + 2) + line)


def _alerts_to_admonitions(body: str) -> str:
    """``> [!NOTE]`` blocks, as GitHub and Microsoft write them, to Python-Markdown admonitions."""
    lines: list[str] = []
    pad: str | None = None
    for line in body.split("\n"):
        alert = _ALERT.match(line)
        quoted = _QUOTED.match(line)
        if alert and alert.group(2).lower() in ALERT_KINDS:
            pad = " " * (len(alert.group(1)) // _TAB * _TAB)
            word = alert.group(2)
            lines += ["", f'{pad}!!! {ALERT_KINDS[word.lower()]} "{word.capitalize()}"']
            if alert.group(3).strip():
                lines.append(f"{pad}    {alert.group(3)}")
        elif pad is not None and quoted:
            text = quoted.group(1)
            lines.append(f"{pad}    {text}" if text.strip() else "")
        else:
            if pad is not None and line.strip():
                lines.append("")
            pad = None
            lines.append(_VIDEO.sub(r"<\1>", line))
    return "\n".join(lines)
