"""The values of a guide as its author wrote it: steps, branches, settings, texts, bundles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

STEP_ID_PATTERN = r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*"


class Channel(StrEnum):
    """From which side somebody works on a session."""

    AGENT = "agent"
    CUSTOMER = "customer"


class Kind(StrEnum):
    """What a step wants: an answer, something done, another guide, or the end."""

    ASK = "ask"
    DO = "do"
    CALL = "call"
    END = "end"


class Ask(StrEnum):
    CHOICE = "choice"
    YESNO = "yesno"
    MULTI = "multi"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    FILE = "file"
    ASSET = "asset"
    PERSON = "person"


class Outcome(StrEnum):
    RESOLVED = "resolved"
    ESCALATE = "escalate"
    ARTICLE = "article"
    CLOSED = "closed"


WITH_OPTIONS = frozenset({Ask.CHOICE, Ask.YESNO, Ask.MULTI})
# What somebody found out once stays true when an earlier answer is corrected.
FACTS = frozenset({Ask.ASSET, Ask.PERSON, Ask.TEXT, Ask.FILE})
BUILT_IN_OPTIONS = frozenset({"yes", "no", "ok", "failed", "blocked"})


class StepSettings(BaseModel):
    """What may stand behind a question; which key belongs to which kind is checked by ``check``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: str = ""
    min: float | None = None
    max: float | None = None
    pattern: str = ""
    max_length: int | None = Field(default=None, ge=1, le=10_000)
    example: str = ""
    before: str = ""
    after: str = ""
    accept: tuple[str, ...] = ()
    optional: bool = False
    prefill: str = ""
    sensitive: bool = False
    recheck: bool = False
    minutes: int | None = Field(default=None, ge=0, le=10_000)
    risk: Literal["", "restart", "data_loss"] = ""
    to: Literal["", "L2", "L3"] = ""
    queue: str = ""
    priority: str = ""
    dossier: tuple[str, ...] = ()
    kb: str = ""
    repeat: int | None = Field(default=None, ge=1, le=20)
    exhausted: str = ""


class Suggest(BaseModel):
    """When a guide is offered at a ticket."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    categories: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class FrontMatter(BaseModel):
    """The head of a guide file; every scalar is read as text first, so ``no`` stays ``no``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    guide: str
    version: int = Field(ge=1)
    lang: str = Field(pattern=r"^[a-z]{2,3}$")
    owner: str = Field(min_length=1)
    translations: tuple[str, ...] = ()
    review_by: date | None = None
    audience: tuple[Channel, ...] = (Channel.AGENT,)
    context: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    suggest: Suggest = Suggest()
    withdrawn: tuple[int, ...] = ()


class OverlayFrontMatter(BaseModel):
    """The head of a translation, which holds texts only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    guide: str
    lang: str = Field(pattern=r"^[a-z]{2,3}$")


@dataclass(frozen=True, slots=True)
class Branch:
    """One way out of a step: an option (``value``) or a rule; ``condition`` None is always true."""

    line: int
    value: str | None
    condition: str | None
    target: str | None
    is_last: bool = False
    """Written as ``otherwise`` or ``next``."""


@dataclass(frozen=True, slots=True)
class Step:
    """The structure of a step; what people read is in the guide's texts."""

    id: str
    line: int
    kind: Kind
    type: str
    """Kind of answer, who acts, the called guide, or the kind of outcome."""
    settings: StepSettings
    branches: tuple[Branch, ...]

    @property
    def options(self) -> tuple[str, ...]:
        return tuple(b.value for b in self.branches if b.value is not None)

    @property
    def rules(self) -> tuple[Branch, ...]:
        return tuple(b for b in self.branches if b.value is None)

    @property
    def shape(self) -> str:
        """Equal shapes take the same answers; texts and targets do not matter."""
        parts = [self.kind, self.type if self.kind is not Kind.DO else "", self.settings.unit]
        return short_digest([*parts, *self.options])

    @property
    def is_fact(self) -> bool:
        return self.kind is Kind.ASK and self.type in FACTS


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A piece of Markdown; ``audience`` None is for everybody."""

    markdown: str
    audience: Channel | None = None


@dataclass(frozen=True, slots=True)
class StepText:
    """What people read at a step, in one language."""

    question: str
    blocks: tuple[TextBlock, ...] = ()
    expected: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Option to its text; built-in options may be missing."""

    @property
    def digest(self) -> str:
        """What a translation names as its source."""
        blocks = [[block.markdown, block.audience or ""] for block in self.blocks]
        return short_digest([self.question, blocks, self.expected, sorted(self.labels.items())])


@dataclass(frozen=True, slots=True)
class GuideText:
    """All texts of a guide in one language."""

    title: str
    intro: str
    steps: Mapping[str, StepText]


@dataclass(frozen=True)
class Guide:
    """A guide: its structure once, its texts per language."""

    id: str
    front: FrontMatter
    steps: Mapping[str, Step]
    texts: Mapping[str, GuideText]
    path: str = ""

    @property
    def version(self) -> int:
        return self.front.version

    @property
    def lang(self) -> str:
        return self.front.lang

    @property
    def start(self) -> Step:
        return next(iter(self.steps.values()))

    @property
    def outcomes(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps.values() if step.kind is Kind.END)

    @property
    def source(self) -> GuideText:
        return self.texts[self.lang]

    @cached_property
    def structure_digest(self) -> str:
        """Hash of everything but texts and line numbers."""
        steps = [
            [
                step.id,
                step.kind,
                step.type,
                step.settings.model_dump(mode="json", exclude_defaults=True),
                [[b.value, b.condition, b.target] for b in step.branches],
            ]
            for step in self.steps.values()
        ]
        return long_digest([self.id, list(self.front.exports), list(self.front.context), steps])

    def text(self, lang: str) -> GuideText:
        """The texts in this language, else those of the source."""
        return self.texts.get(lang) or self.source

    def step_text(self, step_id: str, lang: str) -> tuple[StepText, str]:
        """A step's texts and the language they are in; falls back to the source step by step."""
        translated = self.texts.get(lang)
        if translated is not None and step_id in translated.steps:
            return translated.steps[step_id], lang
        return self.source.steps[step_id], self.lang


@dataclass(frozen=True)
class Bundle:
    """A guide with every guide it calls: what a session runs on from its first to its last day."""

    root: str
    guides: Mapping[str, Guide]

    @property
    def guide(self) -> Guide:
        return self.guides[self.root]

    @cached_property
    def digest(self) -> str:
        """Names the structure and versions; texts may be corrected under the same digest."""
        parts = sorted((g.id, g.version, g.structure_digest) for g in self.guides.values())
        return long_digest([self.root, parts])[:32]


def article_id(raw: str) -> str:
    """``1182`` and ``KB-1182`` name the same article; an empty text stays empty."""
    return f"KB-{raw}" if raw.isdigit() else raw


def short_digest(value: Any) -> str:
    """Eight hexadecimal digits, enough to notice a change and short enough for a comment."""
    return long_digest(value)[:8]


def long_digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
