"""Services for commands that work on what is stored."""

from __future__ import annotations

from kb_assist.bootstrap import Services, build_services, prepare
from kb_assist.settings import load_settings


def opened() -> Services:
    """Services over an up-to-date database."""
    services = build_services(load_settings())
    prepare(services)
    return services
