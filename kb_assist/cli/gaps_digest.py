"""``kb-assist gaps digest``: what changed about gaps, for people and other systems."""

from __future__ import annotations

import sys
from datetime import timedelta

import click

from kb_assist.bootstrap import Services
from kb_assist.cli.output import print_json
from kb_assist.cli.services import opened
from kb_assist.gaps.digest import Digest, as_json, as_mail, as_text, digest
from kb_assist.gaps.readers import Words, announce_weekly, mail, readers
from kb_assist.integrations.smtp import mailer, server_of


@click.command("digest")
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="Since.")
@click.option(
    "--format",
    "wanted",
    type=click.Choice(["text", "mail", "json"]),
    default="text",
    help="mail: with a head, for 'sendmail -t'.",
)
@click.option("--language", type=click.Choice(["de", "en"]), default="en", show_default=True)
@click.option("--to", multiple=True, metavar="ADDRESS", help="Who gets the mail; repeatable.")
@click.option(
    "--send",
    is_flag=True,
    help="Also mail it to everybody who subscribed, and put it into the outbox of webhooks of the"
    " kind gap_digest; once a week, however often it runs.",
)
@click.option("--quiet", is_flag=True, help="Print and send nothing when nothing has changed.")
def digest_gaps(
    days: int, wanted: str, language: str, to: tuple[str, ...], send: bool, quiet: bool
) -> None:
    """Say which gaps are new, came back, were tried on a new index or are overdue."""
    services = opened()
    now = services.clock.now()
    with services.database.read() as connection:
        made = digest(connection, now - timedelta(days=days), now)
    if quiet and made.is_empty:
        return
    if wanted == "json":
        print_json(as_json(made))
    elif wanted == "mail":
        if not to:
            raise click.BadParameter("a mail needs --to ADDRESS")
        click.echo(as_mail(made, language, to=to, now=now), nl=False)
    else:
        click.echo(as_text(made, language), nl=False)
    if send:
        _send(services, made)


def _send(services: Services, made: Digest) -> None:
    """Exit 1 when a mail was not taken; the next run tries it again."""
    settings, now = services.settings, services.clock.now()
    with services.database.write() as connection:
        hooks = announce_weekly(connection, made, now)
        waiting = len(readers(connection))
    server = server_of(settings)
    if server is None:
        if waiting:
            click.echo(f"{waiting} people want a mail, but smtp_host is not set.", err=True)
        click.echo(f"{hooks} webhooks will hear of it.", err=True)
        return
    chosen = settings.default_language
    address = f"{settings.public_url.rstrip('/')}/gaps" if settings.public_url else ""
    words = Words(settings.smtp_sender, "en" if chosen == "auto" else chosen, address)
    with mailer(server) as post:
        sent = mail(services.database, made, post.send, now, words=words)
    click.echo(f"{sent.mails} mails are sent, {hooks} webhooks will hear of it.", err=True)
    for reason in sent.failed:
        click.echo(reason, err=True)
    if sent.failed:
        sys.exit(1)
