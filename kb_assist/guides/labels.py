"""Words the program puts beside an author's texts, in every language guides can be shown in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal

from kb_assist.guides.conditions import Value
from kb_assist.guides.model import Guide, Kind, Step

_LOCALES = {"en": "en_GB", "de": "de_DE"}
FALLBACK_LANGUAGE = "en"
MASK = "•••"
EMPTY = "–"

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "yes": "Yes",
        "no": "No",
        "ok": "It worked",
        "failed": "It did not work",
        "blocked": "I cannot do this",
        "skipped": "skipped",
        "question": "Question",
        "answer": "Answer",
        "by": "By",
        "time": "Time",
        "action": "Action",
        "expected": "Expected",
        "result": "Result",
        "guide": "Guide",
        "version": "version",
        "outcome": "Outcome",
        "queue": "Queue",
        "needed": "For the next level",
        "path": "What was asked and done",
        "doubted": "No longer certain",
        "notes": "Notes",
        "files": "Files",
        "resolved": "Resolved",
        "escalate": "Escalated",
        "article": "Article",
        "closed": "Closed",
        "unfinished": "Not finished",
        "otherwise": "otherwise",
        "new": "new",
        "changed": "changed",
        "reworded": "reworded",
        "reached": "reached",
        "left": "left here",
        "by_support": "We will do this step.",
    },
    "de": {
        "yes": "Ja",
        "no": "Nein",
        "ok": "Hat geklappt",
        "failed": "Hat nicht geklappt",
        "blocked": "Das kann ich nicht tun",
        "skipped": "übersprungen",
        "question": "Frage",
        "answer": "Antwort",
        "by": "Von",
        "time": "Zeit",
        "action": "Handlung",
        "expected": "Erwartet",
        "result": "Ergebnis",
        "guide": "Anleitung",
        "version": "Version",
        "outcome": "Ergebnis",
        "queue": "Warteschlange",
        "needed": "Für die nächste Stufe",
        "path": "Was gefragt und getan wurde",
        "doubted": "Nicht mehr sicher",
        "notes": "Notizen",
        "files": "Dateien",
        "resolved": "Gelöst",
        "escalate": "Eskaliert",
        "article": "Artikel",
        "closed": "Geschlossen",
        "unfinished": "Nicht beendet",
        "otherwise": "sonst",
        "new": "neu",
        "changed": "geändert",
        "reworded": "neu formuliert",
        "reached": "erreicht",
        "left": "hier verlassen",
        "by_support": "Diesen Schritt übernehmen wir.",
    },
}
_CODE = re.compile(r"((`+|~~~+)(?!`).+?(?<!`)\2(?!`))", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def word(key: str, lang: str) -> str:
    return WORDS.get(lang, WORDS[FALLBACK_LANGUAGE])[key]


def option_label(guide: Guide, step: Step, option: str, lang: str) -> str:
    """What an option says: the author's text, else the built-in word, else the option itself."""
    text, found = guide.step_text(step.id, lang)
    if option in text.labels:
        return text.labels[option]
    return WORDS.get(lang, WORDS.get(found, {})).get(option, option)


def value_text(guide: Guide, step: Step, value: Value, lang: str) -> str:
    """An answer as people read it: option texts, numbers and days in the language, the unit."""
    if value is None:
        return word("skipped", lang)
    if isinstance(value, tuple):
        return ", ".join(option_label(guide, step, item, lang) for item in value)
    if isinstance(value, date):
        return format_date(value, "medium", locale=_LOCALES.get(lang, lang))
    if isinstance(value, float | int):
        number = format_decimal(value, locale=_LOCALES.get(lang, lang))
        return f"{number} {step.settings.unit}".strip()
    if step.kind is Kind.CALL or value not in step.options:
        return value
    return option_label(guide, step, value, lang)


def fill(markdown: str, values: Mapping[str, str]) -> str:
    """Put answers in place of ``{{name}}``. They stay text: escaped, and in code without marks
    that could end it."""
    parts = _CODE.split(markdown)
    # Every third part is the mark of the code before it, as the pattern has two groups.
    for number in range(0, len(parts), 3):
        parts[number] = _filled(parts[number], values, code=False)
        if number + 1 < len(parts):
            parts[number + 1] = _filled(parts[number + 1], values, code=True)
            parts[number + 2] = ""
    return "".join(parts)


def left_open(text: str) -> str:
    """The text where no session fills it in: "…" for every ``{{name}}``."""
    return _PLACEHOLDER.sub("…", text)


def _filled(part: str, values: Mapping[str, str], *, code: bool) -> str:
    def value(match: re.Match[str]) -> str:
        text = values.get(match.group(1), EMPTY)
        return re.sub(r"[`~\s]+", " ", text) if code else escape(text)

    return _PLACEHOLDER.sub(value, part)


def escape(text: str) -> str:
    """Plain text that means the same in Markdown; line breaks become spaces."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>~&])", r"\\\1", " ".join(text.split()))
