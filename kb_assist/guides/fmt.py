"""``guides fmt``: one way to write a guide; changes layout only, never meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_HEADING = re.compile(r"^#{1,6}\s+\S")
_HASH = re.compile(r"^<!-- src:[0-9a-f]{8} -->\s*$")
_BRANCH = re.compile(r"^- (?=`|if `|next\b|otherwise\b)")
_EXPECTED = re.compile(r"^\*\*Expected:\*\*", re.IGNORECASE)
_LINK = re.compile(r"\s*(?:→|->)\s*\[[^\]]*\]\(#(?P<id>[^)\s]+)\)\s*$")


@dataclass(frozen=True, slots=True)
class _Line:
    kind: str
    """heading, hash, head, branch, more (of a branch), expected, quote, fence, code, text, blank"""
    text: str


def format_guide(content: str) -> str:
    """Blank lines between blocks, ``→`` as the arrow, the step's id as the text of its link.

    Formatting twice changes nothing more. Front matter and code are left as they are.
    """
    front, body = _split(content)
    rows: list[str] = []
    previous = "blank"
    gap = False
    for line in _classified(body):
        if line.kind == "blank":
            gap = True
            continue
        if rows and _needs_gap(previous, line.kind, gap):
            rows.append("")
        rows.append(line.text)
        previous, gap = line.kind, False
    return front + "\n".join(rows).strip("\n") + "\n"


def _split(content: str) -> tuple[str, str]:
    match = re.match(r"\A---[ \t]*\n.*?^---[ \t]*\n", content, re.DOTALL | re.MULTILINE)
    return (match.group(), content[match.end() :]) if match else ("", content)


def _needs_gap(previous: str, kind: str, gap: bool) -> bool:
    if previous in ("fence", "code") and kind == "code":
        return False
    if previous == "branch" and kind == "branch":
        return False
    if previous in ("heading", "hash", "head") or kind in ("heading", "expected"):
        return True
    if kind in ("branch", "quote") and previous not in (kind, "more"):
        return True
    return gap


def _classified(body: str) -> Iterator[_Line]:
    fence = ""
    expects_head = False
    in_branches = False
    for raw in body.split("\n"):
        line = _line(raw, fence, expects_head=expects_head, in_branches=in_branches)
        if line.kind == "fence":
            fence = _FENCE.match(raw).group(1) if not fence else ""  # type: ignore[union-attr]
        elif line.kind == "heading":
            expects_head, in_branches = raw.startswith("## "), False
        elif line.kind not in ("hash", "blank"):
            expects_head = False
        if line.kind == "branch":
            in_branches = True
        elif line.kind == "blank":
            in_branches = False
        yield line


def _line(raw: str, fence: str, *, expects_head: bool, in_branches: bool) -> _Line:
    if fence:
        closing = _FENCE.match(raw)
        is_closing = closing is not None and closing.group(1).startswith(fence)
        # The closing mark belongs to the code above it; only the opening one stands apart.
        return _Line("fence" if is_closing else "code", raw)
    if _FENCE.match(raw):
        return _Line("fence", raw)
    if not raw.strip():
        return _Line("blank", "")
    for kind, pattern in (("heading", _HEADING), ("hash", _HASH), ("expected", _EXPECTED)):
        if pattern.match(raw):
            return _Line(kind, raw.rstrip())
    if expects_head and raw.startswith("**"):
        return _Line("head", raw.rstrip())
    if _BRANCH.match(raw):
        return _Line("branch", _LINK.sub(r" → [\g<id>](#\g<id>)", raw.rstrip()))
    if in_branches and raw.startswith(" "):
        return _Line("more", _LINK.sub(r" → [\g<id>](#\g<id>)", raw.rstrip()))
    return _Line("quote" if raw.startswith(">") else "text", raw)
