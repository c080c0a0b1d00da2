"""``kb-assist webhooks``: who hears about tickets, and the delivery itself."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable

import click

from kb_assist.articles.model import Audience
from kb_assist.bootstrap import Services
from kb_assist.cli.services import opened
from kb_assist.errors import N_
from kb_assist.gaps.digest import WEBHOOK_KIND
from kb_assist.integrations.transport import post
from kb_assist.integrations.zammad.client import Zammad
from kb_assist.integrations.zammad.mapping import SOURCE as ZAMMAD
from kb_assist.integrations.zammad.outbound import Outbound
from kb_assist.tickets.model import EventKind
from kb_assist.tickets.outbox import store as outbox_store
from kb_assist.tickets.outbox.deliver import Delivery, deliver, webhook_sender
from kb_assist.tickets.outbox.store import Message, Webhook
from kb_assist.tickets.suggest import Reader


@click.group()
def webhooks() -> None:
    """Tell other systems what happens to tickets."""


@webhooks.command("add")
@click.argument("name")
@click.argument("url")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([*(kind.value for kind in EventKind), WEBHOOK_KIND]),
    help="Only these events; can be given repeatedly. gap_digest is sent only where it is named.",
)
def add(name: str, url: str, kinds: tuple[str, ...]) -> None:
    """Send events to URL; prints the key that signs them, once."""
    if not url.startswith(("http://", "https://")):
        raise click.BadParameter("an address begins with http:// or https://")
    secret = secrets.token_urlsafe(32)
    services = opened()
    with services.database.write() as connection:
        webhook = Webhook(0, name, url, secret, kinds)
        outbox_store.add_webhook(connection, webhook, services.clock.now())
    click.echo(f"The key of {name}, shown this once: {secret}")


@webhooks.command("list")
def show() -> None:
    """List webhooks, and the messages that could not be delivered."""
    with opened().database.read() as connection:
        for webhook in outbox_store.all_webhooks(connection):
            click.echo(f"{webhook.name}  {webhook.url}  {', '.join(webhook.kinds) or 'all'}")
        for message in outbox_store.dead(connection):
            click.echo(
                f"  undelivered {message.id}: {message.kind} to {message.target}:"
                f" {message.last_error}"
            )


@webhooks.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Stop telling a system; what waits for it is given up."""
    with opened().database.write() as connection:
        outbox_store.remove_webhook(connection, name)


@webhooks.command("redeliver")
@click.argument("message", type=int, required=False)
def redeliver(message: int | None) -> None:
    """Try given-up messages again: one by its number, or all."""
    services = opened()
    with services.database.write() as connection:
        count = outbox_store.redeliver(connection, message, services.clock.now())
    click.echo(f"{count} messages wait again.")


@webhooks.command("deliver")
def deliver_all() -> None:
    """Send everything that is due; for a timer of a minute or so. Exit 1 when something died."""
    services = opened()
    send = sender(services)
    delivered = failed = dead = 0
    while True:
        done = deliver(services.database, send, services.clock.now())
        if not (done.delivered or done.failed or done.dead):
            break
        delivered, failed = delivered + done.delivered, failed + done.failed
        dead += done.dead
    click.echo(f"{delivered} delivered, {failed} to be tried again, {dead} given up.")
    sys.exit(1 if dead else 0)


def sender(services: Services) -> Callable[[Message], Delivery]:
    """Chooses by target: a webhook, or the connector of a helpdesk."""
    with services.database.read() as connection:
        known = {webhook.target: webhook for webhook in outbox_store.all_webhooks(connection)}
    to_webhooks = webhook_sender(known, post, services.clock.now)
    to_zammad = _zammad(services)

    def send(message: Message) -> Delivery:
        if message.target != ZAMMAD:
            return to_webhooks(message)
        if to_zammad is None:
            return Delivery(delivered=False, error=N_("Zammad is not set up."), permanent=True)
        return to_zammad(message)

    return send


def _zammad(services: Services) -> Outbound | None:
    settings = services.settings
    if settings.zammad_url is None or settings.zammad_token is None:
        return None
    return Outbound(
        Zammad(settings.zammad_url, settings.zammad_token.get_secret_value(), post),
        services.database,
        services.engine.searcher,
        Reader(Audience.L2),
        settings.public_url or f"http://{settings.host}:{settings.port}",
    )
