"""Forgets people where many tickets are spoken of at once: in surges, and in outages made of one.

Over ``tickets.privacy``, which empties the tickets themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from kb_assist.correlation import erase_store, surges_store
from kb_assist.correlation.surge_words import describe, public_subject
from kb_assist.correlation.surges_store import Surge, Told
from kb_assist.errors import N_
from kb_assist.monitoring import outages_store
from kb_assist.monitoring.outage_model import MAX_TITLE_CHARACTERS, Outage
from kb_assist.monitoring.surges import Stage
from kb_assist.tickets import privacy, store
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.model import Ticket
from kb_assist.tickets.privacy import BATCH, Erased
from kb_assist.tickets.privacy_store import ERASED
from kb_assist.translations import in_language

_NOBODYS_TITLE = N_("Several tickets about the same")


def erase_client(desk: Desk, client_id: int) -> Erased:
    """As ``privacy.erase_client``."""
    erased = privacy.erase_client(desk, client_id)
    _forget(desk, erased.before)
    return erased


def erase_old(desk: Desk, keep: timedelta) -> Erased:
    """As ``privacy.erase_old``."""
    erased = privacy.erase_old(desk, keep)
    _forget(desk, erased.before)
    return erased


def _forget(desk: Desk, gone: Sequence[Ticket]) -> None:
    for start in range(0, len(gone), BATCH):
        part = gone[start : start + BATCH]
        ids = [one.id for one in part]
        titles = {title for one in part for title in _titles(one)}
        for key in erase_store.surges_telling_of(desk.connection, ids, sorted(titles)):
            _tell_without(desk, surges_store.get(desk.connection, key), ids)
        # Others were called after it by hand; a title without personal data may be anybody's.
        for one in part:
            if public_subject(one) != one.subject:
                _call_anew(desk, one.subject, public_subject(one))


def _titles(ticket: Ticket) -> set[str]:
    """What a surge may be called after it, also one that was found before titles were redacted."""
    return {ticket.subject, public_subject(ticket)}


def _tell_without(desk: Desk, surge: Surge, ids: Sequence[int]) -> None:
    """Its title stays, by which people know it, where it is that of another of its tickets."""
    connection = desk.connection
    surges_store.leave(connection, surge.id, ids)
    rest = [key for key in surge.tickets if key not in set(ids)]
    # The oldest speaks for all: how like they are only the model knows.
    told = describe(connection, {key: -place for place, key in enumerate(rest)})
    others = store.many(connection, rest).values()
    is_anothers = any(surge.title in _titles(one) for one in others)
    values = {"title": surge.title if is_anothers else told.title, "words": told.words}
    if not rest:
        values["stage"] = Stage.RESOLVED.value
    surges_store.change(connection, surge.id, values)
    if not is_anothers:
        _change(desk, f"surge:{surge.id}", [], {surge.title: told.title})
        if surge.outage_id is not None:
            _retitle(desk, surge, told)


def _retitle(desk: Desk, surge: Surge, told: Told) -> None:
    """An outage that has the title of its surge, unless that is what several tickets share."""
    outage = outages_store.get(desk.connection, int(surge.outage_id or 0))
    old = surge.title[:MAX_TITLE_CHARACTERS]
    if old in (outage.title, outage.title_de) and old != surge.words:
        _call(desk, outage, told.words or told.title)


def _call_anew(desk: Desk, old: str, new: str) -> None:
    for key in erase_store.outages_called(desk.connection, old[:MAX_TITLE_CHARACTERS]):
        _call(desk, outages_store.get(desk.connection, key), new)


def _call(desk: Desk, outage: Outage, new: str) -> None:
    """Empty: by a title that is nobody's."""
    new = new[:MAX_TITLE_CHARACTERS]
    title, title_de = (new or in_language(_NOBODYS_TITLE, code) for code in ("en", "de"))
    values = {"title": title, "title_de": "" if new else title_de}
    outages_store.change(desk.connection, outage.id, values)
    linked = outages_store.tickets_of(desk.connection, outage.id)
    words = {one: new for one in (outage.title, outage.title_de) if one}
    _change(desk, f"outage:{outage.id}", linked, words)


def _change(desk: Desk, line: str, ticket_ids: Sequence[int], titles: Mapping[str, str]) -> None:
    """What was said by its title: to these tickets, and of a line of the checklist.

    ``titles``: the new one by the old one; empty where there is none.
    """
    words = {
        code: {
            old: new or in_language(_NOBODYS_TITLE, code)
            for old, new in titles.items()
            # Of the erased tickets themselves this is all that is left.
            if old != ERASED
        }
        for code in ("en", "de")
    }
    made = erase_store.change_ticks(desk.connection, line, words["en"])
    changed = [*ticket_ids, *made]
    erase_store.change_tickets(desk.connection, changed, words)
    store.index_words(desk.connection, store.many(desk.connection, changed))
