"""``kb-assist evaluate`` and ``kb-assist fit``."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from kb_assist.cli.apart import open_apart
from kb_assist.cli.options import json_option
from kb_assist.cli.output import counting, print_json
from kb_assist.errors import InputError
from kb_assist.retrieval import evaluate as evaluation
from kb_assist.retrieval.fitting import Example
from kb_assist.retrieval.fitting import fit as fit_parameters
from kb_assist.retrieval.parameters import save_parameters
from kb_assist.retrieval.tickets import load_tickets
from kb_assist.settings import Settings, load_settings

_SHOWN = (
    "tickets answerable articles chunks hit_at_1 hit_at_5 hit_at_10 mrr_at_10 ndcg_at_10"
    " abstention_auc strong_precision strong_coverage false_strong_rate index_seconds"
    " embed_seconds"
).split()


@dataclass(frozen=True, slots=True)
class _Run:
    summary: dict[str, Any]
    examples: list[Example]


@click.command()
@click.option("--articles", type=click.Path(path_type=Path), required=True, metavar="DIR")
@click.option("--tickets", type=click.Path(path_type=Path), required=True, metavar="FILE")
@click.option("--compare", metavar="SETTING=A,B", help="Measure twice, side by side.")
@click.option(
    "--fail-below", multiple=True, metavar="MEASURE=VALUE", help="Exit 1 below; may be repeated."
)
@json_option
def evaluate(
    articles: Path, tickets: Path, compare: str | None, fail_below: tuple[str, ...], as_json: bool
) -> None:
    """Measure retrieval on tickets whose right articles are known.

    FILE holds one JSON object a line: id, subject, body, language, relevant (article paths below
    DIR; empty when no article answers). The folder is indexed into a cache of its own below
    KB_ASSIST_VAR; the served index is not touched. Tickets are taken in order, and each one is
    ranked with what the texts of those before it have taught, as on a server.
    """
    limits = [_limit(text) for text in fail_below]
    variants = _variants(compare)
    summaries = {
        name: _measure(load_settings(articles=articles, **overrides), tickets).summary
        for name, overrides in variants.items()
    }
    if as_json:
        print_json(summaries if compare else next(iter(summaries.values())))
    else:
        click.echo(_table(summaries))
    missed = [
        f"{measure} is {summary.get(measure)}, below {least} ({name or 'default'})"
        for name, summary in summaries.items()
        for measure, least in limits
        if summary.get(measure) is None or summary[measure] < least
    ]
    for line in missed:
        click.echo(line, err=True)
    if missed:
        sys.exit(1)


@click.command()
@click.option("--articles", type=click.Path(path_type=Path), required=True, multiple=True)
@click.option("--tickets", type=click.Path(path_type=Path), required=True, multiple=True)
@click.option("--out", type=click.Path(path_type=Path), help="Default: var/fusion.json.")
@click.option("--source", default="your own tickets", help="What the tickets are, in words.")
def fit(
    articles: tuple[Path, ...], tickets: tuple[Path, ...], out: Path | None, source: str
) -> None:
    """Fit ranking and confidence to tickets whose right articles are known.

    Give --articles and --tickets once per knowledge base, in the same order. The server uses the
    result when it next opens an index.
    """
    if len(articles) != len(tickets):
        raise InputError("Give as many --articles as --tickets, in the same order.")
    examples: list[Example] = []
    for number, (folder, file) in enumerate(zip(articles, tickets, strict=True)):
        run = _measure(load_settings(articles=folder), file)
        examples += [replace(example, collection=number) for example in run.examples]
    parameters = fit_parameters(examples, source)
    target = out or load_settings().fusion_file
    save_parameters(parameters, target)
    click.echo(f"{len(examples)} tickets used; written to {target}.")
    for word, precision in parameters.calibration.precision.items():
        click.echo(f"  {word}: the first suggestion is right in {precision:.0%} of them")


def _measure(settings: Settings, tickets_file: Path) -> _Run:
    tickets = load_tickets(tickets_file)
    apart = open_apart(settings)
    with counting("Suggesting") as progress:
        outcomes, examples = evaluation.run(apart.searcher, tickets, progress=progress)
    return _Run(evaluation.summarise(outcomes, apart.report), examples)


def _variants(compare: str | None) -> dict[str, dict[str, str]]:
    """Name of the variant to settings; one unnamed variant without --compare."""
    if compare is None:
        return {"": {}}
    setting, separator, values = compare.partition("=")
    chosen = [value for value in values.split(",") if value]
    if not separator or len(chosen) < 2 or setting not in Settings.model_fields:
        raise InputError(
            f"--compare {compare} is not understood.",
            remedy="Write SETTING=A,B with a setting from docs/settings.md.",
        )
    return {f"{setting}={value}": {setting: value} for value in chosen}


def _limit(text: str) -> tuple[str, float]:
    measure, separator, value = text.partition("=")
    try:
        if not separator:
            raise ValueError
        return measure, float(value)
    except ValueError:
        raise InputError(
            f"--fail-below {text} is not understood.", remedy="Write MEASURE=VALUE."
        ) from None


def _table(summaries: dict[str, dict[str, Any]]) -> str:
    names = list(summaries)
    rows = [["", *names]] if len(names) > 1 else []
    rows += [[key, *(_cell(summaries[name][key]) for name in names)] for key in _SHOWN]
    for key in ("p50", "p95"):
        label = f"latency {key} (ms)"
        rows.append([label, *(_cell(summaries[name]["latency_ms"][key]) for name in names)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        row[0].ljust(widths[0])
        + "".join("  " + cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    )


def _cell(value: Any) -> str:
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
