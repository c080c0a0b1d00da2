"""Several findings that are one gap, as one finding; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from kb_assist.gaps.model import Finding

# How many of each a gap shows; see ``label``.
_MOST = {"questions": 3, "terms": 6, "products": 5, "languages": 5, "nearest": 3, "searches": 5}
_SUMMED = ("tickets", "escalated", "hours", "handled_hours", "handled_tickets")


def united(findings: Sequence[Finding]) -> Finding:
    """The largest gives the title; figures are added up."""
    if len(findings) == 1:
        return findings[0]
    ordered = sorted(findings, key=lambda f: (-len(f.ticket_ids), min(f.ticket_ids, default=0)))
    arrived = {ticket: at for finding in ordered for ticket, at in finding.arrived.items()}
    ids = frozenset().union(*(finding.ticket_ids for finding in ordered))
    return Finding(ids, combined([finding.facts for finding in ordered]), arrived)


def combined(facts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Facts of parts that share no ticket, the most important part first."""
    made = dict(facts[0])
    for name in _SUMMED:
        made[name] = round(sum(part.get(name, 0) for part in facts), 2)
    for name, most in _MOST.items():
        made[name] = list(dict.fromkeys(v for part in facts for v in part.get(name, ())))[:most]
    for name, choose in (("first_seen", min), ("last_seen", max)):
        seen = [part[name] for part in facts if part.get(name)]
        made[name] = choose(seen) if seen else ""
    made["weeks"] = _added([part["weeks"] for part in facts if part.get("weeks")])
    signals: Counter[str] = Counter()
    for part in facts:
        signals.update(part.get("signals", {}))
    made["signals"] = dict(signals)
    return made


def _added(columns: Sequence[Sequence[int]]) -> list[int]:
    return [sum(counts) for counts in zip(*columns, strict=False)]
