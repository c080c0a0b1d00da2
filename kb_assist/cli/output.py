"""How commands show progress and results in a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from kb_assist.indexer.build import Progress as BuildProgress

_STAGES = {"cut": "Reading articles", "embed": "Embedding", "write": "Writing the index"}


def print_json(value: Any) -> None:
    """One JSON object on standard output, and nothing else there."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


@contextmanager
def build_progress() -> Iterator[BuildProgress]:
    """Progress bars with rate and remaining time on standard error; plain lines in a log."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_progress()
        return
    with _bars(console) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(_STAGES[stage], total=total)
            bars.update(tasks[stage], completed=done, total=max(total, 1))

        yield show


@contextmanager
def counting(label: str) -> Iterator[Any]:
    """A bar for ``(done, total)`` callbacks."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total: None
        return
    with _bars(console) as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<20}"),
        BarColumn(),
        TaskProgressColumn(show_speed=True),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )


def _plain_progress() -> BuildProgress:
    shown: dict[str, int] = {}

    def show(stage: str, done: int, total: int) -> None:
        tenth = done * 10 // max(total, 1)
        if total and shown.get(stage, -1) < tenth:
            shown[stage] = tenth
            click.echo(f"{_STAGES[stage]}: {tenth * 10} %", err=True)

    return show


def heading(text: str) -> str:
    return click.style(text, bold=True)


def is_terminal() -> bool:
    return sys.stdout.isatty()
