"""``kb-assist gaps prove``, and what ``kb-assist index`` does for gaps after it has published."""

from __future__ import annotations

import click

from kb_assist.bootstrap import Services, build_services
from kb_assist.cli.options import json_option
from kb_assist.cli.output import print_json
from kb_assist.cli.services import opened
from kb_assist.errors import KbError
from kb_assist.gaps.proving import Proven, due, prove
from kb_assist.settings import Settings
from kb_assist.storage.upgrade import require_current


@click.command("prove")
@json_option
def prove_gaps(as_json: bool) -> None:
    """Search again with the tickets of gaps that are worked on or closed.

    'kb-assist index' and 'kb-assist gaps detect' do the same by themselves; for an index that was
    built elsewhere. What was tried on the current index is not tried again.
    """
    changed = prove_due(opened())
    if as_json:
        print_json([one.proof | {"gap": one.gap_id} for one in changed])
        return
    for one in changed:
        click.echo(one.sentence())


def prove_due(services: Services) -> tuple[Proven, ...]:
    """The model is loaded only when something is due."""
    generation = services.engine.store.current()
    if generation is None:
        return ()
    with services.database.read() as connection:
        if not due(connection, generation):
            return ()
    file, now = services.settings.gap_queries_file, services.clock.now()
    return prove(services.database, services.engine.searcher(), file, now)


class IndexFollower:
    """Proves gaps after each build; a fault here is told and never fails the build."""

    def __init__(self, settings: Settings) -> None:
        self._services = build_services(settings)

    def published(self) -> None:
        database = self._services.database
        if database.path is not None and not database.path.exists():
            return
        try:
            require_current(database)
            changed = prove_due(self._services)
        except KbError as error:
            click.echo(f"Gaps were not tried on this index: {error.message}", err=True)
            return
        for one in changed:
            click.echo(one.sentence(), err=True)
