"""The values of the gaps area."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chances:
    """What the knowledge base has for one ticket."""

    first: float
    """Calibrated probability that the first suggestion is right."""
    any_of_five: float
    """Calibrated probability that one of the first five is right."""
    article_id: str = ""
    """The first suggestion; empty when there is none."""
