"""What a ticket tells a guide, and what guides told about a ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from kb_assist.errors import NotFoundError
from kb_assist.guides.database_store import DatabaseStore, of_ticket
from kb_assist.guides.model import Guide
from kb_assist.guides.sessions import Current, GuideSessions
from kb_assist.guides.transcript import Transcript, transcribe
from kb_assist.monitoring import outages_store
from kb_assist.monitoring import store as tools_store
from kb_assist.monitoring.model import Health
from kb_assist.text import fold
from kb_assist.tickets import links_store, store
from kb_assist.tickets.handover import store as handover_store
from kb_assist.tickets.handover.model import Outside
from kb_assist.tickets.model import Ticket
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.records.model import Ci, Client


def context_of(connection: Connection, ticket_id: int) -> dict[str, str]:
    """Answers nobody needs to be asked for; empty values are left out. Raises NotFoundError."""
    ticket = store.get(connection, ticket_id)
    client = _client(connection, ticket.client_id)
    ci = _primary_ci(connection, ticket_id)
    known = {
        "asset": ci.key if ci else "",
        "os": str(ci.attributes.get("os", "")) if ci else "",
        "requester": client.name if client else ticket.requester_name,
        "phone": client.phone if client else "",
        "tool_state": _tool_state(connection, ticket, ci),
        "site": (client.site if client else "") or (ci.site if ci else ""),
    }
    return {name: value for name, value in known.items() if value}


# The worst first.
_TOLD = (Health.DOWN, Health.UNSTABLE, Health.UP)


def _tool_state(connection: Connection, ticket: Ticket, ci: Ci | None) -> str:
    """Of the tools that the item hangs on or whose name is the product; empty: none is known.

    An open outage of one of them, or of the ticket, counts as down: people know more than probes.
    """
    product, key = fold(ticket.product), fold(ci.key) if ci else ""
    known = {
        one.id: one.health
        for one in tools_store.watched(connection)
        if (key and key in map(fold, one.tool.cis))
        or (product and product in map(fold, (one.tool.name, one.tool.name_de)))
    }
    linked = any(one.is_open for one in outages_store.of_ticket(connection, ticket.id))
    if linked or any(one.tool_id in known for one in outages_store.open_ones(connection)):
        return Health.DOWN.value
    return next((health.value for health in _TOLD if health in known.values()), "")


def _client(connection: Connection, client_id: int | None) -> Client | None:
    return None if client_id is None else records_store.client(connection, client_id)


def _primary_ci(connection: Connection, ticket_id: int) -> Ci | None:
    """The primary item, else the first that is linked."""
    roles = links_store.ci_roles(connection, ticket_id)
    first = next(iter(roles), None)
    return None if first is None else records_store.get_ci(connection, first)


def outside(
    connection: Connection,
    ticket_id: int,
    group_id: int,
    guides: Mapping[str, Guide],
    *,
    lang: str,
) -> Outside:
    """Answers given in the ticket's guides, as the dossier for a group takes them.

    By question; and by step where the group's template asks for a fact of that name. Later
    sessions win. What was done is what was tried.
    """
    wanted = {item.key for item in handover_store.template_of(connection, group_id).items}
    answers: dict[str, str] = {}
    tried: list[str] = []
    for transcript in transcripts(connection, ticket_id, guides, lang=lang):
        for row in (*transcript.rows, *transcript.needed):
            if row.is_skipped:
                continue
            step = row.key.rsplit("/", 1)[-1].split("@", 1)[0]
            answers[row.question] = row.answer
            if step in wanted:
                answers[step] = row.answer
        done = (row for row in transcript.rows if row.is_action and not row.is_skipped)
        tried += [f"{row.question.rstrip('.:')}: {row.answer}" for row in done]
    return Outside(guide_answers=answers, steps_tried=tuple(dict.fromkeys(tried)))


def transcripts(
    connection: Connection, ticket_id: int, guides: Mapping[str, Guide], *, lang: str
) -> Sequence[Transcript]:
    """Of every session of a ticket, oldest first."""
    return [
        transcribe(now.bundle, now.state, lang=lang)
        for now in sessions_of(connection, ticket_id, guides)
    ]


def sessions_of(
    connection: Connection, ticket_id: int, guides: Mapping[str, Guide]
) -> Sequence[Current]:
    service = GuideSessions(DatabaseStore(connection), guides)
    found: list[Current] = []
    for row in of_ticket(connection, ticket_id):
        try:
            found.append(service.open(row.id))
        except NotFoundError:
            continue  # its version is lost, which must not keep the ticket from being shown
    return found
