"""Opens and ends outages as other monitoring systems say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from kb_assist.monitoring import outages_store, store
from kb_assist.monitoring.alerts import Alert
from kb_assist.monitoring.outage_model import NewOutage, Outage, OutageEvent


@dataclass(frozen=True, slots=True)
class Taken:
    opened: tuple[int, ...]
    ended: tuple[int, ...]


def take(connection: Connection, source: str, alerts: Sequence[Alert], now: datetime) -> Taken:
    """A message that comes twice changes nothing; an end without a beginning neither, and no
    repeat of a beginning whose outage is over already."""
    tools = {one.tool.key: one.id for one in store.watched(connection)}
    opened: list[int] = []
    ended: list[int] = []
    for alert in alerts:
        newest = outages_store.newest_of_key(connection, source, alert.key)
        known = newest if newest is not None and newest.is_open else None
        if alert.firing and (newest is None or _is_news(alert, newest)):
            tool_id = tools.get(alert.tool)
            new = NewOutage(source, alert.title, now, tool_id, alert.key, title_de=alert.title_de)
            opened += _open(connection, new, alert)
        elif not alert.firing and known is not None:
            outages_store.end(connection, known.id, now)
            event = OutageEvent(now, source, "ended", alert.detail)
            outages_store.say(connection, known.id, event)
            ended.append(known.id)
    return Taken(tuple(opened), tuple(ended))


def _is_news(alert: Alert, newest: Outage) -> bool:
    """After the newest outage of its key; somebody may have ended that by hand."""
    began_after = alert.since is None or alert.since > newest.started_at
    return not newest.is_open and began_after


def _open(connection: Connection, new: NewOutage, alert: Alert) -> list[int]:
    """Nothing when the same message came a second time just now."""
    outage_id = outages_store.add(connection, new)
    if outage_id is None:
        return []
    texts = {"text_de": alert.text_de, "text_en": alert.text_en}
    outages_store.change(connection, outage_id, texts)
    event = OutageEvent(new.started_at, new.source, "opened", alert.detail)
    outages_store.say(connection, outage_id, event)
    return [outage_id]
