"""What the page of content health shows: articles and guides by filter and order; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kb_assist.gaps.health.findings import KINDS
from kb_assist.gaps.health.report import Health
from kb_assist.ui.charts import WIDTH, Reach, reach

# More rows make a slow page that nobody reads.
PAGE_ROWS = 25
WORST = 10
NO_OWNER = "-"


class Order(StrEnum):
    WORST = "worst"
    USED = "used"
    SOLVES = "solves"
    """What solves least first; what nobody judged last."""
    DUE = "due"
    """The oldest review first."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader narrowed the list to; empty: everything."""

    kind: str = ""
    """``article`` or ``guide``."""
    finding: str = ""
    owner: str = ""
    """A name, or ``NO_OWNER``."""
    confidence: str = ""
    language: str = ""
    order: Order = Order.WORST

    @property
    def narrowed(self) -> bool:
        return self != Choice(order=self.order)


@dataclass(frozen=True, slots=True)
class Reason:
    """How many articles and guides a finding is about."""

    kind: str
    count: int
    width: float
    """Of its bar; the most common one fills it."""


@dataclass(frozen=True, slots=True)
class Board:
    rows: tuple[Health, ...]
    """One page of them."""
    fitting: int
    known: int
    sound: int
    """How many have no finding at all."""
    reasons: tuple[Reason, ...]
    """Of everything known, the most common first."""
    owners: tuple[str, ...]
    languages: tuple[str, ...]


def arrange(found: Sequence[Health], choice: Choice, *, start: int = 0) -> Board:
    """``found``: the worst first; ``start``: rows before the page."""
    fitting = sorted((one for one in found if fits(one, choice)), key=_KEYS[choice.order])
    return Board(
        rows=tuple(fitting[start : start + PAGE_ROWS]),
        fitting=len(fitting),
        known=len(found),
        sound=sum(not one.findings for one in found),
        reasons=_reasons(found),
        owners=tuple(sorted({one.owner for one in found if one.owner}, key=str.casefold)),
        languages=tuple(sorted({one.language for one in found})),
    )


def worst(found: Sequence[Health]) -> tuple[Health, ...]:
    """Those that need somebody most; ``found``: the worst first.

    What was only not needed yet needs nobody.
    """
    return tuple(one for one in found if {f.kind for f in one.findings} - {"never_used"})[:WORST]


def fits(one: Health, choice: Choice) -> bool:
    """Whether the list shows it."""
    return (
        choice.kind in ("", one.kind)
        and choice.finding in ("", *(finding.kind for finding in one.findings))
        and choice.owner in ("", one.owner or NO_OWNER)
        and choice.confidence in ("", one.confidence)
        and choice.language in ("", one.language)
    )


def solved(one: Health) -> Reach | None:
    """Where the share of solved tickets surely lies; None when nobody said anything."""
    share = one.figures.get("solves")
    if not share or not share["of"]:
        return None
    return reach(share["low"], share["high"], share["share"])


def _reasons(found: Sequence[Health]) -> tuple[Reason, ...]:
    counts = Counter(kind for one in found for kind in {f.kind for f in one.findings})
    highest = max(counts.values(), default=1)
    order = sorted(counts, key=lambda kind: (-counts[kind], KINDS.index(kind)))
    return tuple(Reason(k, counts[k], round(WIDTH * counts[k] / highest, 2)) for k in order)


def used(one: Health) -> int:
    """Tickets it was opened on or linked to, or sessions of a guide."""
    figures = one.figures
    return int(figures.get("sessions", 0) or figures.get("linked", 0) + figures.get("opens", 0))


def _solving(one: Health) -> tuple[bool, float, str]:
    share = one.figures.get("solves") or {"of": 0}
    return not share["of"], share["high"] if share["of"] else 0.0, one.id


# Sorting keeps the order of those that are alike: the worst first.
_KEYS: Mapping[Order, Callable[[Health], Any]] = {
    Order.WORST: lambda one: one.score,
    Order.USED: lambda one: -used(one),
    Order.SOLVES: _solving,
    Order.DUE: lambda one: (one.review_due is None, str(one.review_due)),
}
