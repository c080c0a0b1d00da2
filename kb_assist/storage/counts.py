"""Counts of requests that all web nodes share."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from kb_assist.storage.db import Database
from kb_assist.storage.tables.nodes import request_counts
from kb_assist.storage.upsert import upsert

_c = request_counts.c


class StoredLimits:
    """Counts by key and minute as ``RequestLimits`` does, together with every other node."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, key: str, per_minute: int, *, at: datetime) -> bool:
        """See RequestLimits; raises DatabaseUnavailableError."""
        minute = at.replace(second=0, microsecond=0)
        with self._database.write() as connection:
            first = upsert(connection, request_counts).values(key=key, minute=minute, count=1)
            counted = first.on_conflict_do_update(
                index_elements=["key", "minute"], set_={"count": _c.count + 1}
            ).returning(_c.count)
            count = int(connection.execute(counted).scalar_one())
            if count == 1:
                connection.execute(delete(request_counts).where(_c.minute < minute))
        return count <= per_minute
