"""Contents of attachments as answers that no browser runs."""

from __future__ import annotations

from flask import Response, send_file

from kb_assist.edge import current
from kb_assist.errors import (
    N_,
    NotFoundError,
)
from kb_assist.tickets.attachments import SHOWN_INLINE, Shelf
from kb_assist.tickets.attachments_store import Attachment


def shelf() -> Shelf:
    """Where the contents lie, by the settings."""
    settings = current.services().settings
    return Shelf(settings.attachments_dir.resolve(), settings.attachment_max_mb * 1_000_000)


def send(found: Attachment, from_shelf: Shelf) -> Response:
    """The content with headers that keep a browser from running it."""
    content = from_shelf.path(found.sha256)
    if not content.is_file():
        raise NotFoundError(N_("The content of this attachment is missing."))
    response = send_file(
        content,
        mimetype=found.media_type,
        as_attachment=found.media_type not in SHOWN_INLINE,
        download_name=found.name,
        etag=found.sha256,
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
