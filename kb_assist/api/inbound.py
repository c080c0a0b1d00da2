"""``/api/v1/inbound``: signed messages of other systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from flask import Response, jsonify, request
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, Field, SecretStr, ValidationError

from kb_assist.api.schemas import Problem
from kb_assist.api.signed import described
from kb_assist.api.ticket_schemas import NewComment, NewTicket, Request
from kb_assist.edge import current
from kb_assist.edge.errors import invalid_body, problem
from kb_assist.errors import InputError
from kb_assist.integrations.zammad import inbound as zammad
from kb_assist.tickets import inbound
from kb_assist.tickets.comments import Words
from kb_assist.tickets.model import Actor, ActorKind, Draft
from kb_assist.tickets.outbox.signature import KEY_HEADER, SIGNATURE_HEADER, verify

blueprint = APIBlueprint(
    "inbound",
    __name__,
    url_prefix="/api/v1/inbound",
    abp_tags=[Tag(name="Inbound", description="Signed messages of other systems.")],
    abp_responses={401: Problem, 404: Problem, 422: Problem, 503: Problem},
)


class InboundMessage(Request):
    ticket: NewTicket = Field(description="With `source` and `external_id`.")
    comment: NewComment | None = Field(None, description="With `external_id`.")


class InboundAnswer(BaseModel):
    ticket_id: int
    result: Annotated[str, Field(description="`created` or `known`.")]


@blueprint.post(
    "",
    responses={200: InboundAnswer},
    summary="Take a signed message",
    openapi_extensions=described(blueprint, InboundMessage),
)
def receive() -> Response | dict[str, Any]:
    """The body is an `InboundMessage`, signed as docs/tickets.md says.

    `Idempotency-Key` makes a repeat harmless.
    """
    secret = current.services().settings.inbound_secret
    if secret is None:
        return _closed()
    body = request.get_data()
    now = current.services().clock.now()
    header = request.headers.get(SIGNATURE_HEADER)
    fault = verify(secret.get_secret_value(), body, header, now)
    if fault is not None:
        return problem(401, "signature_refused", f"The signature is not accepted: {fault.value}.")
    try:
        message = InboundMessage.model_validate_json(body)
    except ValidationError as error:
        return invalid_body(error)
    return dict(_carry_out(message, request.headers.get(KEY_HEADER, "")))


def _carry_out(message: InboundMessage, key: str) -> Any:
    ticket = message.ticket
    if not key or len(key) > 200 or not ticket.external_id:
        raise InputError(f"The message needs {KEY_HEADER} and ticket.external_id.")
    if not (ticket.subject or ticket.body):
        raise InputError("The ticket has neither a subject nor a text.")
    draft = Draft(**ticket.model_dump() | {"language": ticket.language or ""})
    words = None
    if message.comment is not None:
        said = message.comment
        words = Words(said.kind, said.body, external_id=said.external_id)
    actor = Actor(ActorKind.INTEGRATION, ticket.source)
    # The signature does not cover the key: with another one, what somebody overheard would count
    # again.
    signed = f"signature {request.headers[SIGNATURE_HEADER]}"
    with current.services().desk(actor) as desk:

        def work() -> Mapping[str, Any]:
            return inbound.once(
                desk, ticket.source, signed, lambda: inbound.receive(desk, draft, words)
            )

        return inbound.once(desk, ticket.source, key, work)


@blueprint.post("/zammad", responses={200: InboundAnswer}, summary="Take Zammad's webhook")
def receive_zammad() -> Response:
    """Set up in Zammad as a webhook with this address and the token of KB_ASSIST_ZAMMAD_SECRET."""
    secret: SecretStr | None = current.services().settings.zammad_secret
    if secret is None:
        return _closed()
    hook = zammad.Hook(
        request.get_data(),
        request.headers.get(zammad.SIGNATURE_HEADER, ""),
        request.headers.get(zammad.DELIVERY_HEADER, ""),
    )
    if not zammad.is_genuine(hook, secret.get_secret_value()):
        return problem(401, "signature_refused", "The signature is not accepted.")
    with current.services().desk(zammad.ACTOR) as desk:
        return jsonify(dict(zammad.take(desk, hook)))


def _closed() -> Response:
    return problem(404, "not_found", "This way in is not set up.")
