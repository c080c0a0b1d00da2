"""``/api/v1/tickets/…/links``, ``/suggestions`` and ``/feedback``."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_openapi3 import APIBlueprint

from kb_assist.api.schemas import Problem
from kb_assist.api.ticket_schemas import (
    Feedback,
    Link,
    LinksOut,
    SuggestionsOut,
    TicketPath,
)
from kb_assist.api.tickets import RESPONSES, TAG
from kb_assist.auth.model import Permission
from kb_assist.edge import current, desk
from kb_assist.edge.errors import problem
from kb_assist.edge.guards import require
from kb_assist.edge.present import answer_json
from kb_assist.edge.present_tickets import article_link_json, ci_json, link_json, similar_json
from kb_assist.errors import InputError, NotFoundError
from kb_assist.tickets import links, links_store, store, suggest
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.feedback import impressions, tell
from kb_assist.tickets.feedback_model import Signal
from kb_assist.tickets.links import LinkFault
from kb_assist.tickets.records import store as records_store

blueprint = APIBlueprint(
    "api_ticket_links",
    __name__,
    url_prefix="/api/v1/tickets/<int:ticket_id>",
    abp_tags=[TAG],
    abp_security=[{"token": []}],
    abp_responses=RESPONSES,
)


@blueprint.get("/links", responses={200: LinksOut}, summary="List what a ticket is linked to")
@require(Permission.TICKET_READ)
def list_links(path: TicketPath) -> dict[str, Any]:
    """Other tickets, configuration items, articles."""
    with current.services().database.read() as connection:
        store.get(connection, path.ticket_id)
        roles = links_store.ci_roles(connection, path.ticket_id)
        found = records_store.cis_of(connection, list(roles))
        tickets = links_store.relations_of(connection, path.ticket_id)
        articles = links_store.articles_of(connection, path.ticket_id)
    return {
        "tickets": [link_json(link) for link in tickets],
        "cis": [ci_json(found[key]) | {"role": role.value} for key, role in roles.items()],
        "articles": [article_link_json(link) for link in articles],
    }


@blueprint.post("/links", responses={204: None}, summary="Add a link")
@require(Permission.TICKET_WORK)
def add_link(path: TicketPath, body: Link) -> Response:
    """A link that is there already is no error; a circle of parents is one."""
    _check(body)
    with desk.opened() as opened:
        fault = _add(opened, path.ticket_id, body)
    if fault in (LinkFault.ITSELF, LinkFault.CIRCLE):
        return problem(409, "link_refused", f"The link was not made: {fault.value}.")
    return Response(status=204)


@blueprint.delete("/links", responses={204: None}, summary="Take a link away")
@require(Permission.TICKET_WORK)
def remove_link(path: TicketPath, body: Link) -> Response:
    """Roles do not matter."""
    _check(body)
    with desk.opened() as opened:
        removed = _remove(opened, path.ticket_id, body)
    if not removed:
        raise NotFoundError("There is no such link.")
    return Response(status=204)


def _check(body: Link) -> None:
    given = [part for part in (body.ticket, body.ci, body.article) if part is not None]
    if len(given) != 1:
        raise InputError("Name exactly one of ticket, ci and article.")


def _add(opened: Desk, ticket_id: int, body: Link) -> LinkFault | None:
    if body.ticket is not None:
        other = body.ticket
        return links.link_ticket(opened, ticket_id, other.ticket_id, other.relation)
    if body.ci is not None:
        return links.link_ci(opened, ticket_id, body.ci.ci_id, body.ci.role)
    assert body.article is not None
    article = body.article
    # Raises NotFoundError: a link to nothing helps nobody.
    current.services().engine.searcher().snapshot.article(article.article_id)
    return links.link_article(
        opened, ticket_id, article.article_id, role=article.role, passage=article.passage
    )


def _remove(opened: Desk, ticket_id: int, body: Link) -> bool:
    if body.ticket is not None:
        other = body.ticket
        return links.unlink_ticket(opened, ticket_id, other.ticket_id, other.relation)
    if body.ci is not None:
        return links.unlink_ci(opened, ticket_id, body.ci.ci_id)
    assert body.article is not None
    return links.unlink_article(opened, ticket_id, body.article.article_id)


@blueprint.get(
    "/suggestions",
    responses={200: SuggestionsOut, 503: Problem},
    summary="Suggest articles and similar resolved tickets",
)
@require(Permission.TICKET_READ)
def suggestions(path: TicketPath) -> dict[str, Any]:
    """What is shown counts as an impression, once per person and index."""
    services = current.services()
    searcher = services.engine.searcher()
    with services.database.read() as connection:
        asked = suggest.question(connection, path.ticket_id)
    answer = suggest.articles(searcher, asked, desk.reader())
    near = suggest.meaning(searcher, asked, services.ticket_vectors)
    with services.database.read() as connection:
        similar = suggest.similar(connection, asked, near)
    with desk.opened() as opened:
        impressions(opened, path.ticket_id, answer, similar)
    services.engine.after_suggesting()
    return answer_json(answer) | {"similar": [similar_json(found) for found in similar]}


@blueprint.post("/feedback", responses={204: None}, summary="Say what a suggestion was worth")
@require(Permission.TICKET_WORK)
def feedback(path: TicketPath, body: Feedback) -> Response:
    """``solved``, ``did_not_help``, ``link`` and ``insert`` link the article to the ticket."""
    with desk.opened() as opened:
        tell(opened, path.ticket_id, Signal(**body.model_dump()))
    return Response(status=204)
