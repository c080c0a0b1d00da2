"""What the JSON interface of guides takes and gives."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from kb_assist.api.ticket_schemas import Id, Language, Request, Short
from kb_assist.guides.answers import DEFAULT_MAX_LENGTH
from kb_assist.guides.decide import MAX_NOTE_LENGTH
from kb_assist.guides.model import STEP_ID_PATTERN

_LONGEST_TEXT = 10_000
"""A step may allow a longer text than usual; see ``max_length`` in docs/guides.md."""
Seen = Annotated[
    int, Field(ge=0, le=2**31 - 1, description="`seq` of the session as the sender saw it last.")
]
StepKey = Annotated[
    str, Field(min_length=1, max_length=DEFAULT_MAX_LENGTH, examples=["error_shown", "retry@2"])
]


class GuidePath(BaseModel):
    guide_id: str = Field(
        pattern=f"^{STEP_ID_PATTERN}$", max_length=200, description="The guide's id: `vpn_connect`."
    )


class GuideParameters(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ticket_id: Annotated[
        Id | None, Field(description="Only guides that fit this ticket, best first, with why.")
    ] = None
    lang: Language = "en"


class SessionPath(BaseModel):
    session_id: str = Field(
        pattern=r"^[A-Za-z0-9_-]+$", max_length=40, description="The session's id."
    )


class SessionParameters(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lang: Annotated[Language | None, Field(description="Of the texts; else the session's.")] = None


class NewSession(Request):
    guide: Annotated[str, Field(min_length=1, max_length=200, examples=["vpn_connect"])]
    ticket_id: Annotated[
        Id | None, Field(description="What the ticket knows fills answers in.")
    ] = None
    lang: Language = "en"


class NewAnswer(Request):
    key: StepKey
    value: Annotated[
        Annotated[str, Field(max_length=_LONGEST_TEXT)]
        | float
        | Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=100)]
        | None,
        Field(
            description="An option, a text, a number in the step's unit, a day as 2026-05-04,"
            " options of a multiple choice, or null to skip an optional step."
        ),
    ]
    seen: Seen
    confirmed: Annotated[
        bool, Field(description="The person agrees; needed for steps with a `risk`.")
    ] = False


class StepReference(Request):
    key: StepKey
    seen: Seen


class SeenOnly(Request):
    seen: Seen


class NewNote(Request):
    text: Annotated[str, Field(min_length=1, max_length=MAX_NOTE_LENGTH)]
    key: Annotated[str, Field(max_length=DEFAULT_MAX_LENGTH)] = ""
    seen: Seen


class NewOwner(Request):
    to: Annotated[Short, Field(min_length=1, description="Name of an active colleague.")]
    seen: Seen


class Why(BaseModel):
    words: list[str]
    category: str
    article: str


class GuideOut(BaseModel):
    id: str
    version: int
    title: str
    languages: list[str]
    audience: list[str]
    owner: str
    review_by: str | None
    sessions: int
    resolved: int = Field(description="So many of the sessions ended with `resolved`.")
    why: Why | None = Field(None, description="Why it fits the ticket that was asked for.")


class GuideList(BaseModel):
    guides: list[GuideOut]


class StepOut(BaseModel):
    id: str
    kind: str
    type: str
    question: str


class GuideDetail(GuideOut):
    intro: str
    steps: list[StepOut]


class OptionOut(BaseModel):
    value: str
    text: str


class CurrentStep(BaseModel):
    """Texts are Markdown."""

    key: str
    kind: str = Field(description="`ask`, `do` or `end`.")
    type: str
    question: str
    body: list[str]
    hints: list[str] = Field(description="For agents only; not to be shown to customers.")
    expected: str
    options: list[OptionOut]
    optional: bool
    unit: str
    minutes: int | None
    risk: str
    suggested: Any = Field(description="What the ticket knows, or a doubted answer.")
    lang: str


class PathEntry(BaseModel):
    key: str
    question: str
    answer: str
    by: str
    at: str | None


class SessionOut(BaseModel):
    id: str
    guide: str
    version: int
    title: str
    lang: str
    ticket_id: int | None
    owner: str
    seq: int = Field(description="Send it back as `seen` with whatever comes next.")
    started_at: str
    last_at: str
    step: CurrentStep | None = Field(description="The step that waits.")
    outcome: CurrentStep | None = Field(description="The end that was reached.")
    ended: bool = Field(description="The outcome is confirmed.")
    must_migrate: bool
    newer_version: int | None
    path: list[PathEntry]
    doubted: list[PathEntry]
