"""``/api/v1/gaps/{id}/…``: what content owners do about a gap."""

from __future__ import annotations

from typing import Annotated, Any

from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, Field

from kb_assist.api.schemas import Problem
from kb_assist.api.ticket_schemas import Anything, Id, Request
from kb_assist.auth.model import Permission
from kb_assist.edge import current, desk
from kb_assist.edge.errors import problem
from kb_assist.edge.guards import require
from kb_assist.gaps.draft import Draft, TooThin
from kb_assist.gaps.drafting import Shelf, draft, paths, write
from kb_assist.gaps.roles import Role
from kb_assist.gaps.save import Taken, Target

blueprint = APIBlueprint(
    "api_gap_work",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="Gaps", description="What the documentation lacks, and why.")],
    abp_security=[{"token": []}],
    abp_responses={401: Problem, 403: Problem, 404: Problem, 422: Problem, 503: Problem},
)

_Answer = Annotated[str, Field(max_length=20_000)]


class GapPath(BaseModel):
    gap_id: Id


class DraftRequest(Request):
    answers: dict[Role, _Answer] = Field(
        default_factory=dict, description="What the tickets do not say."
    )
    target: Target = Target.AUTO
    dry_run: bool = Field(False, description="Show the article and save nothing.")


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
