"""``kb-assist guides``: what owners of guides do, from a new one to a clean check."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from kb_assist.articles.library import SKIPPED_NAMES, load_library
from kb_assist.articles.lint_report import format_github, format_json, format_text
from kb_assist.articles.model import Severity
from kb_assist.cli.guides_play import play
from kb_assist.cli.options import articles_option, json_option
from kb_assist.cli.output import print_json
from kb_assist.cli.services import opened
from kb_assist.clock import SystemClock
from kb_assist.errors import InputError, NotFoundError
from kb_assist.files import write_atomically
from kb_assist.guides import database_store
from kb_assist.guides.cases import read_cases, run_case
from kb_assist.guides.check import Surroundings, check, publishable
from kb_assist.guides.cover import Coverage, cover, edge_text
from kb_assist.guides.fmt import format_guide
from kb_assist.guides.graph import changes, graph_of, mermaid
from kb_assist.guides.library import (
    CASES_SUFFIX,
    GuideFolder,
    guides_folder,
    load_folder,
    read_text,
)
from kb_assist.guides.model import Bundle, Channel
from kb_assist.guides.sample import propose
from kb_assist.guides.scaffold import LANGUAGES, cases_text, new_cases, new_guide
from kb_assist.guides.svg import draw
from kb_assist.guides.sync import ALL, new_overlay, sync_overlay
from kb_assist.settings import load_settings

Command = TypeVar("Command", bound=Callable[..., Any])


def folder_options(command: Command) -> Command:
    """``--guides`` and ``--articles``, given to the command as one ``root``."""

    @functools.wraps(command)
    def with_root(*, articles: Path | None, folder: Path | None, **given: Any) -> Any:
        root = folder or guides_folder(load_settings(articles=articles).articles)
        return command(root, **given)

    option = click.option(
        "--guides",
        "folder",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Folder with the guides; default: guides/ in the articles folder.",
    )
    return cast("Command", option(articles_option(with_root)))


@click.group()
def guides() -> None:
    """Check, cover, draw, play and write troubleshooting guides; see docs/guides.md."""


@guides.command("check")
@folder_options
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="github: annotations for a pull request.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--release", is_flag=True, help="Stale translations are errors.")
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The guides as released last, to find changes that need a new version.",
)
@click.option(
    "--sessions",
    is_flag=True,
    help="With --against: say how many open sessions stand on a step that was removed.",
)
def check_command(
    root: Path,
    style: str,
    *,
    as_json: bool,
    release: bool,
    against: Path | None,
    sessions: bool,
) -> None:
    """Report what is wrong with guides, with file and line; exit 1 when there are errors."""
    library = load_library(root.parent) if root.name == "guides" and root.is_dir() else None
    surroundings = Surroundings(
        SystemClock().today(),
        articles=frozenset(library.by_id) if library and library.articles else None,
        before=load_folder(against) if against else None,
        release=release,
        standing=_standing() if sessions else {},
    )
    problems = check(load_folder(root), surroundings)
    formats = {"text": format_text, "json": format_json, "github": format_github}
    style = "json" if as_json else style
    shown = formats[style](problems)
    if style == "github":
        shown = format_github(problems, folder=root.as_posix())
    if shown:
        click.echo(shown, nl=False)
    if any(problem.severity is Severity.ERROR for problem in problems):
        sys.exit(1)


@guides.command("cover")
@folder_options
@click.argument("guide", required=False)
@click.option("--propose", "wanted", is_flag=True, help="Print cases for what is not covered.")
@json_option
def cover_command(root: Path, guide: str | None, *, wanted: bool, as_json: bool) -> None:
    """Show what the cases of guides have been through; exit 1 when something is left out."""
    loaded = _checked(root, guide)
    covered = dict(_coverages(loaded, guide))
    if wanted:
        today = SystemClock().today()
        for name, coverage in covered.items():
            click.echo(f"# {name}{CASES_SUFFIX}")
            click.echo(cases_text(propose(loaded.bundle(name), coverage, today), today), nl=False)
        return
    if as_json:
        print_json({"guides": {name: _as_json(each) for name, each in covered.items()}})
    else:
        for name, coverage in covered.items():
            _print_coverage(name, coverage)
    if not all(coverage.is_complete for coverage in covered.values()):
        sys.exit(1)


def _standing() -> dict[tuple[str, str], int]:
    with opened().database.read() as connection:
        return database_store.standing(connection)


def _checked(root: Path, guide: str | None) -> GuideFolder:
    """The folder, when this guide (or all of them) can be run at all."""
    loaded = load_folder(root)
    usable = publishable(loaded, check(loaded, Surroundings(SystemClock().today())))
    asked = loaded.sources if guide is None else {guide} & set(loaded.sources)
    broken = sorted(set(asked) - set(usable))
    if broken:
        raise InputError(
            f"Not usable as it is: {', '.join(broken)}.", remedy="Run 'kb-assist guides check'."
        )
    return loaded


def _coverages(folder: GuideFolder, only: str | None) -> Iterator[tuple[str, Coverage]]:
    for name in [only] if only else sorted(folder.guides):
        bundle: Bundle = folder.bundle(name)
        cases, _ = read_cases(folder.cases.get(name, "[]"))
        yield name, cover(bundle, [run_case(bundle, case) for case in cases])


def _as_json(coverage: Coverage) -> dict[str, Any]:
    return {
        "complete": coverage.is_complete,
        **{kind: {"met": met, "of": of} for kind, (met, of) in coverage.counts().items()},
        "languages": sorted(coverage.guide.texts),
        "missing": _missing(coverage),
    }


def _missing(coverage: Coverage) -> list[str]:
    return [
        *(edge_text(coverage.guide, edge) for edge in coverage.missing_edges),
        *(f"{step}: {text} is never {kind}" for step, text, kind in coverage.missing_sides),
        *(f"outcome {step}" for step in coverage.missing_outcomes),
    ]


def _print_coverage(name: str, coverage: Coverage) -> None:
    counts = ", ".join(f"{kind} {met}/{of}" for kind, (met, of) in coverage.counts().items())
    languages = " ".join(sorted(coverage.guide.texts))
    click.echo(f"{name}: {counts}, languages {languages}, longest path {coverage.longest}")
    for text in _missing(coverage):
        click.echo(f"  missing: {text}")


@guides.command("graph")
@folder_options
@click.argument("guide")
@click.option("--svg", "as_svg", is_flag=True, help="Draw a picture instead of Mermaid text.")
@click.option("--lang", help="Language of the texts; default: that of the guide.")
@click.option(
    "--against", type=click.Path(path_type=Path), metavar="DIR", help="Mark what changed since."
)
def graph_command(
    root: Path, guide: str, *, as_svg: bool, lang: str | None, against: Path | None
) -> None:
    """Print a guide as a graph, to be read in a pull request or a browser."""
    found = _checked(root, guide).bundle(guide).guide
    lang = lang or found.lang
    before = load_folder(against).guides.get(guide) if against else None
    graph = graph_of(found, lang, changes(before, found, lang) if against else None)
    click.echo(draw(graph) if as_svg else mermaid(graph), nl=False)


@guides.command("new")
@folder_options
@click.argument("guide")
@click.option("--title", default="", help="Default: made from the id.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--owner", default="service-desk", show_default=True)
def new_command(root: Path, guide: str, title: str, *, lang: str, owner: str) -> None:
    """Write a small guide with its cases to start from; existing files are never overwritten."""
    title = title or guide.replace("_", " ").capitalize()
    files = {
        root / f"{guide}.md": new_guide(guide, title=title, lang=lang, owner=owner),
        root / f"{guide}{CASES_SUFFIX}": new_cases(SystemClock().today()),
    }
    for path in files:
        if path.exists():
            raise InputError(f"{path} exists already.", remedy="Choose another id.")
    for path, content in files.items():
        _write(path, content)


@guides.command("fmt")
@folder_options
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit 1 if it would.")
def fmt_command(root: Path, files: tuple[Path, ...], only_check: bool) -> None:
    """Bring guides into their usual layout; their meaning stays the same."""
    found = (path for path in sorted(root.glob("*.md")) if path.name not in SKIPPED_NAMES)
    paths = files or tuple(found)
    changed = False
    for path in paths:
        content = read_text(path)
        if not isinstance(content, str):
            raise InputError(f"{path}: {content.message}.")
        formatted = format_guide(content)
        if formatted != content:
            changed = True
            if only_check:
                click.echo(f"{path} would be changed")
            else:
                _write(path, formatted)
    if changed and only_check:
        sys.exit(1)


@guides.command("sync")
@folder_options
@click.argument("guide", required=False)
@click.option("--lang", help="Begin a translation into this language.")
@click.option(
    "--accept", multiple=True, metavar="STEP", help=f"Compared with the source; or {ALL}."
)
def sync_command(
    root: Path,
    guide: str | None,
    *,
    lang: str | None,
    accept: tuple[str, ...],
) -> None:
    """Bring translations into the order of their source and note what each was made from."""
    loaded = load_folder(root)
    for name in [guide] if guide else sorted(loaded.guides):
        if name not in loaded.guides:
            raise NotFoundError(f"There is no guide '{name}' in {root}.")
        source = loaded.guides[name]
        overlays = loaded.overlays.get(name, {})
        for found, overlay in overlays.items():
            path = root / overlay.path
            content = path.read_text(encoding="utf-8")
            synced = sync_overlay(source, found, content, overlay, accept)
            for label, keys in (("to translate", synced.added), ("dropped", synced.dropped)):
                if keys:
                    click.echo(f"{overlay.path}: {label}: {', '.join(keys)}")
            if synced.content != content:
                _write(path, synced.content)
        if lang and guide and lang not in overlays:
            _write(root / f"{name}.{lang}.md", new_overlay(source, lang))


@guides.command("play")
@folder_options
@click.argument("guide")
@click.option("--lang", help="Language of the texts; default: that of the guide.")
@click.option("--as", "side", type=click.Choice([c.value for c in Channel]), default="agent")
@click.option("--context", multiple=True, metavar="KEY=VALUE", help="What the ticket knows.")
def play_command(
    root: Path, guide: str, *, lang: str | None, side: str, context: tuple[str, ...]
) -> None:
    """Walk through a guide in the terminal; nothing is kept."""
    bundle = _checked(root, guide).bundle(guide)
    known = dict(pair.partition("=")[::2] for pair in context)
    play(bundle, lang or bundle.guide.lang, Channel(side), known)


def _write(path: Path, content: str) -> None:
    write_atomically(path, lambda stream: stream.write(content.encode()))
    click.echo(f"Wrote {path}")
