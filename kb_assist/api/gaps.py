"""``/api/v1/gaps`` and ``/api/v1/escalations``: what the documentation lacks, and decisions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, Field

from kb_assist.api.schemas import Problem
from kb_assist.api.ticket_schemas import Anything, Id, Reason, Request, Short, TicketPath
from kb_assist.auth.model import Permission
from kb_assist.edge import current, desk
from kb_assist.edge.errors import problem
from kb_assist.edge.guards import require
from kb_assist.gaps import escalations, events, report, review, stock, store
from kb_assist.gaps.events import GapEventKind, Happening
from kb_assist.gaps.model import Decision, EscalationLabel, GapState, NotDecided
from kb_assist.tickets import store as tickets_store

blueprint = APIBlueprint(
    "api_gaps",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="Gaps", description="What the documentation lacks, and why.")],
    abp_security=[{"token": []}],
    abp_responses={401: Problem, 403: Problem, 404: Problem, 422: Problem, 503: Problem},
)


class GapPath(BaseModel):
    gap_id: Id


class Window(BaseModel):
    days: Annotated[int, Field(ge=1, le=3650, description="Escalations since.")] = 90


class GapDecision(Request):
    state: GapState
    owner_id: Id | None = None
    due: date | None = None
    reason: Reason = ""
    until: date | None = Field(None, description="A dismissed gap is proposed again after it.")
    article: Short = ""

    def decision(self) -> Decision:
        return Decision(self.state, self.owner_id, self.due, self.reason, self.until, self.article)


class Article(Request):
    article: Annotated[str, Field(min_length=1, max_length=200, examples=["KB-0061"])]


class Correction(Request):
    label: EscalationLabel


@blueprint.get("/gaps", responses={200: Anything}, summary="Get all gaps and escalations")
@require(Permission.GAPS_READ)
def list_gaps(query: Window) -> dict[str, Any]:
    """Open gaps first, those with most tickets first; how many hold four fifths of the tickets."""
    services = current.services()
    since = services.clock.now() - timedelta(days=query.days)
    with services.database.read() as connection:
        known = store.all_gaps(connection)
        labels = escalations.of_window(connection, since, store.corrections(connection))
    return report.compose(known, labels)


@blueprint.get("/gaps/<int:gap_id>", responses={200: Anything}, summary="Get a gap")
@require(Permission.GAPS_READ)
def get_gap(path: GapPath) -> dict[str, Any]:
    """With its tickets, questions, proof, history, and tickets per week around its article."""
    services = current.services()
    with services.database.read() as connection:
        gap = store.get(connection, path.gap_id)
        told = events.of_gap(connection, path.gap_id)
        flow = review.inflow(connection, [gap], services.clock.now()).get(gap.id)
    history = [event.as_json() for event in told]
    return report.as_json(gap) | {"inflow": flow.as_json() if flow else None, "history": history}


@blueprint.post("/gaps/<int:gap_id>/decision", responses={200: Anything}, summary="Decide")
@require(Permission.GAPS_DECIDE)
def decide(path: GapPath, body: GapDecision) -> Any:
    """409 says what is missing: a reason, an article, or the proof."""
    wanted = body.decision()
    with desk.opened() as opened:
        if body.owner_id is not None:
            tickets_store.require_user(opened.connection, body.owner_id)
        outcome = review.decide(
            opened.connection, path.gap_id, wanted, opened.now, actor=opened.actor
        )
    if isinstance(outcome, NotDecided):
        detail = f"This decision lacks: {outcome.missing}."
        return problem(409, f"{outcome.missing}_missing", detail)
    return report.as_json(outcome)


@blueprint.post("/gaps/<int:gap_id>/proof", responses={200: Anything}, summary="Prove an article")
@require(Permission.GAPS_DECIDE)
def prove(path: GapPath, body: Article) -> dict[str, Any]:
    """Search with every ticket of the gap and count those that find the article now."""
    services = current.services()
    searcher = services.engine.searcher()
    searcher.snapshot.article(body.article)
    with services.database.read() as connection:
        gap = store.get(connection, path.gap_id)
        tickets = stock.of_ids(connection, gap.ticket_ids)
    proof = review.proof(searcher, tickets, body.article)
    with services.database.write() as connection:
        store.keep_proof(connection, path.gap_id, proof)
        happening = Happening(GapEventKind.PROVEN, facts=proof)
        by, now = desk.actor(), services.clock.now()
        events.record(connection, path.gap_id, happening, actor=by, at=now)
        return report.as_json(store.get(connection, path.gap_id))


@blueprint.put(
    "/escalations/<int:ticket_id>/label", responses={204: None}, summary="Correct a label"
)
@require(Permission.GAPS_READ)
def correct(path: TicketPath, body: Correction) -> Response:
    """Why the ticket went to L2, as somebody who was there knows it."""
    with desk.opened() as opened:
        tickets_store.get(opened.connection, path.ticket_id)
        by = (opened.actor.name, opened.now)
        store.correct(opened.connection, path.ticket_id, body.label, by)
    return Response(status=204)
