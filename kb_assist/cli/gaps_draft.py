"""``kb-assist gaps draft``: an article from the tickets of a gap."""

from __future__ import annotations

import sys

import click

from kb_assist.bootstrap import Services
from kb_assist.cli.services import opened
from kb_assist.gaps.draft import Draft, TooThin
from kb_assist.gaps.drafting import Shelf, Written, draft, paths, write
from kb_assist.gaps.roles import Role
from kb_assist.gaps.save import Taken, Target
from kb_assist.tickets.model import SYSTEM


@click.command("draft")
@click.argument("gap_id", metavar="ID", type=click.IntRange(1))
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="ROLE=TEXT",
    help="What the tickets do not say; ROLE is cause, diagnosed, fix or verified. May be repeated.",
)
@click.option(
    "--to",
    "target",
    type=click.Choice([target.value for target in Target]),
    default=Target.AUTO.value,
    show_default=True,
    help="auto: a git branch gap/… where the articles are in a repository, a new file elsewhere.",
)
@click.option("--dry-run", is_flag=True, help="Print the article and save nothing.")
def draft_gap(gap_id: int, answers: tuple[str, ...], target: str, dry_run: bool) -> None:
    """Draft the article that gap ID lacks, from its solved tickets.

    Refuses, exit 1, while fewer than two of cause, diagnosis, fix and check are known, and asks for
    them. Nothing is overwritten or published: the draft has confidence wip, which first level and
    customers do not see.
    """
    services = opened()
    given = _answers(answers)
    made = _preview(services, gap_id, given) if dry_run else _write(services, gap_id, given, target)
    if isinstance(made, TooThin):
        click.echo("The tickets say too little. Answer with --answer:", err=True)
        for role, question in made.questions.items():
            click.echo(f"  {role.value}: {question}", err=True)
        sys.exit(1)
    if isinstance(made, Taken):
        click.echo(f"There is {made.name} already; nothing was written.", err=True)
        sys.exit(1)
    if isinstance(made, Draft):
        click.echo(made.text, nl=False)
        return
    where = f"on the branch {made.saved.branch}" if made.saved.branch else "as a new file"
    click.echo(f"{made.saved.path} is saved {where}.")


def _preview(services: Services, gap_id: int, given: dict[Role, str]) -> Draft | TooThin:
    path_of = paths(services.engine.searcher().snapshot)
    with services.database.read() as connection:
        return draft(connection, gap_id, given, path_of=path_of)


def _write(
    services: Services, gap_id: int, given: dict[Role, str], target: str
) -> Written | TooThin | Taken:
    snapshot = services.engine.searcher().snapshot
    shelf = Shelf(services.settings.articles, snapshot, Target(target))
    by = (SYSTEM, services.clock.now())
    return write(services.database, gap_id, given, shelf, by=by)


def _answers(given: tuple[str, ...]) -> dict[Role, str]:
    known = ", ".join(role.value for role in Role)
    answers: dict[Role, str] = {}
    for one in given:
        name, equals, text = one.partition("=")
        if not equals or name not in set(Role):
            raise click.BadParameter(f"an answer is ROLE=TEXT, with one of {known}.")
        answers[Role(name)] = text
    return answers
