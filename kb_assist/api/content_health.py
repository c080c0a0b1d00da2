"""``/api/v1/health``: how well articles and guides do their work, with the evidence."""

from __future__ import annotations

from typing import Annotated, Any

from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from kb_assist.api.schemas import Problem
from kb_assist.api.ticket_schemas import Anything
from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.errors import NotFoundError
from kb_assist.gaps.health import report as health_report
from kb_assist.gaps.health.report import WINDOW_DAYS, Health, Sources

blueprint = APIBlueprint(
    "api_content_health",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="Health", description="How well articles and guides do their work.")],
    abp_security=[{"token": []}],
    abp_responses={401: Problem, 403: Problem, 404: Problem, 422: Problem, 503: Problem},
)


class HealthWindow(BaseModel):
    days: Annotated[int, Field(ge=2, le=3650, description="What is recorded since.")] = WINDOW_DAYS


class HealthList(HealthWindow):
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100


class ArticlePath(BaseModel):
    article_id: str = Field(description="The id of an article or a guide.")


@blueprint.get("/health", responses={200: Anything}, summary="Health of articles and guides")
@require(Permission.GAPS_READ)
def list_health(query: HealthList) -> dict[str, Any]:
    """The worst first, and KCS figures of the knowledge base; none is about a person."""
    services = current.services()
    sources = _sources()
    with services.database.read() as connection:
        found = _readable(health_report.report(connection, sources, days=query.days))
        kcs = health_report.kcs(connection, sources, days=query.days)
    return {
        "kcs": kcs,
        "total": len(found),
        "health": [one.as_json() for one in found[: query.limit]],
    }


@blueprint.get(
    "/health/<path:article_id>", responses={200: Anything}, summary="Health of one article"
)
@require(Permission.GAPS_READ)
def get_health(path: ArticlePath, query: HealthWindow) -> dict[str, Any]:
    """The score with every finding it follows from."""
    with current.services().database.read() as connection:
        return _one(connection, path.article_id, query.days)


def _one(connection: Connection, article_id: str, days: int) -> dict[str, Any]:
    for one in _readable([health_report.of_one(connection, _sources(), article_id, days=days)]):
        return one.as_json()
    raise NotFoundError(f"There is no article or guide {article_id}.")


def _readable(found: list[Health]) -> list[Health]:
    reader = current.audience()
    return [one for one in found if reader.may_read(one.audience)]


def _sources() -> Sources:
    return current.services().health_sources()
