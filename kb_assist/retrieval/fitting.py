"""Learns weights and calibration from tickets whose right article is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from kb_assist.errors import InputError
from kb_assist.retrieval.confidence import EVIDENCE, Calibration, Logistic, evidence
from kb_assist.retrieval.fusion import FEATURES, Floats, Weights, fuse
from kb_assist.retrieval.parameters import Parameters

# Pulls weights of scaled features towards zero; matters only for small ticket sets.
_RIDGE = 1e-3
# Confidence must be calibrated on scores of tickets that the weights have not seen.
_FOLDS = 5
_FEWEST_TICKETS = 30
# What the words promise: of strong suggestions at least this share is right, and "no good article"
# is said when it is less likely than not that any of the first five is right.
STRONG_PRECISION = 0.91
NONE_BELOW = 0.5


@dataclass(frozen=True, slots=True)
class Example:
    """One ticket with its candidates."""

    table: Floats
    """``(candidates, features)``, as ``fusion.features`` gives it."""
    relevant: npt.NDArray[np.bool_]
    """Which candidates answer the ticket; all False where none does."""
    collection: int
    """Which knowledge base it belongs to; every one counts the same in total."""


def fit(examples: Sequence[Example], source: str) -> Parameters:
    """Fit all parameters. Raises InputError when there are too few usable tickets."""
    learnable = [example for example in examples if example.relevant.any()]
    if len(learnable) < _FEWEST_TICKETS:
        raise InputError(
            f"{len(learnable)} tickets have a candidate that answers them; at least"
            f" {_FEWEST_TICKETS} are needed.",
            remedy="Add tickets whose article is known.",
        )
    weights = fit_weights(learnable)
    held_out = _held_out_scores(examples)
    return Parameters(weights, _calibrate(examples, held_out), source)


def fit_weights(examples: Sequence[Example]) -> Weights:
    """Maximum-likelihood conditional logit over each ticket's candidates."""
    width = max(len(example.table) for example in examples)
    count = len(examples)
    tables = np.zeros((count, width, len(FEATURES)))
    absent = np.full((count, width), -1e9)
    wanted = np.zeros((count, width))
    for row, example in enumerate(examples):
        tables[row, : len(example.table)] = example.table
        absent[row, : len(example.table)] = 0.0
        wanted[row, : len(example.table)] = example.relevant
    scale = np.concatenate([example.table for example in examples]).std(axis=0) + 1e-9
    tables /= scale
    importance = _importance(examples)

    def loss(values: Floats) -> tuple[float, Floats]:
        scores = tables @ values + absent
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        shares /= shares.sum(axis=1, keepdims=True)
        right = (shares * wanted).sum(axis=1)
        pull = shares * wanted / np.maximum(right, 1e-12)[:, None] - shares
        gradient = -np.einsum("n,nc,ncf->f", importance, pull, tables) + 2 * _RIDGE * values
        value = -(importance * np.log(np.maximum(right, 1e-12))).sum()
        return float(value + _RIDGE * values @ values), gradient

    found = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B")
    return Weights(tuple(float(v) for v in found.x / scale))


def _importance(examples: Sequence[Example]) -> Floats:
    """Weights that sum to 1, equal for every knowledge base."""
    collections = np.array([example.collection for example in examples])
    names, sizes = np.unique(collections, return_counts=True)
    share = {int(n): 1.0 / (len(names) * int(size)) for n, size in zip(names, sizes, strict=True)}
    return np.array([share[int(c)] for c in collections])


def _held_out_scores(examples: Sequence[Example]) -> list[Floats]:
    """Fused scores of every ticket from weights that were fitted without it."""
    scores: list[Floats] = [np.zeros(0)] * len(examples)
    folds = KFold(_FOLDS, shuffle=True, random_state=0)
    for train, test in folds.split(np.arange(len(examples))):
        usable = [examples[i] for i in train if examples[i].relevant.any()]
        weights = fit_weights(usable)
        for i in test:
            scores[i] = fuse(examples[i].table, weights)
    return scores


def _calibrate(examples: Sequence[Example], scores: Sequence[Floats]) -> Calibration:
    facts = np.stack([evidence(fused) for fused in scores])
    first = np.array([_right_within(e, s, 1) for e, s in zip(examples, scores, strict=True)])
    any_of_five = np.array([_right_within(e, s, 5) for e, s in zip(examples, scores, strict=True)])
    importance = _importance(examples)
    first_model = _logistic(facts, first, importance, ("margin", "doubt"))
    # These two tell answered from unanswered best across knowledge bases, see docs/adr/0002.
    any_model = _logistic(facts, any_of_five, importance, ("lead", "spread"))
    chances = np.array([first_model.probability(row) for row in facts])
    covered = np.array([any_model.probability(row) for row in facts])
    strong_from = _strong_threshold(chances, first, importance)
    none = covered < NONE_BELOW
    strong = ~none & (chances >= strong_from)
    possible = ~none & ~strong
    precision = {
        name: float(np.average(first[members], weights=importance[members]))
        for name, members in (("strong", strong), ("possible", possible), ("none", none))
        if members.any()
    }
    return Calibration(first_model, any_model, strong_from, NONE_BELOW, precision)


def _right_within(example: Example, fused: Floats, depth: int) -> bool:
    return bool(example.relevant[np.argsort(-fused, kind="stable")[:depth]].any())


def _logistic(
    facts: Floats, right: npt.NDArray[np.bool_], importance: Floats, used: Sequence[str]
) -> Logistic:
    columns = [EVIDENCE.index(name) for name in used]
    model = LogisticRegression(C=1.0, max_iter=1000)
    scale = facts[:, columns].std(axis=0) + 1e-9
    model.fit(facts[:, columns] / scale, right, sample_weight=importance * len(importance))
    weights = np.zeros(len(EVIDENCE))
    weights[columns] = model.coef_[0] / scale
    return Logistic(tuple(float(w) for w in weights), float(model.intercept_[0]))


def _strong_threshold(chances: Floats, right: npt.NDArray[np.bool_], importance: Floats) -> float:
    """The lowest probability above which the measured precision keeps the promise."""
    order = np.argsort(-chances)
    precision = np.cumsum((right * importance)[order]) / np.cumsum(importance[order])
    # The very first few swing too much to be believed.
    kept = np.flatnonzero(precision >= STRONG_PRECISION)
    kept = kept[kept >= min(20, len(order) - 1)]
    return float(chances[order][kept[-1]]) if len(kept) else 1.0
