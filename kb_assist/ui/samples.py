"""Tickets to try the search with, where the demo data is present."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_PACKAGE = Path(__file__).parent.parent
_PLACES = (
    _PACKAGE.parent / "demo" / "tickets.jsonl",
    _PACKAGE / "demo" / "tickets" / "tickets.jsonl",
)
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class SampleTicket:
    subject: str
    body: str
    language: str
    product: str
    days_ago: int

    @property
    def text(self) -> str:
        return f"{self.subject}\n\n{self.body}" if self.subject else self.body


@lru_cache(maxsize=1)
def sample_tickets() -> tuple[SampleTicket, ...]:
    """The newest demo tickets, German and English in turn; empty without demo data."""
    path = next((place for place in _PLACES if place.is_file()), None)
    if path is None:
        return ()
    tickets = [_sample(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    newest = sorted(tickets, key=lambda ticket: ticket.days_ago)
    turns = [[t for t in newest if t.language == name] for name in ("de", "en")]
    mixed = [ticket for pair in zip(*turns, strict=False) for ticket in pair]
    return tuple(mixed[:_SHOWN])


def _sample(line: str) -> SampleTicket:
    stored = json.loads(line)
    return SampleTicket(
        subject=stored["subject"],
        body=stored["body"],
        language=stored["language"],
        product=stored.get("product") or "",
        days_ago=stored["days_ago"],
    )
