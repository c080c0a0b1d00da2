"""``kb-assist serve``."""

from __future__ import annotations

import socket
import sys
from typing import Any

import click
import waitress
from flask import Flask

from kb_assist.app import create_app
from kb_assist.auth import store
from kb_assist.bootstrap import Services, build_services, prepare
from kb_assist.cli.gaps import detect_gaps
from kb_assist.cli.stopping import stop_gently
from kb_assist.cli.surges import find_surges
from kb_assist.cli.tickets import demo_summary, embed_resolved, load_demo_files
from kb_assist.cli.users import demo_text, make_demo
from kb_assist.edge import draining, logs
from kb_assist.errors import InputError
from kb_assist.gaps import store as gaps_store
from kb_assist.settings import Settings, load_settings

# The demo tickets are younger.
_DEMO_DAYS = 90

_TRY_FIRST = """\
kb-assist is ready: {address}

  Tickets     {address}/queue  (sign in as one of the people below)
  Search      {address}/?q=vpn+error+809
  In German   {address}/?q=Postfach+ist+voll
  A ticket    paste one into the search field, or pick a sample below it
  Articles    {address}/articles
  Gaps        {address}/gaps  (sign in as carla.owner)
  Status      {address}/status  (its tools are probed by: kb-assist watch --every 60)
  API         {address}/api/docs

{accounts}

Stop with Ctrl+C."""


@click.command()
@click.option("--host", help="Address to listen on; default: KB_ASSIST_HOST.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: KB_ASSIST_PORT.")
@click.option(
    "--demo", is_flag=True, help="Create demo accounts and tickets first, if there are none."
)
def serve(host: str | None, port: int | None, demo: bool) -> None:
    """Serve the pages and the API; a newly published index is picked up by itself."""
    settings = load_settings(host=host, port=port)
    logs.configure(settings)
    check_port(settings)
    services = build_services(settings)
    for revision in prepare(services):
        click.echo(f"Database migration {revision} is done.", err=True)
    click.echo("Loading the model and the index …", err=True)
    services.engine.load()
    if services.engine.model_fault is not None:
        click.echo(f"Searching by words only: {services.engine.model_fault.message}", err=True)
    app = create_app(settings, services)
    address = f"http://{settings.host}:{settings.port}"
    shown = _accounts(services, demo=demo)
    if demo:
        click.echo(demo_summary(load_demo_files(services)), err=True)
        embed_resolved(services)
        if services.engine.model_fault is None:
            find_surges(services)
        _find_demo_gaps(services)
    click.echo(_TRY_FIRST.format(address=address, accounts=shown))
    sys.stdout.flush()
    _serve(app, settings)


def _serve(app: Flask, settings: Settings) -> None:
    """Until SIGTERM or Ctrl+C."""
    sockets: dict[int, Any] = {}
    server = waitress.create_server(
        app,
        map=sockets,
        host=settings.host,
        port=settings.port,
        threads=settings.server_threads,
        ident=None,
        # The application reads them itself, as far as KB_ASSIST_PROXIES says.
        clear_untrusted_proxy_headers=settings.proxies == 0,
    )
    stop_gently(draining.of(app), sockets, settings.drain_seconds)
    server.run()


def _find_demo_gaps(services: Services) -> None:
    """What the demo articles lack; once, so that later starts stay fast."""
    if services.engine.model_fault is not None:
        return
    with services.database.read() as connection:
        known = gaps_store.all_gaps(connection)
    if known:
        return
    kept = detect_gaps(services, _DEMO_DAYS)
    click.echo(f"{kept.new} gaps of the documentation are found.", err=True)


def _accounts(services: Services, *, demo: bool) -> str:
    """Who can sign in, for the text that ends the start."""
    if services.settings.sign_in == "off":
        return "The sign-in is off: whoever reaches this address may search and read."
    shown = demo_text(make_demo(services.database)) if demo else ""
    if shown:
        return shown
    with services.database.read() as connection:
        people = store.all_users(connection)
    if not people:
        return "Nobody can sign in yet. Create an account: kb-assist users add NAME --role admin"
    names = ", ".join(user.login for user in people[:8] if user.active)
    return (
        f"Accounts: {names}{' …' if len(people) > 8 else ''}\n"
        "Password lost? kb-assist users password LOGIN --generate"
    )


def check_port(settings: Settings) -> None:
    """Fail before the model is loaded, and with a remedy, when the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise InputError(
                f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}.",
                remedy="Stop what uses it, or choose another: KB_ASSIST_PORT=8081.",
            ) from error
