"""``/api/v1/tickets/…/attachments``: upload, list, download."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, FileStorage
from pydantic import BaseModel, Field

from kb_assist.api.ticket_schemas import Anything, Id, TicketPath
from kb_assist.api.tickets import RESPONSES, TAG
from kb_assist.auth.model import Permission
from kb_assist.edge import current, desk
from kb_assist.edge.downloads import send, shelf
from kb_assist.edge.errors import problem
from kb_assist.edge.guards import require
from kb_assist.edge.present_tickets import instant
from kb_assist.tickets import attachments_store, store
from kb_assist.tickets.attachments import Fault, Upload, attach
from kb_assist.tickets.attachments_store import Attachment

blueprint = APIBlueprint(
    "api_attachments",
    __name__,
    url_prefix="/api/v1/tickets/<int:ticket_id>/attachments",
    abp_tags=[TAG],
    abp_security=[{"token": []}],
    abp_responses=RESPONSES,
)


class AttachmentPath(TicketPath):
    attachment_id: Id


class UploadForm(BaseModel):
    file: FileStorage = Field(description="The file, as multipart form data.")


@blueprint.get("", responses={200: Anything}, summary="List attachments")
@require(Permission.TICKET_READ)
def list_attachments(path: TicketPath) -> dict[str, Any]:
    """Oldest first."""
    with current.services().database.read() as connection:
        store.get(connection, path.ticket_id)
        found = attachments_store.of_ticket(connection, path.ticket_id)
    return {"attachments": [attachment_json(one) for one in found]}


@blueprint.post("", responses={201: Anything}, summary="Attach a file")
@require(Permission.TICKET_WORK)
def add_attachment(path: TicketPath, form: UploadForm) -> Response:
    """Size and kind of file are limited; 422 says which limit was reached."""
    upload = Upload(form.file.filename or "", form.file.read())
    with desk.opened() as opened:
        made = attach(opened, path.ticket_id, upload, shelf())
    if isinstance(made, Fault):
        return problem(422, "attachment_refused", f"The file was not taken: {made.value}.")
    response = jsonify(attachment_json(made))
    response.status_code = 201
    return response


@blueprint.get("/<int:attachment_id>", summary="Download an attachment")
@require(Permission.TICKET_READ)
def get_attachment(path: AttachmentPath) -> Response:
    """Images may be shown, everything else is a download; nothing can run in a page."""
    with current.services().database.read() as connection:
        found = attachments_store.get(connection, path.ticket_id, path.attachment_id)
    return send(found, shelf())


def attachment_json(found: Attachment) -> dict[str, Any]:
    return {
        "id": found.id,
        "at": instant(found.at),
        "by": found.by,
        "name": found.name,
        "media_type": found.media_type,
        "size": found.size,
        "sha256": found.sha256,
    }
