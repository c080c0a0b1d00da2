"""One id for each request: in its answer, in problem documents and in every line of the log."""

from __future__ import annotations

import logging
import re
import time
import uuid

from flask import Flask, Response, g, has_request_context, request

HEADER = "X-Request-ID"
# What a proxy in front may send; anything else could forge lines of the log.
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")

log = logging.getLogger("kb_assist.requests")


def attach(app: Flask, *, lines: bool) -> None:
    """Called once, before other hooks. ``lines``: log a line for each request."""

    @app.before_request
    def begin() -> None:
        g.begun = time.perf_counter()
        request_id()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[HEADER] = request_id()
        if lines:
            log.info("%s %s", request.method, route(), extra={"facts": _facts(response)})
        return response


def request_id() -> str:
    """Of the request being served; empty outside of one."""
    if not has_request_context():
        return ""
    if "request_id" not in g:
        sent = request.headers.get(HEADER, "")
        g.request_id = sent if _WELL_FORMED.fullmatch(sent) else uuid.uuid4().hex
    return str(g.request_id)


def route() -> str:
    """The pattern of the address: the address itself may hold a customer's link or a search."""
    return request.url_rule.rule if request.url_rule is not None else "unknown"


def _facts(response: Response) -> dict[str, object]:
    begun = g.get("begun")
    return {
        "method": request.method,
        "route": route(),
        "status": response.status_code,
        "milliseconds": None if begun is None else round((time.perf_counter() - begun) * 1000, 1),
        "address": request.remote_addr,
    }
