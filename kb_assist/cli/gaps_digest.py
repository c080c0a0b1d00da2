"""``kb-assist gaps digest``: what changed about gaps, for people and other systems."""

from __future__ import annotations

from datetime import timedelta

import click

from kb_assist.cli.desk import opened
from kb_assist.cli.output import print_json
from kb_assist.gaps.digest import announce, as_json, as_mail, as_text, digest


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
    "--send", is_flag=True, help="Also put it into the outbox of webhooks of the kind gap_digest."
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
        with services.database.write() as connection:
            count = announce(connection, made, now)
        click.echo(f"{count} webhooks will hear of it.", err=True)
