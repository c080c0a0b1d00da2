"""``kb-assist index``: build, follow or roll back the index."""

from __future__ import annotations

import time
from pathlib import Path

import click

from kb_assist.cli.gaps_prove import IndexFollower
from kb_assist.cli.options import articles_option, json_option
from kb_assist.cli.output import build_progress, print_json
from kb_assist.indexer.build import BuildReport
from kb_assist.indexer.chosen_store import open_store
from kb_assist.indexer.reindex import reindex
from kb_assist.settings import Settings, load_settings

_WATCH_SECONDS = 2.0


@click.command()
@articles_option
@json_option
@click.option("--watch", is_flag=True, help="Stay and build again whenever an article changes.")
@click.option("--rollback", is_flag=True, help="Serve the index before the current one again.")
@click.option("--force", is_flag=True, help="Build even if nothing has changed.")
@click.option("--wait", default=0.0, metavar="SECONDS", help="Wait for another build to finish.")
def index(
    articles: Path | None, as_json: bool, watch: bool, rollback: bool, force: bool, wait: float
) -> None:
    """Build the index from the articles; only what changed is embedded again.

    A build can be killed at any moment: the previous index goes on serving, and the next build
    continues where this one stopped.
    """
    settings = load_settings(articles=articles)
    if rollback:
        name = open_store(settings).rollback()
        if as_json:
            print_json({"index": name})
        else:
            click.echo(f"Serving the index {name} again.")
        return
    follower = IndexFollower(settings)
    _build(settings, follower, as_json=as_json, force=force, wait=wait)
    if watch:
        _follow(settings, follower, as_json=as_json)


def _build(
    settings: Settings,
    follower: IndexFollower,
    *,
    as_json: bool,
    force: bool = False,
    wait: float = 0.0,
) -> None:
    with build_progress() as progress:
        result = reindex(settings, progress=progress, force=force, wait_seconds=wait)
    for problem in result.problems:
        click.echo(f"{problem.path}:{problem.line}: {problem.message}", err=True)
    if as_json:
        print_json(result.report.as_json())
    else:
        click.echo(_summary(result.report))
    follower.published()


def _summary(report: BuildReport) -> str:
    if not report.changed:
        return f"Nothing has changed: {report.articles} articles, index {report.index}."
    return (
        f"{report.articles} articles, {report.chunks} chunks: {report.embedded} embedded,"
        f" {report.reused} reused, {report.removed} removed in {report.seconds:.1f} s."
        f" Index {report.index} is published."
    )


def _follow(settings: Settings, follower: IndexFollower, *, as_json: bool) -> None:
    """Poll; articles folders are often network shares, where change events do not arrive."""
    click.echo(f"Following {settings.articles}; stop with Ctrl+C.", err=True)
    seen = _state(settings.articles)
    while True:
        time.sleep(_WATCH_SECONDS)
        now = _state(settings.articles)
        if now == seen:
            continue
        seen = now
        _build(settings, follower, as_json=as_json, wait=60.0)


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    """Path to modification time (ns) and size."""
    found: dict[str, tuple[int, int]] = {}
    for path in folder.rglob("*.md"):
        try:
            facts = path.stat()
        except OSError:
            continue
        found[str(path)] = (facts.st_mtime_ns, facts.st_size)
    return found
