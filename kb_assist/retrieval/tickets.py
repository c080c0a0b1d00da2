"""Labelled tickets from a JSON Lines file, for measuring and fitting."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kb_assist.errors import InputError


class LabelledTicket(BaseModel):
    """One line. ``relevant`` holds article paths; empty means that no article answers it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Annotated[str, Field(min_length=1)]
    subject: str = ""
    body: str = ""
    language: str = ""
    relevant: tuple[str, ...] = ()
    missing: str | None = None


def load_tickets(path: Path) -> list[LabelledTicket]:
    """Raises InputError naming the line for a missing, unreadable or malformed file."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The ticket file {path} cannot be read: {error}") from error
    tickets: list[LabelledTicket] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            tickets.append(LabelledTicket.model_validate_json(line))
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(str(part) for part in fault["loc"]) or "line"
            raise InputError(
                f"{path}, line {number}: {where}: {fault['msg']}",
                remedy='A line is {"id", "subject", "body", "language", "relevant": [paths]}.',
            ) from None
    if not tickets:
        raise InputError(f"The ticket file {path} holds no tickets.")
    return tickets
