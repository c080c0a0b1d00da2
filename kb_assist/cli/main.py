"""The ``kb-assist`` command: shared options, error reporting, the list of commands."""

from __future__ import annotations

import errno
import logging
import sys
from importlib import import_module
from typing import Any

import click

from kb_assist.errors import (
    BackupDamagedError,
    BuildBusyError,
    DatabaseOutdatedError,
    DatabaseUnavailableError,
    FilesUnavailableError,
    IndexUnavailableError,
    InputError,
    KbError,
    MailUnavailableError,
    ModelUnavailableError,
    SettingsError,
)

# Scripts tell faults apart by these; 0 is success, 1 a finding, 2 wrong usage (click's own).
EXIT_CODES: tuple[tuple[type[KbError], int], ...] = (
    (SettingsError, 3),
    (InputError, 4),
    (IndexUnavailableError, 5),
    (ModelUnavailableError, 6),
    (BuildBusyError, 7),
    (DatabaseUnavailableError, 8),
    (DatabaseOutdatedError, 9),
    (BackupDamagedError, 10),
    (MailUnavailableError, 11),
    (FilesUnavailableError, 12),
    (KbError, 1),
)


def exit_code(error: KbError) -> int:
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))


# Command to module; imported when it is used, because some modules take seconds to load.
COMMANDS: dict[str, str] = {
    "index": "index",
    "search": "ask",
    "suggest": "ask",
    "evaluate": "measure",
    "fit": "measure",
    "lint": "check",
    "doctor": "check",
    "serve": "serve",
    "embed-serve": "embed_serve",
    "users": "users",
    "db": "db",
    "tickets": "tickets",
    "clients": "clients",
    "cis": "clients",
    "webhooks": "webhooks",
    "guides": "guides",
    "gaps": "gaps",
    "watch": "watch",
}


# What to do about what the operating system refuses.
_SYSTEM_REMEDY = "Check the folder and its rights, then run it again; nothing is lost."
_SYSTEM_REMEDIES = {
    errno.ENOSPC: "Free some space, then run it again; what was finished is kept.",
    errno.EACCES: "Give this user the right to write there, or choose another KB_ASSIST_VAR.",
    errno.EROFS: "That disk can only be read; choose another folder with KB_ASSIST_VAR.",
    errno.ENOENT: "Create the folder above it, or choose another with KB_ASSIST_VAR.",
    errno.EEXIST: "A file is in the way of a folder; move it, or choose another KB_ASSIST_VAR.",
}


class _Group(click.Group):
    """Loads commands late, and prints expected errors in two lines instead of a traceback."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        found: click.Command = getattr(
            import_module(f"kb_assist.cli.{COMMANDS[name]}"), name.replace("-", "_")
        )
        return found

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except KbError as error:
            click.echo(f"Error: {error.message}", err=True)
            if error.remedy:
                click.echo(f"       {error.remedy}", err=True)
            context.exit(exit_code(error))
        except BrokenPipeError:
            # Whoever reads has seen enough, as `head` does; click ends quietly.
            raise
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"Error: {place}{error.strerror or error}", err=True)
            click.echo(f"       {_SYSTEM_REMEDIES.get(error.errno or 0, _SYSTEM_REMEDY)}", err=True)
            context.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kb-assist")
def cli() -> None:
    """Knowledge-base search and troubleshooting for IT support, in German and English.

    Settings come from KB_ASSIST_* variables and kb-assist.toml; see docs/settings.md.
    """
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    # Says at every start what it loads; whether that worked is said elsewhere.
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
