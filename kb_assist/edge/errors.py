"""Errors to answers: one table from class to HTTP status, JSON for the API, a page for people."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from kb_assist.edge import current, tracing
from kb_assist.errors import (
    BuildBusyError,
    DatabaseOutdatedError,
    DatabaseUnavailableError,
    FilesUnavailableError,
    ForbiddenError,
    IndexUnavailableError,
    InputError,
    KbError,
    MailUnavailableError,
    ModelUnavailableError,
    NotFoundError,
    NotSignedInError,
    TooManyRequestsError,
    VectorsUnavailableError,
)
from kb_assist.translations import in_language

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
API_PREFIX = "/api/"

# The first class that fits decides.
STATUS: tuple[tuple[type[KbError], HTTPStatus], ...] = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (NotSignedInError, HTTPStatus.UNAUTHORIZED),
    (ForbiddenError, HTTPStatus.FORBIDDEN),
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (BuildBusyError, HTTPStatus.CONFLICT),
    (TooManyRequestsError, HTTPStatus.TOO_MANY_REQUESTS),
    (IndexUnavailableError, HTTPStatus.SERVICE_UNAVAILABLE),
    (ModelUnavailableError, HTTPStatus.SERVICE_UNAVAILABLE),
    (DatabaseUnavailableError, HTTPStatus.SERVICE_UNAVAILABLE),
    (FilesUnavailableError, HTTPStatus.SERVICE_UNAVAILABLE),
    (VectorsUnavailableError, HTTPStatus.SERVICE_UNAVAILABLE),
    (MailUnavailableError, HTTPStatus.SERVICE_UNAVAILABLE),
    (DatabaseOutdatedError, HTTPStatus.SERVICE_UNAVAILABLE),
    (KbError, HTTPStatus.INTERNAL_SERVER_ERROR),
)
_RETRY_AFTER_SECONDS = "5"
# The page's title says it in the reader's language; the message is for the API.
_SAID_BY_TITLE = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def status_of(error: KbError) -> HTTPStatus:
    return next(status for kind, status in STATUS if isinstance(error, kind))


def register(app: Flask) -> None:
    """Every error leaves the application through one of these."""
    app.add_template_filter(in_readers_language, "said")
    app.register_error_handler(KbError, _kb_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def problem(
    status: int, code: str, detail: str, *, remedy: str = "", errors: object = None
) -> Response:
    """An RFC 9457 problem document."""
    body: dict[str, object] = {
        "type": f"urn:kb-assist:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if tracing.request_id():
        body["request_id"] = tracing.request_id()
    if remedy:
        body["remedy"] = remedy
    if errors:
        body["errors"] = errors
    response = jsonify(body)
    response.status_code = status
    response.content_type = PROBLEM_JSON
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="kb-assist"'
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = _RETRY_AFTER_SECONDS
    return response


def invalid_body(error: ValidationError) -> Response:
    """What is wrong with a request, field by field, without repeating what was sent."""
    faults = [
        {"field": ".".join(str(part) for part in fault["loc"]), "message": fault["msg"]}
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return problem(422, "input_invalid", "The request does not fit the schema.", errors=faults)


def _wants_json() -> bool:
    return request.path.startswith(API_PREFIX)


def _answer(status: int, code: str, detail: str, remedy: str) -> Response:
    if _wants_json():
        return problem(status, code, detail, remedy=remedy)
    titles = {
        401: _("Sign in first."),
        403: _("Your role does not allow this."),
        404: _("This page does not exist."),
        405: _("This page does not exist."),
        413: _("That is larger than this server accepts."),
        429: _("Too many requests in a short time."),
        503: _("The knowledge base is not available right now."),
    }
    page = render_template(
        "error.html",
        status=status,
        title=titles.get(status, _("That did not work.")),
        message=in_readers_language(detail),
        remedy=in_readers_language(remedy),
    )
    response = make_response(page, status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = _RETRY_AFTER_SECONDS
    return response


def in_readers_language(text: str) -> str:
    """What was marked with ``N_``, translated; anything else as it is."""
    return in_language(text, current.language())


def _kb_error(error: KbError) -> Response:
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s: %s", error.code, error.message)
    if status in _SAID_BY_TITLE and not _wants_json():
        return _answer(status, error.code, "", error.remedy)
    return _answer(status, error.code, error.message, error.remedy)


def _csrf_error(error: CSRFError) -> Response:
    remedy = _("Reload the page and send it again. Your text is kept by the browser.")
    return _answer(400, "form_expired", _("The form is too old or came from elsewhere."), remedy)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    code = HTTPStatus(status).phrase.lower().replace(" ", "_")
    # The server's own words are English; a page says it by its title.
    response = _answer(status, code, (error.description or "") if _wants_json() else "", "")
    if status == HTTPStatus.METHOD_NOT_ALLOWED and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
    return response


def _unexpected(error: Exception) -> Response:
    """The top handler: nobody is shown a traceback, the log gets all of it."""
    log.exception("Unexpected error in %s %s", request.method, tracing.route())
    remedy = _("Try again. If it happens again, the server's log says more.")
    return _answer(500, "unexpected", _("Something went wrong on our side."), remedy)
