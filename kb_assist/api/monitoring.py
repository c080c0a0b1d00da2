"""``/api/v1/inbound/alerts``: outages that other monitoring systems notice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from flask import Response, request
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, Field, ValidationError

from kb_assist.api.schemas import Problem
from kb_assist.api.signed import described
from kb_assist.edge import current
from kb_assist.edge.bearer import brings
from kb_assist.edge.errors import invalid_body, problem
from kb_assist.monitoring.alerts import Alert, AlertmanagerMessage, CheckmkMessage, GenericAlert
from kb_assist.monitoring.intake import take
from kb_assist.tickets import inbound
from kb_assist.tickets.model import Actor, ActorKind
from kb_assist.tickets.outbox.signature import SIGNATURE_HEADER, verify

blueprint = APIBlueprint(
    "alerts",
    __name__,
    url_prefix="/api/v1/inbound/alerts",
    abp_tags=[Tag(name="Inbound", description="Signed messages of other systems.")],
    abp_responses={401: Problem, 404: Problem, 422: Problem, 503: Problem},
)

Message = TypeVar("Message", bound=BaseModel)


class AlertsAnswer(BaseModel):
    opened: list[int] = Field(description="Ids of outages that this message opened.")
    ended: list[int] = Field(description="Ids of outages that this message ended.")


@blueprint.post(
    "",
    responses={200: AlertsAnswer},
    summary="Take a signed alert",
    openapi_extensions=described(blueprint, GenericAlert),
)
def generic() -> Response | dict[str, list[int]]:
    """The body is a `GenericAlert`, signed as docs/tickets.md says."""
    return _taken("alert", GenericAlert)


@blueprint.post(
    "/alertmanager",
    responses={200: AlertsAnswer},
    summary="Take Alertmanager's hook",
    openapi_extensions=described(blueprint, AlertmanagerMessage),
)
def alertmanager() -> Response | dict[str, list[int]]:
    """The label `kb_tool` names a tool; docs/monitoring.md shows the receiver."""
    return _taken("alertmanager", AlertmanagerMessage)


@blueprint.post(
    "/checkmk",
    responses={200: AlertsAnswer},
    summary="Take a Checkmk notification",
    openapi_extensions=described(blueprint, CheckmkMessage),
)
def checkmk() -> Response | dict[str, list[int]]:
    """The variables of the notification as one JSON object."""
    return _taken("checkmk", CheckmkMessage)


def _taken(source: str, form: type[Message]) -> Response | dict[str, list[int]]:
    refused = _refused()
    if refused is not None:
        return refused
    try:
        message = form.model_validate_json(request.get_data())
    except ValidationError as error:
        return invalid_body(error)
    with current.services().desk(Actor(ActorKind.INTEGRATION, source)) as desk:

        def work() -> dict[str, list[int]]:
            done = take(desk.connection, source, _alerts(message), desk.now)
            return AlertsAnswer(opened=list(done.opened), ended=list(done.ended)).model_dump()

        if _authorization():
            return work()
        # Somebody may have overheard it: within its window it would count again.
        return dict(inbound.once(desk, source, request.headers[SIGNATURE_HEADER], work))


def _alerts(message: BaseModel) -> Sequence[Alert]:
    if isinstance(message, AlertmanagerMessage):
        return message.read()
    if isinstance(message, CheckmkMessage | GenericAlert):
        found = message.read()
        return [] if found is None else [found]
    raise TypeError(type(message).__name__)


def _authorization() -> str:
    """Empty where the signature is what lets a message in."""
    return request.headers.get("Authorization", "")


def _refused() -> Response | None:
    """Alertmanager cannot sign; the key as a bearer token is as good over TLS."""
    services = current.services()
    secret = services.settings.alerts_secret
    if secret is None:
        return problem(404, "not_found", "This way in is not set up.")
    key = secret.get_secret_value()
    if _authorization():
        if brings(key):
            return None
        return problem(401, "signature_refused", "The key is not accepted.")
    header = request.headers.get(SIGNATURE_HEADER)
    fault = verify(key, request.get_data(), header, services.clock.now())
    if fault is None:
        return None
    return problem(401, "signature_refused", f"The signature is not accepted: {fault.value}.")
