"""What the JSON interface of tickets takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kb_assist.api.schemas import AnswerOut
from kb_assist.tickets.comments import MAX_COMMENT_CHARACTERS
from kb_assist.tickets.feedback_model import SignalKind, SubjectKind
from kb_assist.tickets.intake import MAX_SUBJECT_CHARACTERS
from kb_assist.tickets.lifecycle import Verb
from kb_assist.tickets.model import (
    ArticleRole,
    Channel,
    CommentKind,
    Level,
    PendingReason,
    Priority,
    RecordRole,
    ResolutionCode,
    State,
    TicketRelation,
)
from kb_assist.tickets.queue import DEFAULT_LIMIT, MAX_LIMIT
from kb_assist.tickets.queue_model import Order, View
from kb_assist.tickets.transfer.rows import MAX_BODY_CHARACTERS

# The largest whole number that every JSON reader keeps exactly.
Id = Annotated[int, Field(ge=1, le=9_007_199_254_740_991)]
Scale = Annotated[int, Field(ge=1, le=3, description="1 is the most.")]
Short = Annotated[str, Field(max_length=200)]
Language = Literal["de", "en"]
Reason = Annotated[str, Field(max_length=5_000)]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class TicketPath(BaseModel):
    ticket_id: Id = Field(description="The ticket's id: 17 for T-17.")


class NewTicket(Request):
    subject: Annotated[str, Field(max_length=MAX_SUBJECT_CHARACTERS)] = ""
    body: Annotated[str, Field(max_length=MAX_BODY_CHARACTERS, examples=["VPN, error 809"])] = ""
    language: Language | None = None
    channel: Channel = Channel.API
    impact: Scale = 3
    urgency: Scale = 2
    source: Annotated[str, Field(min_length=1, max_length=60)] = "api"
    external_id: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=200,
            description="The source's own id; sent twice, the first ticket is the answer.",
        ),
    ] = None
    requester_name: Short = ""
    requester_email: Annotated[str, Field(max_length=320)] = ""
    client_id: Id | None = None
    product: Short = ""
    group_id: Id | None = None
    assignee_id: Id | None = None


class TicketEdit(Request):
    """Fields left out stay as they are."""

    subject: Annotated[str | None, Field(min_length=1, max_length=MAX_SUBJECT_CHARACTERS)] = None
    body: Annotated[str | None, Field(max_length=MAX_BODY_CHARACTERS)] = None
    impact: Scale | None = None
    urgency: Scale | None = None
    product: Short | None = None
    client_id: Id | None = None
    language: Language | None = None


class QueueParameters(BaseModel):
    model_config = ConfigDict(extra="forbid")

    view: View = View.OPEN
    state: list[State] = Field([], description="Several are alternatives.")
    priority: list[Priority] = Field([])
    level: list[Level] = Field([])
    group_id: Id | None = None
    assignee_id: Id | None = None
    client_id: Id | None = None
    ci_id: Id | None = None
    product: Short = ""
    q: Annotated[str, Field(max_length=1_000, description="Words, or a ticket's number.")] = ""
    order: Order = Order.DUE
    cursor: Annotated[str | None, Field(max_length=500)] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT


class NewComment(Request):
    kind: CommentKind = CommentKind.INTERNAL
    body: Annotated[str, Field(min_length=1, max_length=MAX_COMMENT_CHARACTERS)]
    source: Annotated[str, Field(min_length=1, max_length=60)] = "api"
    external_id: Annotated[str | None, Field(min_length=1, max_length=300)] = None


class Transition(Request):
    verb: Verb
    group_id: Id | None = None
    assignee_id: Id | None = None
    pending_reason: PendingReason | None = None
    resolution_code: ResolutionCode | None = None
    resolution_text: Annotated[str, Field(max_length=MAX_BODY_CHARACTERS)] = ""
    reason: Reason = ""


class Selected(Request):
    id: Id
    version: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None


class BulkTransition(Transition):
    tickets: Annotated[list[Selected], Field(min_length=1, max_length=500)]


class TicketRelationBody(Request):
    ticket_id: Id
    relation: TicketRelation


class CiBody(Request):
    ci_id: Id
    role: RecordRole = RecordRole.AFFECTED


class ArticleBody(Request):
    article_id: Annotated[str, Field(min_length=1, max_length=200)]
    role: ArticleRole = ArticleRole.LINKED
    passage: Short = ""


class Link(Request):
    """Exactly one of the three."""

    ticket: TicketRelationBody | None = None
    ci: CiBody | None = None
    article: ArticleBody | None = None


class Feedback(Request):
    kind: SignalKind
    subject_kind: SubjectKind = SubjectKind.ARTICLE
    subject_id: Short = ""
    passage: Short = ""
    rank: Annotated[int | None, Field(ge=1, le=1_000)] = None
    strength: Literal["strong", "possible", "none", ""] = ""
    chance: Annotated[float | None, Field(ge=0, le=1)] = None
    generation: Annotated[str, Field(max_length=60)] = ""
    query: Annotated[str, Field(max_length=1_000)] = ""


class DossierParameters(BaseModel):
    group_id: Id = Field(description="The group it is to go to.")


class DossierAnswer(Request):
    key: Annotated[str, Field(min_length=1, max_length=60)]
    value: Annotated[str, Field(max_length=20_000)]


class Escalation(Request):
    group_id: Id
    note: Reason = ""
    override_reason: Reason = ""


class Acceptance(Request):
    assignee_id: Id | None = Field(None, description="Unset: whoever sends the request.")


class HandoverReturn(Request):
    reason: Annotated[str, Field(min_length=1, max_length=5_000)]
    faulty_items: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=50)] = []


class TypedQuery(BaseModel):
    q: Annotated[str, Field(max_length=200)] = ""
    limit: Annotated[int, Field(ge=1, le=50)] = 10


class ClockOut(BaseModel):
    due: datetime | None
    state: Literal["running", "due_soon", "breached", "paused", "met", "missed"]


class TicketOut(BaseModel):
    id: int
    number: str
    version: int
    source: str
    external_id: str | None
    subject: str
    body: str
    language: str
    channel: Channel
    state: State
    pending_reason: PendingReason | None
    level: Level
    impact: int
    urgency: int
    priority: int
    product: str
    reopened: int
    group_id: int | None
    assignee_id: int | None
    client_id: int | None
    requester_name: str
    requester_email: str
    resolution_code: ResolutionCode | None
    resolution_text: str
    created_at: datetime
    updated_at: datetime
    first_response_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    response: ClockOut
    resolution: ClockOut


class TicketPage(BaseModel):
    tickets: list[TicketOut]
    next_cursor: str | None


class ActionOut(BaseModel):
    verb: Verb
    needs: list[str]
    obstacle: str | None
    tickets: list[int]


class TicketDetail(TicketOut):
    actions: list[ActionOut]


class CommentOut(BaseModel):
    id: int
    at: datetime
    kind: CommentKind
    author: str
    author_id: int | None
    body: str
    source: str
    external_id: str | None


class CommentList(BaseModel):
    comments: list[CommentOut]


class EventOut(BaseModel):
    id: int
    at: datetime
    kind: str
    actor: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]
    note: str


class EventList(BaseModel):
    events: list[EventOut]


class BulkOut(BaseModel):
    results: list[dict[str, Any]]


class LinksOut(BaseModel):
    tickets: list[dict[str, Any]]
    cis: list[dict[str, Any]]
    articles: list[dict[str, Any]]


class SuggestionsOut(AnswerOut):
    similar: list[dict[str, Any]]


class HandoverList(BaseModel):
    escalations: list[dict[str, Any]]


class RecordList(BaseModel):
    records: list[dict[str, Any]]


class Anything(BaseModel):
    """An object whose fields the documentation of the operation names."""

    model_config = ConfigDict(extra="allow")
