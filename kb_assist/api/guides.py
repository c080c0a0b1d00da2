"""``/api/v1/guides``: which guides there are, and which fit a ticket."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from kb_assist.api.guide_schemas import GuideDetail, GuideList, GuideParameters, GuidePath
from kb_assist.api.tickets import RESPONSES
from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.edge.guiding import insist, published
from kb_assist.edge.present_guides import guide_detail_json, guide_json
from kb_assist.errors import NotFoundError
from kb_assist.guides import database_store
from kb_assist.guides.offer import Ticket
from kb_assist.tickets import suggest

TAG = Tag(name="Guides", description="Troubleshooting guides and their sessions.")

blueprint = APIBlueprint(
    "api_guides",
    __name__,
    url_prefix="/api/v1/guides",
    abp_tags=[TAG],
    abp_security=[{"token": []}],
    abp_responses=RESPONSES,
)


@blueprint.get("", responses={200: GuideList}, summary="List guides")
@require(Permission.GUIDES_RUN)
def list_guides(query: GuideParameters) -> dict[str, Any]:
    """All that can be run; with ``ticket_id`` at most three that fit it."""
    guides = published()
    with current.services().database.read() as connection:
        record = database_store.record(connection)
    if query.ticket_id is not None:
        return {"guides": _fitting(query.ticket_id, query.lang, record)}
    return {
        "guides": [
            guide_json(guide, query.lang, record.get(key, (0, 0)))
            for key, guide in sorted(guides.items())
        ]
    }


def _fitting(ticket_id: int, lang: str, record: dict[str, tuple[int, int]]) -> list[dict[str, Any]]:
    """By the words of the ticket alone; the page also uses the suggested articles."""
    insist(Permission.TICKET_READ)
    with current.services().database.read() as connection:
        asked = suggest.question(connection, ticket_id)
    held = current.services().guides.now()
    found = []
    for offer in held.offers.offer(Ticket(asked.text), record):
        shown = guide_json(held.guides[offer.guide], lang, record.get(offer.guide, (0, 0)))
        why = {"words": list(offer.words), "category": offer.category, "article": offer.article}
        found.append(shown | {"why": why})
    return found


@blueprint.get("/<guide_id>", responses={200: GuideDetail}, summary="Get one guide")
@require(Permission.GUIDES_RUN)
def get_guide(path: GuidePath) -> dict[str, Any]:
    """Its steps in the order of the file."""
    guide = published().get(path.guide_id)
    if guide is None:
        raise NotFoundError("There is no such guide.")
    with current.services().database.read() as connection:
        record = database_store.record(connection)
    return guide_detail_json(guide, current.language(), record.get(guide.id, (0, 0)))
