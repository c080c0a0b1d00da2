"""Impact and urgency to priority."""

from __future__ import annotations

from kb_assist.tickets.model import Priority

SCALE = (1, 2, 3)
"""1 is the most for both: a whole site, work stands still."""


def priority_of(impact: int, urgency: int) -> Priority:
    """The ITIL matrix: 1 and 1 give P1, 3 and 3 give P5. Raises ValueError off the scale."""
    if impact not in SCALE or urgency not in SCALE:
        raise ValueError(f"Impact and urgency go from 1 to 3, not {impact} and {urgency}.")
    return Priority(impact + urgency - 1)
