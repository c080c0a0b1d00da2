"""What the page of gaps shows: changes of the last week, gaps narrowed by filters, Pareto; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from kb_assist.gaps.events import GapEvent, GapEventKind
from kb_assist.gaps.model import Gap, GapState
from kb_assist.gaps.review import proven
from kb_assist.ui.charts import Pareto, Sparkline, pareto, sparkline

SINCE = timedelta(days=7)
# More rows make a slow page that nobody reads.
PAGE_ROWS = 50


class Shown(StrEnum):
    """Which states the list shows; beside these every single state."""

    OPEN = "open"
    """Whatever still needs somebody."""
    ALL = "all"


class Change(StrEnum):
    NEW = "new"
    BACK = "back"
    OVERDUE = "overdue"
    PROVEN = "proven"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader narrowed the list to; empty: everything."""

    state: str = Shown.OPEN.value
    product: str = ""
    language: str = ""
    owner: str = ""
    """A person's id, or ``none``."""

    @property
    def narrowed(self) -> bool:
        return self != Choice()


@dataclass(frozen=True, slots=True)
class Line:
    gap: Gap
    trend: Sparkline
    overdue: bool

    @property
    def size(self) -> int:
        return len(self.gap.ticket_ids)


@dataclass(frozen=True, slots=True)
class Board:
    changes: Mapping[Change, tuple[Gap, ...]]
    lines: tuple[Line, ...]
    """One page of them."""
    fitting: int
    """How many fit the filters."""
    pareto: Pareto
    ranked: tuple[Gap, ...]
    """All that the Pareto counts, in the order of its bars."""
    known: int
    """All gaps, whatever is shown."""
    products: tuple[str, ...]
    languages: tuple[str, ...]
    owners: tuple[int, ...]


def arrange(
    gaps: Sequence[Gap],
    events: Iterable[GapEvent],
    *,
    choice: Choice,
    today: date,
    start: int = 0,
) -> Board:
    """``events``: those of the last week; ``start``: rows before the page."""
    ordered = sorted(gaps, key=lambda gap: (not gap.is_to_do, -len(gap.ticket_ids), gap.id))
    ranked = tuple(gap for gap in ordered if gap.is_to_do)
    fitting = [gap for gap in ordered if fits(gap, choice)]
    return Board(
        changes=_changes(ordered, events, today),
        lines=tuple(
            Line(gap, trend(gap), gap.is_overdue(today))
            for gap in fitting[start : start + PAGE_ROWS]
        ),
        fitting=len(fitting),
        pareto=pareto([len(gap.ticket_ids) for gap in ranked]),
        ranked=ranked,
        known=len(ordered),
        products=tuple(sorted({name for gap in gaps for name in gap.facts.get("products", ())})),
        languages=tuple(sorted({code for gap in gaps for code in gap.facts.get("languages", ())})),
        owners=tuple(sorted({gap.owner_id for gap in gaps if gap.owner_id is not None})),
    )


def trend(gap: Gap) -> Sparkline:
    """Tickets in each of the last weeks."""
    return sparkline(gap.facts.get("weeks", ()))


def fits(gap: Gap, choice: Choice) -> bool:
    """Whether the list shows it."""
    owner = "none" if gap.owner_id is None else str(gap.owner_id)
    return (
        _state_fits(gap, choice.state)
        and choice.product in ("", *gap.facts.get("products", ()))
        and choice.language in ("", *gap.facts.get("languages", ()))
        and choice.owner in ("", owner)
    )


def _state_fits(gap: Gap, wanted: str) -> bool:
    if wanted == Shown.ALL:
        return True
    if wanted == Shown.OPEN:
        # What nobody decided about and no run finds any more needs nobody.
        begun = gap.state in (GapState.ACCEPTED, GapState.IN_WORK, GapState.PUBLISHED)
        return begun or gap.is_to_do
    return gap.state.value == wanted


def _changes(
    gaps: Sequence[Gap], events: Iterable[GapEvent], today: date
) -> dict[Change, tuple[Gap, ...]]:
    kinds: dict[GapEventKind, set[int]] = {kind: set() for kind in GapEventKind}
    for event in events:
        kinds[event.kind].add(event.gap_id)
    new, back = kinds[GapEventKind.PROPOSED], kinds[GapEventKind.REOPENED]
    return {
        Change.NEW: tuple(g for g in gaps if g.id in new and g.state is GapState.PROPOSED),
        Change.BACK: tuple(g for g in gaps if g.id in back - new),
        Change.OVERDUE: tuple(gap for gap in gaps if gap.is_overdue(today)),
        Change.PROVEN: tuple(g for g in gaps if g.id in kinds[GapEventKind.PROVEN] and proven(g)),
    }
