"""Which gap of an earlier run a finding is; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# Shared tickets, of the smaller of the two.
_SAME_FROM = 0.5


def matched(
    findings: Sequence[frozenset[int]], known: Mapping[int, frozenset[int]]
) -> list[int | None]:
    """For each finding the id of the known gap it continues; each gap is continued once.

    The pair that shares most goes first.
    """
    pairs = sorted(
        (
            (-len(found & tickets), at, gap)
            for at, found in enumerate(findings)
            for gap, tickets in known.items()
            if _same(found, tickets)
        ),
    )
    result: list[int | None] = [None] * len(findings)
    taken: set[int] = set()
    for _, at, gap in pairs:
        if result[at] is None and gap not in taken:
            result[at] = gap
            taken.add(gap)
    return result


def _same(one: frozenset[int], other: frozenset[int]) -> bool:
    smaller = min(len(one), len(other))
    return smaller > 0 and len(one & other) >= _SAME_FROM * smaller
