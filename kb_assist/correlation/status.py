"""How the tools of a ticket are, for its hand-over."""

from __future__ import annotations

from sqlalchemy import Connection

from kb_assist.correlation.match import matches
from kb_assist.monitoring import outages_store
from kb_assist.monitoring import store as tools_store
from kb_assist.tickets import links_store, store
from kb_assist.tickets.records import store as records_store


def tool_status(connection: Connection, ticket_id: int) -> dict[str, str]:
    """Name to state: tools of the ticket's items, and outages that it has or fits.

    Raises NotFoundError.
    """
    ticket = store.get(connection, ticket_id)
    roles = links_store.ci_roles(connection, ticket_id)
    keys = {one.key for one in records_store.cis_of(connection, list(roles)).values()}
    known = {
        one.tool.name: one.health.value
        for one in tools_store.watched(connection)
        if keys & set(one.tool.cis)
    }
    fitting = [match.outage for match in matches(connection, ticket)]
    for outage in (*outages_store.of_ticket(connection, ticket_id), *fitting):
        since = f"{outage.started_at:%Y-%m-%d %H:%M} UTC"
        known[outage.title] = f"outage since {since}" if outage.is_open else "outage is over"
    return known
