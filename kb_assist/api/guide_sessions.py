"""``/api/v1/guide-sessions``: follow a guide step by step."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask_openapi3 import APIBlueprint

from kb_assist.api.guide_schemas import (
    NewAnswer,
    NewNote,
    NewOwner,
    NewSession,
    SeenOnly,
    SessionOut,
    SessionParameters,
    SessionPath,
    StepReference,
)
from kb_assist.api.guides import TAG
from kb_assist.api.ticket_schemas import Anything
from kb_assist.api.tickets import RESPONSES
from kb_assist.auth import store as accounts
from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge.errors import problem
from kb_assist.edge.guards import require
from kb_assist.edge.guiding import (
    insist,
    insist_to_work,
    opened_session,
    readable_row,
    runs,
    status_of,
)
from kb_assist.edge.present_guides import session_json
from kb_assist.errors import InputError, NotFoundError
from kb_assist.guides.answers import prefilled
from kb_assist.guides.model import Kind
from kb_assist.guides.replay import locate, step_at
from kb_assist.guides.run import (
    AddNote,
    AnswerStep,
    Command,
    HandOver,
    Refusal,
    Reopen,
    Resume,
    Revisit,
    StillTrue,
    Stored,
)
from kb_assist.guides.sessions import Current
from kb_assist.guides.transcript import as_json, as_markdown, transcribe
from kb_assist.tickets.guiding import Runs

blueprint = APIBlueprint(
    "api_guide_sessions",
    __name__,
    url_prefix="/api/v1/guide-sessions",
    abp_tags=[TAG],
    abp_security=[{"token": []}],
    abp_responses=RESPONSES,
)


@blueprint.post("", responses={201: SessionOut}, summary="Start a guide")
@require(Permission.GUIDES_RUN)
def start(body: NewSession) -> Response:
    """On the newest version; at a ticket, what that knows is suggested as answers."""
    if body.ticket_id is not None:
        insist(Permission.TICKET_WORK)
    with runs() as opened:
        now = opened.start(body.guide, lang=body.lang, ticket_id=body.ticket_id)
        if isinstance(now, Refusal):
            return _refused(now)
        shown = _shown(opened, now)
    response = jsonify(shown)
    response.status_code = 201
    response.headers["Location"] = f"/api/v1/guide-sessions/{now.state.session}"
    return response


@blueprint.get("/<session_id>", responses={200: SessionOut}, summary="Get a session")
@require(Permission.GUIDES_RUN)
def get_session(path: SessionPath, query: SessionParameters) -> dict[str, Any]:
    """Where it stands, the step that waits, the path so far."""
    with current.services().database.read() as connection:
        row, now = opened_session(connection, path.session_id)
    return session_json(row, now, query.lang or now.state.lang, _suggested(now))


@blueprint.post("/<session_id>/answers", responses={200: SessionOut}, summary="Answer a step")
@require(Permission.GUIDES_RUN)
def answer(path: SessionPath, body: NewAnswer) -> Response:
    """The step that waits, or an earlier one to change it. 409: others went on meanwhile."""
    with runs() as opened:
        now = _workable(opened, path.session_id)
        _insist_on_consent(now, body)
        value: Stored = tuple(body.value) if isinstance(body.value, list) else body.value
        return _sent(opened, path.session_id, AnswerStep(body.key, value), body.seen)


@blueprint.post(
    "/<session_id>/confirmations", responses={200: SessionOut}, summary="Confirm a doubted answer"
)
@require(Permission.GUIDES_RUN)
def confirm(path: SessionPath, body: StepReference) -> Response:
    """It is still true, although something before it was changed."""
    return _send(path.session_id, StillTrue(body.key), body.seen)


@blueprint.post("/<session_id>/revisits", responses={200: SessionOut}, summary="Look at a step")
@require(Permission.GUIDES_RUN)
def revisit(path: SessionPath, body: StepReference) -> Response:
    """An earlier step is looked at again; nothing changes but the figures."""
    return _send(path.session_id, Revisit(body.key), body.seen)


@blueprint.post("/<session_id>/resume", responses={200: SessionOut}, summary="Go on after a pause")
@require(Permission.GUIDES_RUN)
def resume(path: SessionPath, body: SeenOnly) -> Response:
    """After more than a day, what may have changed is doubted."""
    return _send(path.session_id, Resume(), body.seen)


@blueprint.post("/<session_id>/notes", responses={200: SessionOut}, summary="Add a note")
@require(Permission.GUIDES_RUN)
def add_note(path: SessionPath, body: NewNote) -> Response:
    """For colleagues; customers never see it."""
    return _send(path.session_id, AddNote(body.text, body.key), body.seen)


@blueprint.post("/<session_id>/owner", responses={200: SessionOut}, summary="Hand over")
@require(Permission.GUIDES_RUN)
def hand_over(path: SessionPath, body: NewOwner) -> Response:
    """To a colleague, who finds the session among their own."""
    with current.services().database.read() as connection:
        names = {user.display_name for user in accounts.all_users(connection) if user.active}
    if body.to not in names:
        raise InputError("There is no active colleague of this name.")
    return _send(path.session_id, HandOver(body.to), body.seen)


@blueprint.post("/<session_id>/version", responses={200: SessionOut}, summary="Use the new version")
@require(Permission.GUIDES_RUN)
def use_new_version(path: SessionPath, body: SeenOnly) -> Response:
    """Answers that still fit stay; the others are asked again."""
    with runs() as opened:
        _workable(opened, path.session_id)
        result = opened.use_new_version(path.session_id, body.seen)
        return _answered(opened, result)


@blueprint.post("/<session_id>/end", responses={200: SessionOut}, summary="Confirm the outcome")
@require(Permission.GUIDES_RUN)
def end(path: SessionPath, body: SeenOnly) -> Response:
    """A ticket gets the transcript as a note and the article; its state stays as it is."""
    with runs() as opened:
        now = _workable(opened, path.session_id)
        result = opened.finish(path.session_id, body.seen, lang=now.state.lang)
        return _answered(opened, result)


@blueprint.post("/<session_id>/reopen", responses={200: SessionOut}, summary="Undo the end")
@require(Permission.GUIDES_RUN)
def reopen(path: SessionPath, body: SeenOnly) -> Response:
    """The answers stand as they were."""
    return _send(path.session_id, Reopen(), body.seen)


@blueprint.get("/<session_id>/transcript", responses={200: Anything}, summary="Get the transcript")
@require(Permission.GUIDES_RUN)
def get_transcript(path: SessionPath, query: SessionParameters) -> Response:
    """JSON, or Markdown with ``Accept: text/markdown``; sensitive answers are masked."""
    with current.services().database.read() as connection:
        _, now = opened_session(connection, path.session_id)
    told = transcribe(now.bundle, now.state, lang=query.lang or now.state.lang)
    wanted = request.accept_mimetypes.best_match(["application/json", "text/markdown"])
    if wanted == "text/markdown":
        return Response(as_markdown(told), content_type="text/markdown; charset=utf-8")
    return jsonify(as_json(told))


def _send(session: str, command: Command, seen: int) -> Response:
    with runs() as opened:
        _workable(opened, session)
        return _sent(opened, session, command, seen)


def _sent(opened: Runs, session: str, command: Command, seen: int) -> Response:
    return _answered(opened, opened.send(session, command, seen))


def _answered(opened: Runs, result: Current | Refusal) -> Response:
    return _refused(result) if isinstance(result, Refusal) else jsonify(_shown(opened, result))


def _workable(opened: Runs, session: str) -> Current:
    row = readable_row(opened.desk.connection, session)
    insist_to_work(row)
    return opened.sessions.open(session)


def _shown(opened: Runs, now: Current) -> dict[str, Any]:
    row = readable_row(opened.desk.connection, now.state.session)
    return session_json(row, now, now.state.lang, _suggested(now))


def _suggested(now: Current) -> Stored:
    """What may be the answer to the step that waits."""
    place = now.trace.current
    if place is None:
        return None
    step, doubt = step_at(now.bundle, place), now.state.doubts.get(place.key)
    if step.settings.sensitive:
        return None
    if doubt is not None:
        return doubt.answer.value
    today = current.services().clock.today()
    return prefilled(step, dict(now.state.context), on=today)


def _insist_on_consent(now: Current, body: NewAnswer) -> None:
    """Raises InputError where a risky action was not agreed to, NotFoundError for no step."""
    place = locate(now.bundle, body.key)
    if place is None:
        raise NotFoundError("The guide has no such step.")
    step = step_at(now.bundle, place)
    risky = step.kind is Kind.DO and bool(step.settings.risk) and body.value in ("ok", "failed")
    if risky and not body.confirmed:
        raise InputError("This action has a risk: the person must agree (confirmed).")


def _refused(refusal: Refusal) -> Response:
    reason = f": {refusal.reason}" if refusal.reason else ""
    detail = f"Nothing was written, because the session says {refusal.code.value}{reason}."
    return problem(int(status_of(refusal)), f"guide_{refusal.code.value}", detail)
