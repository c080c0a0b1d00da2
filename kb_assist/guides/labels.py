"""Words the program puts beside an author's texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal

from kb_assist.errors import N_, Phrase
from kb_assist.guides.conditions import Value
from kb_assist.guides.model import Guide, Kind, Step
from kb_assist.translations import in_language

_LOCALES = {"en": "en_GB", "de": "de_DE"}
MASK = "•••"
EMPTY = "–"

WORDS: Mapping[str, Phrase] = {
    "yes": N_("Yes"),
    "no": N_("No"),
    "ok": N_("It worked"),
    "failed": N_("It did not work"),
    "blocked": N_("I cannot do this"),
    "skipped": N_("skipped"),
    "question": N_("Question"),
    "answer": N_("Answer"),
    "by": N_("By"),
    "time": N_("Time"),
    "action": N_("Action"),
    "expected": N_("Expected"),
    "result": N_("Result"),
    "guide": N_("Guide"),
    "version": N_("version"),
    "outcome": N_("Outcome"),
    "queue": N_("Queue"),
    "needed": N_("For the next level"),
    "path": N_("What was asked and done"),
    "doubted": N_("No longer certain"),
    "notes": N_("Notes"),
    "files": N_("Files"),
    "resolved": N_("Resolved"),
    "escalate": N_("Escalated"),
    "article": N_("Article"),
    "closed": N_("Closed"),
    "unfinished": N_("Not finished"),
    "otherwise": N_("otherwise"),
    "new": N_("new"),
    "changed": N_("changed"),
    "reworded": N_("reworded"),
    "reached": N_("reached"),
    "left": N_("left here"),
    "by_support": N_("We will do this step."),
}
_CODE = re.compile(r"((`+|~~~+)(?!`).+?(?<!`)\2(?!`))", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def word(key: str, lang: str) -> str:
    return in_language(WORDS[key], lang)


def option_label(guide: Guide, step: Step, option: str, lang: str) -> str:
    """What an option says: the author's text, else the built-in word, else the option itself."""
    text, _ = guide.step_text(step.id, lang)
    if option in text.labels:
        return text.labels[option]
    return word(option, lang) if option in WORDS else option


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
