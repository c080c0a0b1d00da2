"""The Markdown grammar of guides: a file's body to raw steps, with rules G101 to G112."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from kb_assist.errors import N_, Phrase
from kb_assist.guides.model import STEP_ID_PATTERN, Channel, StepText, TextBlock

_STEP_ID = re.compile(STEP_ID_PATTERN)
_HASH = re.compile(r"^<!-- src:([0-9a-f]{8}) -->\s*$")
_HEAD = re.compile(r"^\*\*(?P<question>.*?)\*\*(?P<rest>.*)$")
_SETTINGS = re.compile(r"^\s+`([^`]+)`\s*$")
_EXPECTED = re.compile(r"^\*\*Expected:\*\*\s*", re.IGNORECASE)
_QUOTE = re.compile(r"^ {0,3}> ?")
_AUDIENCE = re.compile(r"^\*\*(Agent|Customer):\*\*\s*", re.IGNORECASE)
_LINK = r"\s*(?:→|->)\s*\[[^\]]*\]\(#(?P<target>[^)\s]+)\)"
_WORDY_OPTION = re.compile(r"^- `[^`]*[^\w.`-][^`]*`")
_OPTION = re.compile(rf"^`(?P<value>[A-Za-z0-9][\w.-]*)`(?P<label>.*?)(?:{_LINK})?$")
_ARROW = re.compile(r"→|->|\]\(#")
_IF = re.compile(rf"^if\s+`(?P<condition>[^`]+)`{_LINK}$")
_ALWAYS = re.compile(rf"^(?:next|otherwise){_LINK}$")
_STEP_LINK = re.compile(r"\[[^\]\[<]*\]\(#[a-z0-9_]+\)")
_BRACKETS = re.compile(r"[<\[]")
_SCHEMES = frozenset({"http", "https", "kb", ""})
_LONGEST_QUOTE = 60
"""Characters of the author's text in a message."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem at a line of the file, not yet tied to a path."""

    line: int
    rule: str
    message: Phrase


@dataclass(frozen=True, slots=True)
class RawBranch:
    line: int
    value: str | None
    label: str
    condition: str | None
    target: str | None
    is_last: bool


@dataclass(slots=True)
class RawStep:
    """A step as written; nothing in it is resolved."""

    id: str
    line: int
    end_line: int = 0
    """Last line of the step's text, blank lines below it left out."""
    question: str = ""
    head_line: int = 0
    settings: str | None = None
    blocks: list[TextBlock] = field(default_factory=list)
    expected: str = ""
    branches: list[RawBranch] = field(default_factory=list)
    source_hash: str | None = None

    @property
    def text(self) -> StepText:
        labels = {b.value: b.label for b in self.branches if b.value is not None and b.label}
        return StepText(self.question, tuple(self.blocks), self.expected, labels)


@dataclass(slots=True)
class RawDocument:
    """A body cut into title, introduction and steps."""

    title: str = ""
    intro: str = ""
    steps: list[RawStep] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    links: list[tuple[int, str]] = field(default_factory=list)
    """Every address in the texts with its line."""


@cache
def _markdown() -> MarkdownIt:
    # HTML is read so that it can be found and refused; pages are rendered elsewhere. Only texts
    # with brackets are read within the line, which halves the time of a check.
    markdown = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
    # Addresses that must not be used are to be reported, not passed over as text.
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]
    return markdown


def read_document(lines: Sequence[str]) -> RawDocument:
    """Lines of a file to raw steps; blank the front matter first so that line numbers are kept."""
    env: dict[str, Any] = {}
    tokens = _markdown().parse("\n".join(lines), env)
    reader = _Reader(lines)
    for block in _blocks(tokens):
        reader.block(block)
    reader.inline(tokens, env)
    reader.finish()
    return reader.document


def _blocks(tokens: list[Token]) -> Iterator[list[Token]]:
    """Top-level blocks, each with the tokens inside it."""
    start = 0
    for position, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            yield tokens[start : position + 1]
            start = position + 1


class _Reader:
    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self.document = RawDocument()
        self._step: RawStep | None = None
        self._intro: list[str] = []
        self._seen: dict[str, int] = {}

    def _report(self, line: int, rule: str, message: Phrase) -> None:
        self.document.findings.append(Finding(line, rule, message))

    def block(self, tokens: list[Token]) -> None:
        first = tokens[0]
        begin, end = first.map or [0, 0]
        source = list(self._lines[begin:end])
        while source and not source[-1].strip():
            source.pop()
        if self._step is not None and first.type != "heading_open":
            self._step.end_line = begin + len(source)
        if first.type == "heading_open":
            self._heading(first.tag, tokens[1].content, begin + 1)
        elif first.type == "html_block":
            self._html(source, begin + 1)
        elif self._step is None:
            self._intro.append("\n".join(source))
        elif first.type == "bullet_list_open" and first.markup == "-":
            self._list(tokens)
        elif self._step.branches:
            self._report(
                begin + 1, "G106", N_("text below the branches: '%(text)s'", text=_short(source[0]))
            )
        elif first.type == "paragraph_open":
            self._paragraph(source, begin + 1)
        elif self._needs_head(begin + 1):
            self._other(first.type, source)

    def finish(self) -> None:
        self.document.intro = "\n\n".join(self._intro)
        for step in self.document.steps:
            if not step.head_line:
                self._report(
                    step.line,
                    "G107",
                    N_("step '%(step)s' must begin with a bold question", step=step.id),
                )

    def _heading(self, tag: str, content: str, line: int) -> None:
        if tag == "h1" and not self.document.title and self._step is None:
            self.document.title = content
        elif tag != "h2":
            self._report(line, "G103", N_("only one # title and ## steps are allowed as headings"))
        elif not _STEP_ID.fullmatch(content):
            self._report(
                line, "G101", N_("heading '%(text)s' is not a step id", text=_short(content))
            )
            self._open(content, line)
        else:
            self._open(content, line)

    def _open(self, step_id: str, line: int) -> None:
        if step_id in self._seen:
            message = N_(
                "step '%(step)s' is defined twice (line %(line)s)",
                step=step_id,
                line=self._seen[step_id],
            )
            self._report(line, "G102", message)
        self._seen.setdefault(step_id, line)
        self._step = RawStep(step_id, line, line)
        self.document.steps.append(self._step)

    def _html(self, source: list[str], line: int) -> None:
        match = _HASH.match(source[0]) if source else None
        step = self._step
        if match and step is not None and not step.head_line and step.source_hash is None:
            step.source_hash = match.group(1)
            if len(source) > 1:
                self._report(line + 1, "G107", N_("leave a blank line below the hash comment"))
        else:
            self._report(line, "G105", N_("raw HTML is not allowed"))

    def _needs_head(self, line: int) -> bool:
        """Whether the step has its question; reports once when it has not."""
        step = self._step
        if step is None or step.head_line:
            return True
        step.head_line = line
        self._report(
            line, "G107", N_("step '%(step)s' must begin with a bold question", step=step.id)
        )
        return True

    def _paragraph(self, source: list[str], line: int) -> None:
        step = self._step
        assert step is not None
        if not step.head_line:
            self._head(step, source[0].strip(), line)
            source = source[1:]
        parts: list[list[str]] = [[]]
        for row in source:
            if _EXPECTED.match(row.strip()):
                parts.append([])
            parts[-1].append(row.strip())
        for part in parts:
            if part and _EXPECTED.match(part[0]):
                step.expected = _EXPECTED.sub("", "\n".join(part))
            elif part:
                step.blocks.append(TextBlock("\n".join(part)))

    def _head(self, step: RawStep, row: str, line: int) -> None:
        step.head_line = line
        match = _HEAD.match(row)
        if match is None:
            self._report(
                line, "G107", N_("step '%(step)s' must begin with a bold question", step=step.id)
            )
            return
        step.question = match.group("question").strip()
        if not step.question:
            self._report(line, "G110", N_("step '%(step)s' asks nothing", step=step.id))
        rest = match.group("rest")
        settings = _SETTINGS.match(rest)
        if settings:
            step.settings = settings.group(1)
        elif rest.strip():
            message = N_(
                "only `settings` may follow the question, not '%(text)s'", text=_short(rest)
            )
            self._report(line, "G104", message)

    def _other(self, kind: str, source: list[str]) -> None:
        step = self._step
        assert step is not None
        if kind == "blockquote_open":
            inner = [_QUOTE.sub("", row) for row in source]
            match = _AUDIENCE.match(inner[0])
            if match:
                inner[0] = inner[0][match.end() :]
                audience = Channel(match.group(1).lower())
                step.blocks.append(TextBlock("\n".join(inner).strip(), audience))
                return
        step.blocks.append(TextBlock("\n".join(source)))

    def _list(self, tokens: list[Token]) -> None:
        step = self._step
        assert step is not None
        items = [t for t in tokens if t.level == 1 and t.type == "list_item_open"]
        self._needs_head((tokens[0].map or [0])[0] + 1)
        inner = iter(tokens)
        for item in items:
            line = (item.map or [0])[0] + 1
            content = [t for t in _until_close(inner, item) if t.level == 2]
            text = next((t for t in content), None)
            paragraphs = [t for t in content if t.nesting >= 0]
            branch = None
            if len(paragraphs) == 1 and text is not None and text.type == "paragraph_open":
                branch = _branch(" ".join(_item_rows(self._lines, text)), line)
            if branch is None:
                shown = _short(self._lines[line - 1].strip())
                self._report(line, "G106", _no_branch(shown))
            else:
                step.branches.append(branch)

    def inline(self, tokens: list[Token], env: dict[str, Any]) -> None:
        """HTML and addresses wherever they stand."""
        markdown = _markdown()
        for token in tokens:
            line = (token.map or [0])[0] + 1
            if token.type == "html_block" and token.level > 0:
                self._report(line, "G105", N_("raw HTML is not allowed"))
            if token.type != "inline" or not _BRACKETS.search(_STEP_LINK.sub("", token.content)):
                continue
            children: list[Token] = []
            markdown.inline.parse(token.content, markdown, env, children)
            for child in children:
                if child.type == "html_inline":
                    self._report(line, "G105", N_("raw HTML is not allowed"))
                elif child.type in ("link_open", "image"):
                    self._address(child, line)

    def _address(self, token: Token, line: int) -> None:
        address = str(token.attrs.get("href") or token.attrs.get("src") or "")
        try:
            parts = urlsplit(address)
        except ValueError:
            parts = urlsplit("invalid:")
        is_local = not parts.scheme and not parts.netloc
        is_allowed = parts.scheme in _SCHEMES and (parts.scheme != "" or is_local)
        if token.type == "image":
            is_allowed = is_local and bool(parts.path)
        elif is_local:
            is_allowed = address.startswith("#")
        if not is_allowed:
            message = N_(
                "address '%(address)s' is not allowed; use http(s), kb: or #step",
                address=_short(address),
            )
            self._report(line, "G112", message)
        self.document.links.append((line, address))


def _until_close(tokens: Iterator[Token], item: Token) -> Iterator[Token]:
    """The tokens inside one list item; advances the iterator past it."""
    inside = False
    for token in tokens:
        if token is item:
            inside = True
        elif inside and token.level == 1 and token.type == "list_item_close":
            return
        elif inside:
            yield token


def _item_rows(lines: Sequence[str], paragraph: Token) -> list[str]:
    begin, end = paragraph.map or [0, 0]
    rows = [row.strip() for row in lines[begin:end]]
    return [rows[0].removeprefix("-").strip(), *rows[1:]]


def _no_branch(shown: str) -> Phrase:
    """Most people who put the words of an option into the backticks mean its text."""
    if _WORDY_OPTION.match(shown) is None:
        return N_("not a branch: '%(text)s'", text=shown)
    return N_(
        "not a branch: '%(text)s'; an option is an id without spaces, then its text: '- `other`"
        " something else → …'",
        text=shown,
    )


def _branch(text: str, line: int) -> RawBranch | None:
    if match := _ALWAYS.match(text):
        return RawBranch(line, None, "", None, match.group("target"), is_last=True)
    if match := _IF.match(text):
        condition = match.group("condition").strip()
        return RawBranch(line, None, "", condition, match.group("target"), is_last=False)
    match = _OPTION.match(text)
    if match is None or _ARROW.search(match.group("label")):
        return None
    label = match.group("label").strip()
    return RawBranch(line, match.group("value"), label, None, match.group("target"), is_last=False)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"
