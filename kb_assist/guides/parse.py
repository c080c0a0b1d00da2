"""One guide file, or one translation, to values; rules G001 to G110."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from kb_assist.errors import N_
from kb_assist.guides.grammar import Finding, RawBranch, RawDocument, RawStep, read_document
from kb_assist.guides.model import (
    WITH_OPTIONS,
    Ask,
    Branch,
    FrontMatter,
    Guide,
    GuideText,
    Kind,
    OverlayFrontMatter,
    Step,
    StepSettings,
)
from kb_assist.guides.step_settings import (
    YAML_LOADER,
    Fault,
    Head,
    read_settings,
    setting_faults,
)
from kb_assist.guides.wrong_value import wrong_value

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_LISTS = frozenset(
    {"translations", "audience", "context", "exports", "withdrawn", "categories", "words"}
)
_YESNO = frozenset({"yes", "no"})

Front = TypeVar("Front", bound=BaseModel)


@dataclass(slots=True)
class ParsedGuide:
    """A source file; ``guide`` is None when the file cannot be used at all."""

    path: str
    document: RawDocument
    front: FrontMatter | None
    guide: Guide | None = None
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class ParsedOverlay:
    """A translation file."""

    path: str
    document: RawDocument
    front: OverlayFrontMatter | None
    findings: list[Finding] = field(default_factory=list)

    @property
    def text(self) -> GuideText:
        steps = {step.id: step.text for step in self.document.steps}
        return GuideText(self.document.title, self.document.intro, steps)


def front_matter_source(content: str) -> str | None:
    """The YAML between the two ``---`` lines, None when there is none."""
    match = _FRONT_MATTER.match(content)
    return match.group(1) if match else None


def parse_guide(content: str, path: str) -> ParsedGuide:
    """Text of ``<id>.md`` to a guide in its source language."""
    front, findings = _read_front(content, FrontMatter)
    document = read_document(_body_lines(content))
    parsed = ParsedGuide(path, document, front, findings=[*findings, *document.findings])
    if front is None:
        return parsed
    if front.guide != _stem(path):
        message = N_(
            "file name '%(name)s' differs from guide id '%(guide)s'",
            name=_stem(path),
            guide=front.guide,
        )
        parsed.findings.append(Finding(1, "G003", message))
    if not document.title:
        parsed.findings.append(Finding(1, "G110", N_("guide has no title: write '# Title' first")))
    if not document.steps:
        parsed.findings.append(Finding(1, "G110", N_("guide has no steps: write '## first_step'")))
        return parsed
    steps = {raw.id: _step(raw, parsed.findings) for raw in document.steps}
    texts = {raw.id: raw.text for raw in document.steps}
    text = GuideText(document.title, document.intro, texts)
    parsed.guide = Guide(front.guide, front, steps, {front.lang: text}, path)
    return parsed


def parse_overlay(content: str, path: str) -> ParsedOverlay:
    """Text of ``<id>.<lang>.md``; whether it fits its source is checked with the source."""
    front, findings = _read_front(content, OverlayFrontMatter)
    document = read_document(_body_lines(content))
    parsed = ParsedOverlay(path, document, front, [*findings, *document.findings])
    if front is not None and f"{front.guide}.{front.lang}" != _stem(path):
        message = N_(
            "file name '%(name)s' differs from '%(guide)s.%(lang)s'",
            name=_stem(path),
            guide=front.guide,
            lang=front.lang,
        )
        parsed.findings.append(Finding(1, "G003", message))
    return parsed


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].removesuffix(".md")


def _body_lines(content: str) -> list[str]:
    """The file's lines with the front matter blanked, so that line numbers stay true."""
    match = _FRONT_MATTER.match(content)
    lines = content.split("\n")
    skipped = content.count("\n", 0, match.end()) if match else 0
    return [""] * skipped + lines[skipped:]


def _read_front(content: str, model: type[Front]) -> tuple[Front | None, list[Finding]]:
    source = front_matter_source(content)
    if source is None:
        return None, [Finding(1, "G001", N_("there is no front matter between two lines '---'"))]
    try:
        loaded = yaml.load(source, Loader=YAML_LOADER)  # noqa: S506 - texts only, no objects
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        return None, [Finding(line, "G001", N_("the front matter is not readable YAML"))]
    if not isinstance(loaded, dict):
        return None, [
            Finding(1, "G001", N_("the front matter is not a list of 'key: value' lines"))
        ]
    try:
        return model(**_listed(loaded)), []
    except ValidationError as error:
        return None, [_front_fault(fault, source) for fault in error.errors()]


def _listed(loaded: dict[Any, Any]) -> dict[str, Any]:
    """A list of one may be written without brackets; nothing is an empty list."""
    result: dict[str, Any] = {}
    for key, value in loaded.items():
        if isinstance(value, dict) and key == "suggest":
            # No other value is looked into: aliases could nest without end.
            value = {name: _listed({name: part})[name] for name, part in value.items() if part}
        elif key in _LISTS and isinstance(value, str):
            value = [value] if value else []
        elif value == "":
            continue
        result[str(key)] = value
    return result


def _front_fault(fault: Any, source: str) -> Finding:
    key = ".".join(str(part) for part in fault["loc"])
    named = str(fault["loc"][-1] if fault["type"] == "extra_forbidden" else fault["loc"][0])
    rows = source.split("\n")
    row = next(
        (n for n, text in enumerate(rows) if re.match(rf"\s*{re.escape(named)}\s*:", text)), -1
    )
    if fault["type"] == "extra_forbidden":
        message = N_("unknown key '%(key)s'", key=key)
    elif fault["type"] == "missing":
        message = N_("key '%(key)s' is missing", key=key)
    else:
        message = N_("key '%(key)s': %(fault)s", key=key, fault=wrong_value(fault))
    return Finding(row + 2, "G002", message)


def _step(raw: RawStep, findings: list[Finding]) -> Step:
    head = _head(raw, findings)
    if head is None:
        head = Head(Kind.ASK, Ask.TEXT, StepSettings())
    branches = tuple(_branch(branch) for branch in raw.branches)
    return Step(raw.id, raw.line, head.kind, head.type, head.settings, branches)


def _head(raw: RawStep, findings: list[Finding]) -> Head | None:
    """What the step is; without settings its options tell."""
    options = [b.value for b in raw.branches if b.value is not None]
    line = raw.head_line or raw.line
    if raw.settings is None:
        if options:
            type_ = Ask.YESNO if set(options) <= _YESNO else Ask.CHOICE
            return Head(Kind.ASK, type_, StepSettings())
        if raw.question:
            message = N_("step '%(step)s' asks nothing: add settings or options", step=raw.id)
            findings.append(Finding(line, "G110", message))
        return None
    head = read_settings(raw.settings)
    if isinstance(head, Fault):
        findings.append(Finding(line, head.rule, head.message))
        return None
    findings.extend(Finding(line, f.rule, f.message) for f in setting_faults(head))
    findings.extend(_mixed(raw, head, options, line))
    return head


def _mixed(raw: RawStep, head: Head, options: list[str], line: int) -> Iterable[Finding]:
    if head.kind is Kind.ASK and head.type in set(Ask):
        if options and head.type not in WITH_OPTIONS:
            yield Finding(
                line, "G109", N_("step mixes 'ask: %(kind)s' and options", kind=head.type)
            )
        elif not options and head.type in WITH_OPTIONS and head.type != Ask.YESNO:
            yield Finding(
                line, "G110", N_("step '%(step)s' asks nothing: it has no options", step=raw.id)
            )


def _branch(raw: RawBranch) -> Branch:
    return Branch(raw.line, raw.value, raw.condition, raw.target, raw.is_last)
