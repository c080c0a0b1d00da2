"""Which surges an outage explains."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection

from kb_assist.correlation import surges_store
from kb_assist.monitoring import outages_store


def explain(connection: Connection, surge_id: int) -> None:
    """A surge half of whose tickets belong to an outage is no news: it belongs to that."""
    surge = surges_store.get(connection, surge_id)
    ticket_ids = surge.tickets
    linked = (one for key in ticket_ids for one in outages_store.of_ticket(connection, key))
    # What came after its end is another incident.
    counts = Counter(
        one.id for one in linked if one.ended_at is None or one.ended_at >= surge.newest_at
    )
    for outage_id, count in counts.most_common(1):
        if 2 * count >= len(ticket_ids):
            surges_store.change(connection, surge_id, {"outage_id": outage_id})
