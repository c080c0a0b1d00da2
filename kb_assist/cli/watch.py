"""``kb-assist watch``: probes the tools, once or again and again."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

import click

from kb_assist.bootstrap import Services
from kb_assist.cli.services import opened
from kb_assist.errors import SettingsError
from kb_assist.monitoring import store
from kb_assist.monitoring.definition import read_tools
from kb_assist.monitoring.probes import probe
from kb_assist.monitoring.watch import Round, Watcher


@click.command()
@click.option(
    "--every",
    type=click.IntRange(5, 86_400),
    metavar="SECONDS",
    help="Go on with a round every so many seconds; without it, one round and the end.",
)
@click.option("--all", "all_of_them", is_flag=True, help="Probe tools that are not due, too.")
def watch(every: int | None, all_of_them: bool) -> None:
    """Probe the tools of KB_ASSIST_TOOLS and of the pages; open and end outages.

    For a timer, or as a service with --every. Two of them at a time share the work.
    """
    services = opened()
    watcher = _watcher(services)
    while True:
        _sync(services)
        begin = time.monotonic()
        _tell(watcher.round(all_of_them=all_of_them))
        if every is None:
            return
        time.sleep(max(0.0, every - (time.monotonic() - begin)))


def _watcher(services: Services) -> Watcher:
    settings = services.settings
    return Watcher(
        services.database,
        services.clock,
        probe,
        ZoneInfo(settings.time_zone),
        settings.probes_at_once,
    )


def _sync(services: Services) -> None:
    """The file is read again every round, so that a change needs no restart."""
    path = services.settings.tools
    wanted = read_tools(path) if path is not None else ()
    with services.database.write() as connection:
        store.sync(connection, wanted, services.clock.now())
        if not store.watched(connection) and path is None:
            raise SettingsError(
                "No tools are configured.",
                remedy="Set KB_ASSIST_TOOLS or add tools on /status/tools; see docs/monitoring.md.",
            )


def _tell(done: Round) -> None:
    click.echo(f"{done.probed} probed, {done.failed} failed.")
    for outage in done.opened:
        click.echo(f"  outage {outage.id} opened: {outage.title}")
    for outage in done.ended:
        click.echo(f"  outage {outage.id} ended: {outage.title}")
