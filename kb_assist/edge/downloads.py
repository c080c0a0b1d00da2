"""Contents of attachments as answers that no browser runs."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, send_file

from kb_assist.edge import current
from kb_assist.tickets.attachments import SHOWN_INLINE, Shelf
from kb_assist.tickets.attachments_store import Attachment


def shelf() -> Shelf:
    """Where the contents lie, by the settings."""
    return current.services().shelf


def send(found: Attachment, from_shelf: Shelf) -> Response:
    """The content with headers that keep a browser from running it. Raises NotFoundError."""
    response = send_file(
        from_shelf.contents.open(found.sha256),
        mimetype=found.media_type,
        as_attachment=found.media_type not in SHOWN_INLINE,
        download_name=found.name,
        etag=found.sha256,
    )
    if response.status_code == HTTPStatus.OK:
        response.content_length = found.size
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
