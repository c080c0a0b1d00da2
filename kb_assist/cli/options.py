"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def articles_option(command: Command) -> Command:
    return click.option(
        "--articles",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Folder with the articles; default: the setting KB_ASSIST_ARTICLES.",
    )(command)


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")(command)
