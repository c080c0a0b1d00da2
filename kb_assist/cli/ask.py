"""``kb-assist search`` and ``kb-assist suggest``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kb_assist.articles.model import Audience
from kb_assist.bootstrap import build_services
from kb_assist.cli.mail import TicketText, read_ticket
from kb_assist.cli.options import json_option
from kb_assist.cli.output import heading, is_terminal, print_json
from kb_assist.edge.present import answer_json
from kb_assist.errors import InputError
from kb_assist.retrieval.model import Answer, Strength, Suggestion
from kb_assist.retrieval.search import DEFAULT_LIMIT, MAX_LIMIT
from kb_assist.settings import load_settings

_STRENGTH_WORDS = {
    Strength.STRONG: click.style("strong", fg="green", bold=True),
    Strength.POSSIBLE: click.style("possible", fg="yellow"),
    Strength.NONE: click.style("weak", dim=True),
}
_limit = click.option(
    "--limit", type=click.IntRange(1, MAX_LIMIT), default=DEFAULT_LIMIT, show_default=True
)
_reader = click.option(
    "--reader-language", type=click.Choice(["de", "en"]), help="Translations shown first."
)


@click.command()
@click.argument("words", nargs=-1, required=True)
@_limit
@_reader
@json_option
def search(words: tuple[str, ...], limit: int, reader_language: str | None, as_json: bool) -> None:
    """Search the knowledge base for WORDS."""
    settings = load_settings()
    searcher = build_services(settings).engine.searcher()
    answer = searcher.search(
        " ".join(words),
        audience=Audience(settings.audience),
        reader_language=reader_language or "",
        limit=limit,
    )
    _show(answer, as_json=as_json)


@click.command()
@click.argument("text", required=False)
@click.option("--file", "path", type=click.Path(path_type=Path), help="A mail (.eml) or a text.")
@click.option("--subject", default="", help="The ticket's subject.")
@click.option("--language", type=click.Choice(["de", "en"]), help="The ticket's language.")
@_limit
@_reader
@json_option
def suggest(
    text: str | None,
    path: Path | None,
    subject: str,
    language: str | None,
    limit: int,
    reader_language: str | None,
    as_json: bool,
) -> None:
    """Suggest solutions for a ticket: TEXT, --file, or standard input."""
    settings = load_settings()
    ticket = _ticket(text, path)
    searcher = build_services(settings).engine.searcher()
    answer = searcher.suggest(
        ticket.body,
        subject=subject or ticket.subject,
        language=language or "",
        audience=Audience(settings.audience),
        reader_language=reader_language or "",
        limit=limit,
        learn=False,
    )
    _show(answer, as_json=as_json)


def _ticket(text: str | None, path: Path | None) -> TicketText:
    if path is not None:
        ticket = read_ticket(path)
    elif text is not None and text != "-":
        ticket = TicketText("", text)
    elif text == "-" or not sys.stdin.isatty():
        ticket = TicketText("", sys.stdin.buffer.read().decode("utf-8", errors="replace"))
    else:
        raise InputError(
            "There is no ticket.", remedy="Give a TEXT, --file PATH, or text on standard input."
        )
    if not (ticket.body.strip() or ticket.subject.strip()):
        raise InputError("The ticket is empty.")
    return ticket


def _show(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        print_json(answer_json(answer))
        return
    if answer.notice:
        click.echo("The embedding model is not available: searched by words only.", err=True)
    if answer.strength is Strength.NONE:
        click.echo(heading("No article fits well enough."))
        click.echo("Add the exact message, the product and its version, or use other words.")
        if answer.suggestions:
            click.echo("Nearest articles:\n")
    for suggestion in answer.suggestions:
        _show_suggestion(suggestion)


def _show_suggestion(suggestion: Suggestion) -> None:
    article, passage = suggestion.article, suggestion.passage
    title = heading(f"{suggestion.rank}. {article.title}")
    click.echo(f"{title}  [{_STRENGTH_WORDS[suggestion.strength]}]")
    click.echo(f"   {article.id} · {article.path} · {article.language} · {article.confidence}")
    runs = (_marked(run.text, run.hit) for run in passage.runs)
    click.echo("   " + "".join(runs).replace("\n", "\n   "))
    why = [*suggestion.shared_identifiers, *suggestion.shared_terms]
    if why:
        click.echo(click.style(f"   shares: {', '.join(why)}", dim=True))
    click.echo()


def _marked(text: str, hit: bool) -> str:
    return click.style(text, underline=True) if hit and is_terminal() else text
