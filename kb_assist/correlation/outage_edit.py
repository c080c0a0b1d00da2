"""Says how an outage goes, unless a colleague said something else meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from kb_assist.correlation import outages
from kb_assist.correlation.outages import Texts
from kb_assist.monitoring import outages_store
from kb_assist.monitoring.outage_model import Outage, Progress
from kb_assist.tickets.desk import Desk


@dataclass(frozen=True, slots=True)
class Said:
    """What the form on the outage's page says."""

    progress: Progress
    texts: Texts
    note: str = ""
    titles: tuple[str, str] | None = None
    """In English and in German; None: as they are."""


def version(outage: Outage) -> str:
    """Another one after every change of what a form may say."""
    said = (outage.progress, outage.title, outage.title_de, outage.text_de, outage.text_en)
    return sha256(repr((*map(str, said), outage.is_open)).encode()).hexdigest()[:16]


def differing(outage: Outage, said: Said) -> frozenset[str]:
    """Fields of the form in which the outage is otherwise than what was said."""
    english, german = said.titles or (outage.title, outage.title_de)
    pairs = {
        "progress": (outage.progress, said.progress),
        "title": (outage.titled("en"), english.strip() or german.strip()),
        "title_de": (outage.titled("de"), german.strip() or english.strip()),
        "text_de": (outage.text_de, said.texts.de.strip()),
        "text_en": (outage.text_en, said.texts.en.strip()),
    }
    return frozenset(name for name, (now, then) in pairs.items() if now != then)


def edit(desk: Desk, outage_id: int, said: Said, *, seen: str | None = None) -> bool:
    """False, and nothing is changed, where the outage no longer is the ``seen`` version.

    None: whatever it is. Raises NotFoundError and InputError.
    """
    outage = outages_store.locked(desk.connection, outage_id)
    if seen is not None and seen != version(outage):
        return False
    if said.titles is not None:
        outages.rename(desk, outage_id, *said.titles)
    outages.update(desk, outage_id, said.progress, said.texts, note=said.note)
    return True
