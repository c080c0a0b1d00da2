"""Opens and ends outages as other monitoring systems say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from kb_assist.monitoring import outages_store, store
from kb_assist.monitoring.alerts import Alert
from kb_assist.monitoring.outage_model import NewOutage, Outage, OutageEvent

# Programs say "not known" with the first second there is, of the year 1 or of 1970.
_NO_CLOCK = datetime(1971, 1, 1, tzinfo=UTC)
_MOST_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Taken:
    opened: tuple[int, ...]
    ended: tuple[int, ...]


def take(connection: Connection, source: str, alerts: Sequence[Alert], now: datetime) -> Taken:
    """A message that comes twice changes nothing; an end without a beginning neither, no repeat of
    a beginning whose outage is over already, and no late end of what came before."""
    tools = {one.tool.key: one.id for one in store.watched(connection)}
    opened: list[int] = []
    ended: list[int] = []
    for alert in (replace(one, since=_believed(one.since, now)) for one in alerts):
        newest = outages_store.newest_of_key(connection, source, alert.key)
        if alert.firing and (newest is None or _is_news(alert, newest)):
            opened += _open(connection, _made(source, alert, tools.get(alert.tool), now), alert)
            continue
        if newest is None:
            continue
        if not alert.firing and newest.is_open and not _is_of_before(alert, newest):
            outages_store.end(connection, newest.id, now)
            event = OutageEvent(now, source, "ended", alert.detail)
            outages_store.say(connection, newest.id, event)
            ended.append(newest.id)
        if alert.since is not None and alert.since > _began(newest):
            outages_store.change(connection, newest.id, {"external_since": alert.since})
    return Taken(tuple(opened), tuple(ended))


def _believed(since: datetime | None, now: datetime) -> datetime | None:
    """None for a clock that was never set, or whose times would make all later ones look old."""
    return since if since is not None and _NO_CLOCK < since < now + _MOST_AHEAD else None


def _began(outage: Outage) -> datetime:
    """By the clock of its source; only where that says nothing by ours, which hears of it later."""
    return outage.external_since or outage.started_at


def _is_news(alert: Alert, newest: Outage) -> bool:
    """After the newest outage of its key; somebody may have ended that by hand."""
    return not newest.is_open and (alert.since is None or alert.since > _began(newest))


def _is_of_before(alert: Alert, newest: Outage) -> bool:
    """Whether it was over when the newest outage began, so that the message is a late one.

    What began earlier and lasted longer is the same trouble: replicas of a monitoring system
    notice it at different times.
    """
    since = newest.external_since
    if since is None or alert.since is None or alert.since >= since:
        return False
    return alert.until is None or alert.until <= since


def _made(source: str, alert: Alert, tool_id: int | None, now: datetime) -> NewOutage:
    return NewOutage(
        source,
        alert.title,
        now,
        tool_id,
        alert.key,
        title_de=alert.title_de,
        external_since=alert.since,
    )


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
