"""``kb-assist lint`` and ``kb-assist doctor``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kb_assist.articles.library import load_library
from kb_assist.articles.lint import lint as lint_library
from kb_assist.articles.lint_report import format_github, format_json, format_text
from kb_assist.articles.model import Severity
from kb_assist.bootstrap import open_database
from kb_assist.cli.options import articles_option, json_option
from kb_assist.cli.output import print_json
from kb_assist.clock import SystemClock
from kb_assist.doctor import Finding, State, examine
from kb_assist.indexer.embedding.chosen import load_embedder
from kb_assist.settings import load_settings

_MARKS = {
    State.OK: click.style("ok     ", fg="green"),
    State.WARNING: click.style("warning", fg="yellow"),
    State.FAULT: click.style("fault  ", fg="red", bold=True),
}


@click.command()
@articles_option
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="github: annotations for a pull request.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too, not only for errors.")
def lint(articles: Path | None, style: str, as_json: bool, strict: bool) -> None:
    """Report what content owners should mend, with file and line; exit 1 when there are errors."""
    settings = load_settings(articles=articles)
    library = load_library(settings.articles)
    problems = lint_library(library, today=SystemClock().today())
    formats = {"text": format_text, "json": format_json, "github": format_github}
    text = formats["json" if as_json else style](problems)
    if text:
        click.echo(text)
    if any(strict or problem.severity is Severity.ERROR for problem in problems):
        sys.exit(1)


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Say whether this installation is healthy and what to do about what is not."""
    settings = load_settings()
    database = open_database(settings)
    findings = examine(settings, load_embedder, SystemClock(), database=database)
    if as_json:
        print_json({"findings": [_as_json(finding) for finding in findings]})
    else:
        for finding in findings:
            click.echo(f"{_MARKS[finding.state]}  {finding.name:<9} {finding.message}")
            if finding.remedy:
                click.echo(f"{'':20}{finding.remedy}")
    if any(finding.state is State.FAULT for finding in findings):
        sys.exit(1)


def _as_json(finding: Finding) -> dict[str, str]:
    return {
        "name": finding.name,
        "state": finding.state.value,
        "message": finding.message,
        "remedy": finding.remedy,
    }
