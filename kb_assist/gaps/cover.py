"""Whether articles answer a group of tickets; pure.

One ticket's score is a weak witness, because knowledge bases hold near-identical articles. The
tickets of a group vote together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kb_assist.gaps.model import Chances

# A group counts as answered when its tickets' first suggestions deserve, taken together, what the
# word "strong" promises: nine of ten are right.
ANSWERED_FROM = 0.9
# A ticket alone counts as unanswered when it is less likely than not that any of five is right.
UNANSWERED_BELOW = 0.5
# One ticket cannot be surer than this, or a single freak decides for all.
_SUREST = 0.999


def answered(chances: Sequence[Chances]) -> bool:
    """Whether the knowledge base answers a group of two or more tickets."""
    return together([chance.first for chance in chances]) >= ANSWERED_FROM


def unanswered_alone(chance: Chances) -> bool:
    """Whether a ticket that is like no other has no article."""
    return chance.any_of_five < UNANSWERED_BELOW


def together(chances: Sequence[float]) -> float:
    """The probability at the mean of the log odds; 0 for none."""
    if not chances:
        return 0.0
    kept = np.clip(np.asarray(chances), 1 - _SUREST, _SUREST)
    odds = float(np.log(kept / (1 - kept)).mean())
    return float(1 / (1 + np.exp(-odds)))
