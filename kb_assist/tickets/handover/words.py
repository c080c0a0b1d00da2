"""What a dossier says about a ticket in words."""

from __future__ import annotations

from collections.abc import Mapping

from kb_assist.errors import N_, Phrase
from kb_assist.translations import in_language

Words = Mapping[str, str]
"""A text per language: ``de`` and ``en``."""

# What happens to a ticket, by verb of its life cycle or kind of its event.
_HAPPENED: Mapping[str, Phrase] = {
    "created": N_("opened the ticket"),
    "changed": N_("changed"),
    "assign": N_("assigned"),
    "start": N_("started work"),
    "wait": N_("waits"),
    "resume": N_("went on"),
    "escalate": N_("handed over"),
    "accept": N_("accepted the hand-over"),
    "return": N_("sent the hand-over back"),
    "resolve": N_("resolved"),
    "reopen": N_("opened again"),
    "close": N_("closed"),
    "attached": N_("attached a file"),
    "unlinked": N_("removed a link"),
    "erased": N_("erased personal data"),
    "notified": N_("sent a message to another system"),
}
_FACTS: Mapping[str, Phrase] = {
    "kind": N_("Kind"),
    "model": N_("Model"),
    "serial": N_("Serial number"),
    "version": N_("Version"),
    "site": N_("Site"),
    "status": N_("State"),
    "os": N_("Operating system"),
}
_STATUS: Mapping[str, Phrase] = {
    "planned": N_("planned"),
    "in_use": N_("in use"),
    "in_repair": N_("in repair"),
    "retired": N_("retired"),
}
_ARTICLES: Mapping[str, Phrase] = {
    "solved": N_("solved it"),
    "tried": N_("did not help"),
    "linked": N_("linked"),
}
_IMPACT = {1: N_("a whole site"), 2: N_("a team"), 3: N_("one person")}
_URGENCY = {1: N_("work stands still"), 2: N_("work is hindered"), 3: N_("can wait")}


def happened(text: str, language: str) -> str:
    """An entry of the timeline, ``verb`` or ``verb: note``, in words; other text as it is."""
    verb, colon, note = text.partition(": ")
    words = _HAPPENED.get(verb)
    return f"{in_language(words, language)}{colon}{note}" if words else text


def record(facts: Mapping[str, str], language: str) -> str:
    """A configuration item in one line."""
    name = facts.get("name", "")
    shown = [
        f"{in_language(_FACTS.get(key, key), language)}: {_value(key, value, language)}"
        for key, value in facts.items()
        if key != "name" and value
    ]
    return f"{name} ({', '.join(shown)})" if name and shown else name


def article(outcome: str, language: str) -> str:
    return in_language(_ARTICLES.get(outcome, outcome), language)


def impact(level: int, urgency: int, language: str) -> str:
    return f"{in_language(_IMPACT[level], language)}, {in_language(_URGENCY[urgency], language)}"


def _value(key: str, value: str, language: str) -> str:
    return in_language(_STATUS.get(value, value), language) if key == "status" else value
