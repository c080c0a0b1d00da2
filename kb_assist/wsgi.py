"""The application for a WSGI server: ``gunicorn 'kb_assist.wsgi:make()'``."""

from __future__ import annotations

from flask import Flask

from kb_assist.app import create_app
from kb_assist.bootstrap import build_services, prepare
from kb_assist.edge import logs
from kb_assist.settings import load_settings


def make() -> Flask:
    """Ready to serve: model and index are loaded. Call it in the process that serves, after the
    fork: threads of the model and connections to the database do not outlive one.
    """
    settings = load_settings()
    logs.configure(settings)
    services = build_services(settings)
    prepare(services)
    services.engine.load()
    return create_app(settings, services)
