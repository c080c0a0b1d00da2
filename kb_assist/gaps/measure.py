"""How good clusters of uncovered tickets are, on tickets whose topic is known; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

UNCLUSTERED = -1


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known about one ticket."""

    missing: str | None
    """The absent topic it is about; None when an article answers it."""


@dataclass(frozen=True, slots=True)
class Quality:
    """All figures lie between 0 and 1; None where a figure has no basis."""

    uncovered_precision: float | None
    uncovered_recall: float | None
    bcubed_precision: float | None
    bcubed_recall: float | None
    bcubed_f1: float | None
    topics_found: float | None
    """Share of absent topics of which more than half of the tickets share one cluster."""
    clusters: int


def measure(truths: Sequence[Truth], labels: Sequence[int], uncovered: Sequence[bool]) -> Quality:
    """``labels``: a cluster per ticket or ``UNCLUSTERED``; ``uncovered``: what was claimed.

    B-cubed (Bagga and Baldwin 1998) runs over the tickets whose topic is absent. An unclustered
    ticket is a cluster of its own; covered tickets in a cluster lower its precision.
    """
    precision, recall = _bcubed([truth.missing for truth in truths], labels)
    claimed = sum(uncovered)
    right = sum(u and t.missing is not None for u, t in zip(uncovered, truths, strict=True))
    absent = sum(truth.missing is not None for truth in truths)
    return Quality(
        uncovered_precision=_share(right, claimed),
        uncovered_recall=_share(right, absent),
        bcubed_precision=_rounded(precision),
        bcubed_recall=_rounded(recall),
        bcubed_f1=_rounded(harmonic(precision, recall)),
        topics_found=_topics_found(truths, labels),
        clusters=len({label for label in labels if label != UNCLUSTERED}),
    )


def harmonic(one: float | None, other: float | None) -> float | None:
    """The F1 of a precision and a recall."""
    if one is None or other is None:
        return None
    return 2 * one * other / (one + other) if one + other else 0.0


def _bcubed(
    topics: Sequence[str | None], labels: Sequence[int]
) -> tuple[float | None, float | None]:
    judged = [(topic, label) for topic, label in zip(topics, labels, strict=True) if topic]
    if not judged:
        return None, None
    sizes = Counter(labels)
    of_topic = Counter(topic for topic, _ in judged)
    together = Counter(judged)
    precision = recall = 0.0
    for topic, label in judged:
        alone = label == UNCLUSTERED
        same = 1 if alone else together[topic, label]
        precision += same / (1 if alone else sizes[label])
        recall += same / of_topic[topic]
    return precision / len(judged), recall / len(judged)


def _topics_found(truths: Sequence[Truth], labels: Sequence[int]) -> float | None:
    where: defaultdict[str, list[int]] = defaultdict(list)
    for truth, label in zip(truths, labels, strict=True):
        if truth.missing is not None:
            where[truth.missing].append(label)
    if not where:
        return None
    found = sum(_mostly_together(members) for members in where.values())
    return _share(found, len(where))


def _mostly_together(labels: Sequence[int]) -> bool:
    counts = Counter(label for label in labels if label != UNCLUSTERED)
    return max(counts.values(), default=0) > len(labels) / 2


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
