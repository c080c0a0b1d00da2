"""The Flask application."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from flask import Response, request
from flask_babel import Babel
from flask_openapi3 import Info, OpenAPI
from werkzeug.middleware.proxy_fix import ProxyFix

from kb_assist.api import articles as api_articles
from kb_assist.api import attachments as api_attachments
from kb_assist.api import content_health as api_content_health
from kb_assist.api import docs as api_docs
from kb_assist.api import gap_work as api_gap_work
from kb_assist.api import gaps as api_gaps
from kb_assist.api import guide_sessions as api_guide_sessions
from kb_assist.api import guides as api_guides
from kb_assist.api import handover as api_handover
from kb_assist.api import health
from kb_assist.api import inbound as api_inbound
from kb_assist.api import monitoring as api_monitoring
from kb_assist.api import records as api_records
from kb_assist.api import search as api_search
from kb_assist.api import ticket_links as api_ticket_links
from kb_assist.api import tickets as api_tickets
from kb_assist.bootstrap import Services, build_services, secret_key
from kb_assist.edge import current, draining, errors, guards, numbers, tracing
from kb_assist.edge.metrics import Metrics
from kb_assist.settings import Settings
from kb_assist.translations import web_folder
from kb_assist.ui import blueprints as pages

# A ticket of 5 million characters of UTF-8 in JSON still fits.
_MAX_REQUEST_BYTES = 24_000_000
_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self';"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def create_app(settings: Settings, services: Services | None = None) -> OpenAPI:
    """A complete application; ``services`` lets tests bring their own."""
    web = web_folder()
    served = services or build_services(settings)
    app = OpenAPI(
        __name__,
        info=Info(title="kb-assist", version=app_version()),
        security_schemes={"token": {"type": "http", "scheme": "bearer"}},
        template_folder=str(web / "templates"),
        static_folder=str(web / "static"),
        doc_ui=False,
        validation_error_callback=errors.invalid_body,
    )
    app.config.update(
        SECRET_KEY=secret_key(settings, served.database),
        MAX_CONTENT_LENGTH=_MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=_MAX_REQUEST_BYTES,
        # Browsers accept the prefix only from the same host and over HTTPS.
        SESSION_COOKIE_NAME="__Host-kb_assist" if settings.secure_cookies else "kb_assist",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        BABEL_TRANSLATION_DIRECTORIES=str(web / "translations"),
        WTF_CSRF_TIME_LIMIT=None,
    )
    if settings.proxies:
        hops = settings.proxies
        proxied = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
        app.wsgi_app = proxied  # type: ignore[method-assign]  # Flask's own way
    numbers.attach(app)
    draining.attach(app)
    tracing.attach(app, lines=settings.log_format == "json")
    measured = Metrics(settings.node)
    current.attach(app, served, measured)
    measured.attach(app)
    Babel(app, locale_selector=current.language)
    guards.attach(app)
    errors.register(app)
    for api in (
        api_search.blueprint,
        api_articles.blueprint,
        api_tickets.blueprint,
        api_ticket_links.blueprint,
        api_handover.blueprint,
        api_records.blueprint,
        api_attachments.blueprint,
        api_inbound.blueprint,
        api_guides.blueprint,
        api_guide_sessions.blueprint,
        api_monitoring.blueprint,
        api_gaps.blueprint,
        api_gap_work.blueprint,
        api_content_health.blueprint,
    ):
        app.register_api(api)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(api_docs.blueprint)
    pages.register(app)
    app.after_request(_secure)
    return app


def app_version() -> str:
    try:
        return version("kb-assist")
    except PackageNotFoundError:
        return "0"


def _secure(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
