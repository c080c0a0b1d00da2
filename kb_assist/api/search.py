"""``POST /api/v1/search`` and ``POST /api/v1/suggest``."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from kb_assist.api.schemas import AnswerOut, Problem, SearchRequest, SuggestRequest
from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.edge.present import answer_json
from kb_assist.errors import InputError

blueprint = APIBlueprint(
    "api_search",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="Search", description="Questions in, suggestions out.")],
    abp_security=[{"token": []}],
    abp_responses={401: Problem, 403: Problem, 422: Problem, 503: Problem},
)


@blueprint.post("/search", responses={200: AnswerOut}, summary="Search for what a person typed")
@require(Permission.SEARCH)
def search(body: SearchRequest) -> dict[str, Any]:
    """Ranks the articles the reader may see. Nothing is taken away from the text."""
    answer = (
        current.services()
        .engine.searcher()
        .search(
            body.query,
            audience=current.audience(),
            reader_language=body.reader_language or "",
            limit=body.limit,
        )
    )
    return answer_json(answer)


@blueprint.post("/suggest", responses={200: AnswerOut}, summary="Suggest solutions for a ticket")
@require(Permission.SEARCH)
def suggest(body: SuggestRequest) -> dict[str, Any]:
    """Cleans the ticket of greetings, signatures, quotes and footers, then ranks."""
    if not (body.text.strip() or body.subject.strip()):
        raise InputError("The ticket has neither a subject nor a text.")
    engine = current.services().engine
    answer = engine.searcher().suggest(
        body.text,
        subject=body.subject,
        language=body.language or "",
        audience=current.audience(),
        reader_language=body.reader_language or "",
        limit=body.limit,
    )
    engine.after_suggesting()
    return answer_json(answer)
