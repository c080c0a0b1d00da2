"""``kb-assist watch``: probes the tools, once or again and again."""

from __future__ import annotations

import time
from contextlib import suppress
from zoneinfo import ZoneInfo

import click

from kb_assist.bootstrap import Services
from kb_assist.cli.services import opened
from kb_assist.errors import InputError, KbError, SettingsError
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
    if every is not None:
        # Stopping it is no fault.
        with suppress(KeyboardInterrupt):
            _go_on(services, watcher, every, all_of_them=all_of_them)
    elif fault := _round(services, watcher, all_of_them=all_of_them):
        raise fault


def _go_on(services: Services, watcher: Watcher, every: int, *, all_of_them: bool) -> None:
    """Until somebody stops it. What goes wrong after the first round is told once, not fatal."""
    said: str | None = None
    while True:
        begin = time.monotonic()
        try:
            fault: KbError | None = _round(services, watcher, all_of_them=all_of_them)
        except KbError as error:
            if said is None:
                raise
            fault = error
        if fault is not None and fault.message != said:
            click.echo(f"Error: {fault.message}", err=True)
        said = "" if fault is None else fault.message
        time.sleep(max(0.0, every - (time.monotonic() - begin)))


def _round(services: Services, watcher: Watcher, *, all_of_them: bool) -> InputError | None:
    """One round; a fault in the file of tools does not stop it, the tools known before go on."""
    fault = _sync(services)
    _tell(watcher.round(all_of_them=all_of_them))
    return fault


def _watcher(services: Services) -> Watcher:
    settings = services.settings
    return Watcher(
        services.database,
        services.clock,
        probe,
        ZoneInfo(settings.time_zone),
        settings.probes_at_once,
    )


def _sync(services: Services) -> InputError | None:
    """The file is read again every round, so that a change needs no restart.

    Without one, what an earlier file said stays: somebody may have left out the setting.
    """
    path, fault = services.settings.tools, None
    if path is not None:
        try:
            wanted = read_tools(path)
        except InputError as error:
            fault = error
        else:
            with services.database.write() as connection:
                store.sync(connection, wanted, services.clock.now())
            return None
    with services.database.read() as connection:
        if store.watched(connection):
            return fault
    raise fault or SettingsError(
        "No tools are configured.",
        remedy="Set KB_ASSIST_TOOLS or add tools on /status/tools; see docs/monitoring.md.",
    )


def _tell(done: Round) -> None:
    click.echo(f"{done.probed} probed, {done.failed} failed.")
    for outage in done.opened:
        click.echo(f"  outage {outage.id} opened: {outage.title}")
    for outage in done.ended:
        click.echo(f"  outage {outage.id} ended: {outage.title}")
