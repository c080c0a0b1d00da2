"""How well an article or a guide does its work: findings with their evidence, and a score; pure.

The score is what remains of 100 after the points of every finding, so that it can always be told
apart again. It ranks what to look at first and says nothing about persons.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# 95 % of intervals made like this hold the true share.
_Z = 1.96
# With fewer uses a share says nothing yet.
_FEWEST_USES = 5
# Shown so often and hardly ever opened: the title does not say what it is good for.
_FEWEST_IMPRESSIONS = 20
_HARDLY_OPENED = 0.15
# A guide step at which so many leave loses people.
_LOSES_FROM = 0.2
_MOST_FROM_LINT = 10


@dataclass(frozen=True, slots=True)
class Share:
    """A share of cases with its Wilson interval (E. B. Wilson 1927); all None without cases."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        if not self.of:
            return None
        n, p = self.of, self.count / self.of
        middle = p + _Z**2 / (2 * n)
        spread = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
        whole = 1 + _Z**2 / n
        return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)

    def surely_below(self, bar: float) -> bool:
        return self.interval is not None and self.interval[1] < bar

    def surely_above(self, other: Share) -> bool:
        """Whether even the low end of this exceeds the other's share."""
        if self.interval is None or other.share is None:
            return False
        return self.interval[0] > other.share

    def as_json(self) -> dict[str, Any]:
        low, high = self.interval or (None, None)
        return {
            "count": self.count,
            "of": self.of,
            "share": _rounded(self.share),
            "low": _rounded(low),
            "high": _rounded(high),
        }


@dataclass(frozen=True, slots=True)
class Use:
    """What was recorded about an article in the window."""

    impressions: int = 0
    """Tickets and people it was shown to."""
    opens: int = 0
    linked: int = 0
    """Tickets it is linked to, whatever it was to them."""
    solved: int = 0
    did_not_help: int = 0
    dismissed: int = 0
    remarks: tuple[str, ...] = ()
    """Reported paragraphs, in the readers' words."""
    reopened: Share = Share(0, 0)
    """Of linked tickets, in the newer half of the window."""
    reopened_before: Share = Share(0, 0)
    escalated: Share = Share(0, 0)
    escalated_before: Share = Share(0, 0)

    @property
    def link_rate(self) -> Share:
        """Of the tickets it was shown on or found for without being shown."""
        return Share(self.linked, max(self.impressions, self.linked))

    @property
    def solves(self) -> Share:
        """Of the tickets on which somebody said whether it helped."""
        return Share(self.solved, self.solved + self.did_not_help)


@dataclass(frozen=True, slots=True)
class Written:
    """What is wrong with the text, whoever uses it."""

    overdue_days: int = 0
    problems: tuple[tuple[str, str], ...] = ()
    """Rule of ``articles/lint`` and message."""
    retired: tuple[str, ...] = ()
    """Configuration items or models it names that are out of use."""
    contradicts: tuple[Mapping[str, Any], ...] = ()
    """``article`` and ``title`` of the other, what is said ``here`` and ``there``, and the
    ``facts`` that differ."""
    is_referred: bool = True
    """Whether another article or a guide leads to it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to look at an article or a guide."""

    kind: str
    points: int
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "points": self.points, **self.facts}


KINDS = (
    "solves_little",
    "reopened_more",
    "escalated_more",
    "contradiction",
    "reported",
    "hardly_opened",
    "orphan",
    "never_used",
    "review_overdue",
    "dead_links",
    "translation_drift",
    "near_duplicate",
    "retired",
    "lint",
    "loses_people",
    "abandoned",
)
# A picture on another server is there, though readers are not shown it.
_DEAD = frozenset({"dead-link", "dead-anchor", "missing-image"})
# Of articles and of guides.
_TOLD_ELSEWHERE = frozenset({"review-due", "G804"})


def score(findings: Sequence[Finding]) -> int:
    """0 to 100."""
    return max(0, 100 - sum(finding.points for finding in findings))


def is_telling(uses: Iterable[Use], articles: int) -> bool:
    """Whether so much was shown that an article nobody met says something about itself.

    With as many impressions and links as there are articles, each had its turn on average. Before
    that, in the first weeks or with thousands of articles, most are unseen whatever they are worth.
    """
    return sum(use.impressions + use.linked for use in uses) >= articles


def of_article(use: Use, written: Written, *, unused_tells: bool = True) -> list[Finding]:
    """The findings about an article, the heaviest first; ``unused_tells``: see ``is_telling``."""
    found = [*_of_use(use), *_of_text(written)]
    if unused_tells and not (use.impressions or use.opens or use.linked):
        lost = Finding("never_used", 5) if written.is_referred else Finding("orphan", 10)
        found.append(lost)
    return sorted(found, key=lambda f: (-f.points, KINDS.index(f.kind)))


def _of_use(use: Use) -> list[Finding]:
    found = []
    solves = use.solves
    if solves.of >= _FEWEST_USES and solves.surely_below(0.5):
        found.append(Finding("solves_little", 30, {"solves": solves.as_json()}))
    for kind, now, before in (
        ("reopened_more", use.reopened, use.reopened_before),
        ("escalated_more", use.escalated, use.escalated_before),
    ):
        if now.of >= _FEWEST_USES and now.surely_above(before):
            found.append(Finding(kind, 20, {"now": now.as_json(), "before": before.as_json()}))
    if use.remarks:
        points = min(20, 5 * len(use.remarks))
        found.append(Finding("reported", points, {"remarks": list(use.remarks)}))
    opened = Share(min(use.opens, use.impressions), use.impressions)
    if use.impressions >= _FEWEST_IMPRESSIONS and opened.surely_below(_HARDLY_OPENED):
        found.append(Finding("hardly_opened", 10, {"opened": opened.as_json()}))
    return found


def _of_text(written: Written) -> list[Finding]:
    found = []
    found += _overdue(written.overdue_days)
    if written.contradicts:
        found.append(Finding("contradiction", 20, {"passages": list(written.contradicts)}))
    if written.retired:
        found.append(Finding("retired", 15, {"names": list(written.retired)}))
    by_kind: dict[str, list[str]] = {}
    for rule, message in written.problems:
        if rule not in _TOLD_ELSEWHERE:
            by_kind.setdefault(_kind(rule), []).append(message)
    points_of = {"dead_links": 15, "translation_drift": 10, "near_duplicate": 10}
    for kind, messages in by_kind.items():
        points = points_of.get(kind, min(_MOST_FROM_LINT, 2 * len(messages)))
        found.append(Finding(kind, points, {"messages": messages}))
    return found


def _overdue(days: int) -> list[Finding]:
    if days <= 0:
        return []
    return [Finding("review_overdue", 10 if days < 180 else 20, {"days": days})]


def _kind(rule: str) -> str:
    if rule in _DEAD:
        return "dead_links"
    if rule.startswith("translation-"):
        return "translation_drift"
    return "near_duplicate" if rule == "near-duplicate" else "lint"


@dataclass(frozen=True, slots=True)
class GuideUse:
    """What was recorded about a guide, without people."""

    sessions: int
    resolved: Share
    abandoned: Share
    losing: tuple[tuple[str, Share], ...] = ()
    """Steps with the share of sessions that ended at them."""
    problems: tuple[tuple[str, str], ...] = ()
    overdue_days: int = 0


def of_guide(use: GuideUse) -> list[Finding]:
    """The findings about a guide, the heaviest first."""
    found = []
    if use.resolved.of >= _FEWEST_USES and use.resolved.surely_below(0.5):
        found.append(Finding("solves_little", 30, {"solves": use.resolved.as_json()}))
    if use.abandoned.of >= _FEWEST_USES and (use.abandoned.share or 0.0) >= _LOSES_FROM:
        found.append(Finding("abandoned", 15, {"abandoned": use.abandoned.as_json()}))
    steps = [
        (s, x) for s, x in use.losing if x.of >= _FEWEST_USES and x.count >= _LOSES_FROM * x.of
    ]
    if steps:
        told = [{"step": step} | share.as_json() for step, share in steps]
        found.append(Finding("loses_people", min(30, 15 * len(steps)), {"steps": told}))
    if not use.sessions:
        found.append(Finding("never_used", 5))
    found += _overdue(use.overdue_days)
    messages = [message for rule, message in use.problems if rule not in _TOLD_ELSEWHERE]
    if messages:
        points = min(_MOST_FROM_LINT, 2 * len(messages))
        found.append(Finding("lint", points, {"messages": messages}))
    return sorted(found, key=lambda f: (-f.points, KINDS.index(f.kind)))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
