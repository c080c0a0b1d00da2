"""What a dossier says about a ticket in words, in German and in English."""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, str]
"""A text per language: ``de`` and ``en``."""

# What happens to a ticket, by verb of its life cycle or kind of its event.
_HAPPENED: Mapping[str, Words] = {
    "created": {"de": "Ticket angelegt", "en": "opened the ticket"},
    "changed": {"de": "geändert", "en": "changed"},
    "assign": {"de": "zugewiesen", "en": "assigned"},
    "start": {"de": "Arbeit begonnen", "en": "started work"},
    "wait": {"de": "wartet", "en": "waits"},
    "resume": {"de": "fortgesetzt", "en": "continued"},
    "escalate": {"de": "übergeben", "en": "handed over"},
    "accept": {"de": "Übergabe angenommen", "en": "accepted the hand-over"},
    "return": {"de": "zurückgegeben", "en": "sent back"},
    "resolve": {"de": "gelöst", "en": "resolved"},
    "reopen": {"de": "wieder geöffnet", "en": "opened again"},
    "close": {"de": "geschlossen", "en": "closed"},
    "attached": {"de": "Datei angehängt", "en": "attached a file"},
    "unlinked": {"de": "Verknüpfung entfernt", "en": "removed a link"},
    "erased": {"de": "persönliche Daten gelöscht", "en": "erased personal data"},
    "notified": {"de": "anderes System benachrichtigt", "en": "told another system"},
}
_FACTS: Mapping[str, str] = {
    "kind": "Art",
    "model": "Modell",
    "serial": "Seriennummer",
    "version": "Version",
    "site": "Standort",
    "status": "Status",
    "os": "Betriebssystem",
}
_STATUS: Mapping[str, Words] = {
    "planned": {"de": "geplant", "en": "planned"},
    "in_use": {"de": "in Betrieb", "en": "in use"},
    "in_repair": {"de": "in Reparatur", "en": "in repair"},
    "retired": {"de": "ausgemustert", "en": "retired"},
}
_ARTICLES: Mapping[str, Words] = {
    "solved": {"de": "hat geholfen", "en": "solved it"},
    "tried": {"de": "hat nicht geholfen", "en": "did not help"},
    "linked": {"de": "verknüpft", "en": "linked"},
}
_IMPACT: Mapping[int, Words] = {
    1: {"de": "ein ganzer Standort", "en": "a whole site"},
    2: {"de": "ein Team", "en": "a team"},
    3: {"de": "eine Person", "en": "one person"},
}
_URGENCY: Mapping[int, Words] = {
    1: {"de": "Arbeit steht still", "en": "work stands still"},
    2: {"de": "Arbeit ist behindert", "en": "work is hindered"},
    3: {"de": "kann warten", "en": "can wait"},
}


def happened(text: str, language: str) -> str:
    """An entry of the timeline, ``verb`` or ``verb: note``, in words; other text as it is."""
    verb, colon, note = text.partition(": ")
    words = _HAPPENED.get(verb)
    return f"{words[language]}{colon}{note}" if words else text


def record(facts: Mapping[str, str], language: str) -> str:
    """A configuration item in one line."""
    name = facts.get("name", "")
    named = {key: _FACTS.get(key, key) if language == "de" else key for key in facts}
    shown = [
        f"{named[key]}: {_status(value, language) if key == 'status' else value}"
        for key, value in facts.items()
        if key != "name" and value
    ]
    return f"{name} ({', '.join(shown)})" if name and shown else name


def article(outcome: str, language: str) -> str:
    words = _ARTICLES.get(outcome)
    return words[language] if words else outcome


def impact(level: int, urgency: int, language: str) -> str:
    return f"{_IMPACT[level][language]}, {_URGENCY[urgency][language]}"


def _status(status: str, language: str) -> str:
    words = _STATUS.get(status)
    return words[language] if words else status
