"""What a content owner reads: gaps by weight with the 80 % line, and avoidable escalations."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from html import escape
from typing import Any

from kb_assist.gaps.escalations import Escalation, counted
from kb_assist.gaps.model import TO_DO, Gap

_PARETO = 0.8


def as_json(gap: Gap) -> dict[str, Any]:
    """One gap for machines."""
    return {
        "id": gap.id,
        "state": gap.state.value,
        "title": gap.title,
        **{key: value for key, value in gap.facts.items() if key != "title"},
        "ticket_numbers": [f"T-{ticket_id}" for ticket_id in sorted(gap.ticket_ids)],
        "owner_id": gap.owner_id,
        "due": gap.due.isoformat() if gap.due else None,
        "reason": gap.reason,
        "dismissed_until": gap.dismissed_until.isoformat() if gap.dismissed_until else None,
        "article": gap.article_id,
        "proof": dict(gap.proof) if gap.proof else None,
        "found": gap.found,
        "merged_into": gap.merged_into,
    }


def compose(gaps: Sequence[Gap], escalations: Sequence[Escalation]) -> dict[str, Any]:
    """Everything in one value; open gaps first, those with most tickets first."""
    ordered = sorted(
        gaps, key=lambda g: (g.state not in TO_DO, not g.found, -len(g.ticket_ids), g.id)
    )
    return {
        "gaps": [as_json(gap) for gap in ordered],
        "enough_for_80_percent": enough(ordered),
        "escalations": counted(escalations),
        "corrected": sum(e.label is not e.computed for e in escalations),
    }


def enough(gaps: Sequence[Gap]) -> int:
    """How many open gaps, the largest first, hold four fifths of the tickets of all open ones."""
    sizes = sorted((len(g.ticket_ids) for g in gaps if g.is_to_do), reverse=True)
    total, reached = sum(sizes), 0
    for count, size in enumerate(sizes, start=1):
        reached += size
        if reached >= _PARETO * total:
            return count
    return 0


def as_markdown(report: dict[str, Any]) -> str:
    """For a meeting or a wiki."""
    lines = ["# Documentation gaps", ""]
    for gap in report["gaps"]:
        lines += [
            f"## {gap['title']}",
            "",
            f"{gap['tickets']} tickets, {gap['first_seen'][:10]} to {gap['last_seen'][:10]}"
            f" · {gap['state']} · {', '.join(gap['terms'])}",
            "",
            *(f"> {question}\n" for question in gap["questions"]),
        ]
    lines += ["## Escalations to L2", ""]
    lines += [f"- {label}: {count}" for label, count in report["escalations"].items()]
    return "\n".join(lines) + "\n"


def as_html(report: dict[str, Any]) -> str:
    """A page that stands alone, for sending and printing."""
    rows = "".join(
        f"<tr><td>{escape(gap['title'])}</td><td>{gap['tickets']}</td>"
        f"<td>{gap['first_seen'][:10]}</td><td>{gap['last_seen'][:10]}</td>"
        f"<td>{gap['state']}</td></tr>"
        for gap in report["gaps"]
    )
    counts = "".join(
        f"<tr><td>{escape(label)}</td><td>{count}</td></tr>"
        for label, count in report["escalations"].items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Documentation gaps</title>'
        "<h1>Documentation gaps</h1><table><tr><th>Gap</th><th>Tickets</th><th>First</th>"
        f"<th>Last</th><th>State</th></tr>{rows}</table>"
        f"<h2>Escalations to L2</h2><table>{counts}</table></html>\n"
    )


def as_csv(report: dict[str, Any]) -> str:
    """One line per gap."""
    columns = (
        "id state title tickets escalated handled_hours hours first_seen last_seen article".split()
    )
    target = io.StringIO()
    writer = csv.DictWriter(target, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_harmless(gap) for gap in report["gaps"])
    return target.getvalue()


def _harmless(gap: dict[str, Any]) -> dict[str, Any]:
    """Titles come from tickets; a spreadsheet must not take one for a formula."""
    title = gap["title"]
    return gap | {"title": f"'{title}" if title[:1] in "=+-@\t\r" else title}
