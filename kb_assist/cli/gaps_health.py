"""``kb-assist gaps health``: which articles and guides need somebody, and why."""

from __future__ import annotations

import click

from kb_assist.cli.options import json_option
from kb_assist.cli.output import print_json
from kb_assist.cli.services import opened
from kb_assist.gaps.health import report as health_report
from kb_assist.gaps.health.report import WINDOW_DAYS, Health


@click.command("health")
@click.option(
    "--days", type=click.IntRange(2, 3650), default=WINDOW_DAYS, show_default=True, help="Since."
)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@json_option
def content_health(days: int, limit: int, as_json: bool) -> None:
    """List articles and guides, the worst first, each score with what it follows from.

    The figures are about articles, never about persons.
    """
    services = opened()
    sources = services.health_sources()
    with services.database.read() as connection:
        found = health_report.report(connection, sources, days=days)
        kcs = health_report.kcs(connection, sources, days=days)
    if as_json:
        print_json({"kcs": kcs, "health": [one.as_json() for one in found[:limit]]})
        return
    for one in found[:limit]:
        click.echo(_line(one))
    click.echo(
        f"{kcs['link_rate']['count']} of {kcs['resolved']} resolved tickets have an article,"
        f" {kcs['new']['count']} are about a gap."
    )


def _line(one: Health) -> str:
    why = ", ".join(f"{finding.kind} -{finding.points}" for finding in one.findings)
    return f"{one.score:>3}  {one.path}  {why or 'nothing found'}"
