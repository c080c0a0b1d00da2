"""How sure a ranking is; pure. Calibrated on real tickets, see ``fitting``.

Two questions are answered apart, because knowledge bases hold near-identical articles: is the
*first* suggestion right, and is *any* of the first five right? ``strong`` rests on the first,
``none`` on the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kb_assist.retrieval.fusion import Floats
from kb_assist.retrieval.model import Strength

EVIDENCE = (
    "margin",  # fused score of the first over the second article
    "lead",  # fused score of the first over the sixth article
    "doubt",  # entropy of the softmax over all candidates, in nats
    "spread",  # standard deviation of the fused scores
)
_SIXTH = 5


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression on the evidence."""

    weights: tuple[float, ...]
    intercept: float

    def probability(self, evidence: Floats) -> float:
        value = float(np.dot(self.weights, evidence)) + self.intercept
        return float(1.0 / (1.0 + np.exp(-value)))

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Logistic:
        weights = tuple(float(stored[name]) for name in EVIDENCE)
        return cls(weights, float(stored["intercept"]))

    def as_json(self) -> dict[str, float]:
        named = dict(zip(EVIDENCE, (round(w, 4) for w in self.weights), strict=True))
        return named | {"intercept": round(self.intercept, 4)}


@dataclass(frozen=True, slots=True)
class Calibration:
    """From evidence to probabilities, and from probabilities to words."""

    first: Logistic
    any_of_five: Logistic
    strong_from: float
    """``strong`` when the first suggestion is right with at least this probability."""
    none_below: float
    """``none`` when one of the first five is right with less than this probability."""
    precision: dict[str, float]
    """Measured share of right first suggestions per strength, on the fitting tickets."""


def evidence(fused: Floats) -> Floats:
    """What the scores of one query's candidates say about their own reliability.

    ``fused``: one score per article (translations folded), in any order. Zeros for no candidates.
    """
    if not len(fused):
        return np.array([0.0, 0.0, 5.0, 0.0])
    ordered = np.sort(fused)[::-1]
    margin = ordered[0] - ordered[1] if len(ordered) > 1 else 0.0
    # A very small knowledge base has no sixth article; its last one comes nearest.
    lead = ordered[0] - ordered[min(_SIXTH, len(ordered) - 1)]
    shifted = np.exp(ordered - ordered[0])
    shares = shifted / shifted.sum()
    doubt = float(-(shares * np.log(shares + 1e-12)).sum())
    return np.array([margin, lead, doubt, ordered.std()])


def strength(chance_first: float, chance_any: float, calibration: Calibration) -> Strength:
    """The word for the first suggestion."""
    if chance_any < calibration.none_below:
        return Strength.NONE
    return Strength.STRONG if chance_first >= calibration.strong_from else Strength.POSSIBLE
