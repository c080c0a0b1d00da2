"""Says how an outage goes, unless a colleague said something else meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from kb_assist.correlation import outages
from kb_assist.correlation.outages import Texts
from kb_assist.errors import N_, InputError
from kb_assist.monitoring import outages_store, store
from kb_assist.monitoring.outage_model import WATCH, Outage, OutageEvent, Progress
from kb_assist.tickets.desk import Desk


@dataclass(frozen=True, slots=True)
class Said:
    """What the form on the outage's page says."""

    progress: Progress
    texts: Texts
    note: str = ""
    titles: tuple[str, str] | None = None
    """In English and in German; None: as they are."""
    tool_id: int | None = None
    """0: none of them; None: as it is."""


def version(outage: Outage) -> str:
    """Another one after every change of what a form may say."""
    said = (outage.title, outage.title_de, outage.text_de, outage.text_en, outage.summary)
    state = (outage.progress.value, outage.tool_id, outage.is_open)
    return sha256(repr((*said, *state)).encode()).hexdigest()[:16]


def differing(outage: Outage, said: Said) -> frozenset[str]:
    """Fields of the form in which the outage is otherwise than what was said."""
    english, german = said.titles or (outage.title, outage.title_de)
    pairs = {
        "progress": (outage.progress, said.progress),
        "title": (outage.titled("en"), english.strip() or german.strip()),
        "title_de": (outage.titled("de"), german.strip() or english.strip()),
        "text_de": (outage.text_de, said.texts.de.strip()),
        "text_en": (outage.text_en, said.texts.en.strip()),
        "tool_id": (outage.tool_id or 0, said.tool_id or 0),
    }
    return frozenset(name for name, (now, then) in pairs.items() if now != then)


def edit(desk: Desk, outage_id: int, said: Said, *, seen: str | None = None) -> bool:
    """False, and nothing is changed, where the outage no longer is the ``seen`` version.

    None: whatever it is. Raises NotFoundError and InputError.
    """
    outage = outages_store.locked(desk.connection, outage_id)
    if seen is not None and seen != version(outage):
        return False
    if said.tool_id is not None:
        _choose_tool(desk, outage, said.tool_id or None)
    if said.titles is not None:
        outages.rename(desk, outage_id, *said.titles)
    outages.update(desk, outage_id, said.progress, said.texts, note=said.note)
    return True


def summarise(desk: Desk, outage_id: int, summary: str, *, seen: str | None = None) -> bool:
    """As ``edit``, for what was learned."""
    outage = outages_store.locked(desk.connection, outage_id)
    if seen is not None and seen != version(outage):
        return False
    outages.summarise(desk, outage_id, summary)
    return True


def _choose_tool(desk: Desk, outage: Outage, tool_id: int | None) -> None:
    if tool_id == outage.tool_id:
        return
    tool = None if tool_id is None else store.by_id(desk.connection, tool_id)
    if tool_id is not None and tool is None:
        raise InputError(N_("There is no such tool."))
    if outage.source == WATCH:
        raise InputError(N_("What the watch opened stays with its tool."))
    # Which outage is to blame follows from the tool; the next round of the watch looks.
    outages_store.change(desk.connection, outage.id, {"tool_id": tool_id, "cause_id": None})
    event = OutageEvent(desk.now, desk.actor.name, "tool", tool.tool.name if tool else "–")
    outages_store.say(desk.connection, outage.id, event)
