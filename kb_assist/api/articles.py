"""``GET /api/v1/articles`` and one article."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, Field

from kb_assist.api.schemas import ArticleDetail, ArticleList, Problem
from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.edge.present import article_json
from kb_assist.errors import NotFoundError

blueprint = APIBlueprint(
    "api_articles",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="Articles", description="What the knowledge base holds.")],
    abp_security=[{"token": []}],
    abp_responses={401: Problem, 403: Problem, 404: Problem, 422: Problem, 503: Problem},
)


class ArticlePath(BaseModel):
    article_id: str = Field(description="The article's id, for example `KB-1001`.")


@blueprint.get("/articles", responses={200: ArticleList}, summary="List all readable articles")
@require(Permission.SEARCH)
def list_articles() -> dict[str, Any]:
    """In path order, without bodies."""
    snapshot = current.services().engine.searcher().snapshot
    reader = current.audience()
    readable = (a for a in snapshot.articles() if reader.may_read(a.audience))
    return {"articles": [article_json(article) for article in readable]}


@blueprint.get(
    "/articles/<path:article_id>", responses={200: ArticleDetail}, summary="Get one article"
)
@require(Permission.SEARCH)
def get_article(path: ArticlePath) -> dict[str, Any]:
    """An article that the reader may not see does not exist for them."""
    snapshot = current.services().engine.searcher().snapshot
    article = snapshot.article(path.article_id)
    reader = current.audience()
    if not reader.may_read(article.audience):
        raise NotFoundError(f"There is no article {path.article_id}.")
    versions = [a for a in snapshot.translations(article) if reader.may_read(a.audience)]
    return article_json(article) | {
        "body": article.body,
        "translations": [article_json(version) for version in versions],
    }
