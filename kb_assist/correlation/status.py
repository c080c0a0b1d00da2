"""How the tools of a ticket are, for its hand-over."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from kb_assist.correlation.match import matches
from kb_assist.errors import N_, Phrase
from kb_assist.monitoring import outages_store
from kb_assist.monitoring import store as tools_store
from kb_assist.monitoring.model import Health
from kb_assist.monitoring.outage_model import Outage
from kb_assist.tickets import links_store, store
from kb_assist.tickets.records import store as records_store
from kb_assist.translations import in_language

HEALTH_WORDS: Mapping[Health, Phrase] = {
    Health.UP: N_("works"),
    Health.UNSTABLE: N_("unstable"),
    Health.DOWN: N_("down"),
    Health.UNKNOWN: N_("not known yet"),
}


def tool_status(connection: Connection, ticket_id: int) -> dict[str, str]:
    """Name to state in words: tools of the ticket's items, and outages that it has or fits.

    In the language of the ticket, like everything that a hand-over keeps. Raises NotFoundError.
    """
    ticket = store.get(connection, ticket_id)
    language = ticket.language
    roles = links_store.ci_roles(connection, ticket_id)
    keys = {one.key for one in records_store.cis_of(connection, list(roles)).values()}
    known = {
        one.tool.named(language): in_language(HEALTH_WORDS[one.health], language)
        for one in tools_store.watched(connection)
        if keys & set(one.tool.cis)
    }
    fitting = [match.outage for match in matches(connection, ticket)]
    for outage in (*outages_store.of_ticket(connection, ticket_id), *fitting):
        known[outage.titled(language)] = _said(outage, language)
    return known


def _said(outage: Outage, language: str) -> str:
    since = f"{outage.started_at:%Y-%m-%d %H:%M} UTC"
    told = N_("outage since %(since)s", since=since) if outage.is_open else N_("outage is over")
    return in_language(told, language)
