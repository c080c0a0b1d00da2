"""Why tickets went to L2, counted by whatever an owner asks for; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kb_assist.gaps.escalations import Escalation, counted
from kb_assist.gaps.model import EscalationLabel
from kb_assist.ui.charts import Piece, stacked


@dataclass(frozen=True, slots=True)
class Row:
    """Escalations of one product, group or month."""

    name: str
    counts: tuple[int, ...]
    """In the order of ``EscalationLabel``."""
    pieces: tuple[Piece, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def avoidable(self) -> int:
        """All that better documentation might have kept in L1."""
        return self.total - self.counts[list(EscalationLabel).index(EscalationLabel.RIGHTLY_L2)]


def whole(escalations: Sequence[Escalation]) -> Row:
    """All in one row without a name."""
    return _row("", escalations)


def by(escalations: Sequence[Escalation], name_of: Callable[[Escalation], str]) -> tuple[Row, ...]:
    """A row per name, those with most avoidable escalations first."""
    groups = _grouped(escalations, name_of)
    rows = [_row(name, members) for name, members in groups.items()]
    return tuple(sorted(rows, key=lambda row: (-row.avoidable, -row.total, row.name)))


def by_month(escalations: Sequence[Escalation]) -> tuple[Row, ...]:
    """A row per month as ``2026-11``, the newest first."""
    groups = _grouped(escalations, lambda one: one.at.strftime("%Y-%m"))
    return tuple(_row(name, groups[name]) for name in sorted(groups, reverse=True))


def involved(escalations: Sequence[Escalation]) -> tuple[tuple[str, int], ...]:
    """Articles that avoidable escalations rest on, with how many, the most first."""
    counts = Counter(
        article
        for one in escalations
        if one.label is not EscalationLabel.RIGHTLY_L2
        for article in one.articles
    )
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _grouped(
    escalations: Sequence[Escalation], name_of: Callable[[Escalation], str]
) -> dict[str, list[Escalation]]:
    groups: defaultdict[str, list[Escalation]] = defaultdict(list)
    for one in escalations:
        groups[name_of(one)].append(one)
    return groups


def _row(name: str, escalations: Sequence[Escalation]) -> Row:
    counts = counted(escalations)
    return Row(name, tuple(counts.values()), stacked(list(counts.items())))
