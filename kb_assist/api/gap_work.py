"""``/api/v1/gaps/{id}/…``: what content owners do about a gap."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, Field

from kb_assist.api.gaps import GapDecision, GapPath
from kb_assist.api.schemas import Problem
from kb_assist.api.ticket_schemas import Anything, Id, Request
from kb_assist.auth.model import Permission
from kb_assist.edge import current, desk
from kb_assist.edge.errors import problem
from kb_assist.edge.guards import require
from kb_assist.gaps import arrange, digest, report
from kb_assist.gaps.arrange import (
    MAX_COMMENT_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    MOST_AT_ONCE,
    NotArranged,
)
from kb_assist.gaps.draft import Draft, TooThin
from kb_assist.gaps.drafting import Shelf, draft, paths, write
from kb_assist.gaps.model import Gap, NotDecided
from kb_assist.gaps.roles import Role
from kb_assist.gaps.save import Taken, Target
from kb_assist.tickets import store as tickets_store

blueprint = APIBlueprint(
    "api_gap_work",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="Gaps", description="What the documentation lacks, and why.")],
    abp_security=[{"token": []}],
    abp_responses={401: Problem, 403: Problem, 404: Problem, 422: Problem, 503: Problem},
)

_Answer = Annotated[str, Field(max_length=20_000)]


class DraftRequest(Request):
    answers: dict[Role, _Answer] = Field(
        default_factory=dict, description="What the tickets do not say."
    )
    target: Target = Target.AUTO
    dry_run: bool = Field(False, description="Show the article and save nothing.")


class Comment(Request):
    text: Annotated[str, Field(min_length=1, max_length=MAX_COMMENT_CHARACTERS)]


class Title(Request):
    title: Annotated[str, Field(max_length=MAX_TITLE_CHARACTERS)] = Field(
        description="Empty: the title that was found."
    )


class Merge(Request):
    into: Id = Field(description="The gap that the other one lives on in.")


class Split(Request):
    tickets: Annotated[list[Id], Field(min_length=1, max_length=5_000)]
    title: Annotated[str, Field(max_length=MAX_TITLE_CHARACTERS)] = ""


class Decisions(GapDecision):
    gaps: Annotated[list[Id], Field(min_length=1, max_length=MOST_AT_ONCE)]


class DigestWindow(BaseModel):
    days: Annotated[int, Field(ge=1, le=366)] = 7


@blueprint.get("/gaps/digest", responses={200: Anything}, summary="What changed about gaps")
@require(Permission.GAPS_READ)
def get_digest(query: DigestWindow) -> dict[str, Any]:
    """New, reopened, tried on a new index, overdue."""
    services = current.services()
    now = services.clock.now()
    with services.database.read() as connection:
        return digest.as_json(digest.digest(connection, now - timedelta(days=query.days), now))


@blueprint.post("/gaps/decisions", responses={200: Anything}, summary="Decide about several gaps")
@require(Permission.GAPS_DECIDE)
def decide_many(body: Decisions) -> dict[str, Any]:
    """Each gap is decided or refused for itself; `refused` says what is missing."""
    with desk.opened() as opened:
        if body.owner_id is not None:
            tickets_store.require_user(opened.connection, body.owner_id)
        outcomes = arrange.decide_many(opened, body.gaps, body.decision())
    decided = [report.as_json(one) for one in outcomes.values() if isinstance(one, Gap)]
    refused = {k: one.missing for k, one in outcomes.items() if isinstance(one, NotDecided)}
    return {"decided": decided, "refused": refused}


@blueprint.post("/gaps/<int:gap_id>/comments", responses={204: None}, summary="Comment on a gap")
@require(Permission.GAPS_READ)
def comment(path: GapPath, body: Comment) -> Response:
    """Shown in the gap's history."""
    with desk.opened() as opened:
        arrange.comment(opened, path.gap_id, body.text)
    return Response(status=204)


@blueprint.put("/gaps/<int:gap_id>/title", responses={200: Anything}, summary="Name a gap")
@require(Permission.GAPS_DECIDE)
def rename(path: GapPath, body: Title) -> dict[str, Any]:
    """A name stays, whatever later runs find."""
    with desk.opened() as opened:
        return report.as_json(arrange.rename(opened, path.gap_id, body.title))


@blueprint.post("/gaps/<int:gap_id>/merge", responses={200: Anything}, summary="Merge a gap")
@require(Permission.GAPS_DECIDE)
def merge(path: GapPath, body: Merge) -> Any:
    """The gap of the path lives on in the other one only; the answer is that one."""
    with desk.opened() as opened:
        return _arranged(arrange.merge(opened, path.gap_id, body.into))


@blueprint.post(
    "/gaps/<int:gap_id>/separate", responses={200: Anything}, summary="Take a merge back"
)
@require(Permission.GAPS_DECIDE)
def separate(path: GapPath) -> Any:
    """The gap stands alone again with the tickets it had; a split is taken back by merging."""
    with desk.opened() as opened:
        return _arranged(arrange.separate(opened, path.gap_id))


@blueprint.post("/gaps/<int:gap_id>/split", responses={200: Anything}, summary="Split a gap")
@require(Permission.GAPS_DECIDE)
def split(path: GapPath, body: Split) -> Any:
    """The named tickets become a gap of their own, which is the answer."""
    with desk.opened() as opened:
        part = frozenset(body.tickets)
        return _arranged(arrange.split(opened, path.gap_id, part, body.title))


def _arranged(outcome: Gap | NotArranged) -> Any:
    if isinstance(outcome, NotArranged):
        return problem(409, f"not_arranged_{outcome.reason}", _NOT_ARRANGED[outcome.reason])
    return report.as_json(outcome)


_NOT_ARRANGED = {
    "same": "A gap cannot be merged into itself.",
    "merged": "One of the gaps was merged into another.",
    "alone": "The gap was not merged into another.",
    "tickets": "Name some of the gap's tickets, not all of them and no others.",
}


@blueprint.post("/gaps/<int:gap_id>/draft", responses={200: Anything}, summary="Draft an article")
@require(Permission.GAPS_DECIDE)
def draft_article(path: GapPath, body: DraftRequest) -> Any:
    """From the gap's solved tickets, with confidence wip; 409 `too_thin` asks what is missing."""
    services = current.services()
    snapshot = services.engine.searcher().snapshot
    if body.dry_run:
        with services.database.read() as connection:
            made = draft(connection, path.gap_id, body.answers, path_of=paths(snapshot))
        return _told(made) if isinstance(made, Draft) else _too_thin(made)
    shelf = Shelf(services.settings.articles, snapshot, body.target)
    by = (desk.actor(), services.clock.now())
    written = write(services.database, path.gap_id, body.answers, shelf, by=by)
    if isinstance(written, TooThin):
        return _too_thin(written)
    if isinstance(written, Taken):
        return problem(409, "draft_exists", f"There is {written.name} already.")
    return _told(written.draft) | {
        "saved": written.saved.kind.value,
        "branch": written.saved.branch,
    }


def _told(made: Draft) -> dict[str, Any]:
    return {
        "title": made.title,
        "language": made.language,
        "path": made.path,
        "article": made.article_id,
        "text": made.text,
        "known": [role.value for role in made.known],
        "missing": [role.value for role in made.missing],
    }


def _too_thin(made: TooThin) -> Any:
    questions = [{"role": role.value, "question": text} for role, text in made.questions.items()]
    detail = "The tickets say too little; two of cause, diagnosis, fix and check must be known."
    return problem(409, "too_thin", detail, errors=questions)
