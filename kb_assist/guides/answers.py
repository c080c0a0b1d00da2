"""Answers as people type them to stored values, and whether a stored value fits its step."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from babel.dates import parse_date
from babel.numbers import NumberFormatError, parse_decimal

from kb_assist.guides.model import WITH_OPTIONS, Ask, Kind, Step
from kb_assist.guides.run import Stored

DEFAULT_MAX_LENGTH = 500
"""Characters of a text answer; also bounds what an author's pattern is matched against."""

# English dates are read day first, as in the rest of the product; Americans have ISO.
_LOCALES = {"en": "en_GB", "de": "de_DE"}
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_DAY_WORDS = {"today": 0, "heute": 0, "yesterday": -1, "gestern": -1, "tomorrow": 1, "morgen": 1}


class FaultCode(StrEnum):
    """Why an answer was not taken; the edge has a sentence for each in every language."""

    REQUIRED = "required"
    NOT_AN_OPTION = "not_an_option"
    NOT_A_NUMBER = "not_a_number"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NOT_A_DATE = "not_a_date"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    WRONG_FORM = "wrong_form"
    TOO_LONG = "too_long"
    WRONG_FILE = "wrong_file"


@dataclass(frozen=True, slots=True)
class InputFault:
    code: FaultCode
    limit: str = ""
    """The limit that was broken, for the sentence; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value in stored form."""

    value: Stored


def read_answer(step: Step, raw: str | Sequence[str], *, lang: str, on: date) -> Given | InputFault:
    """What a form or terminal sent, in the reader's language: ``12,5``, ``04.05.2026``, ``heute``.

    An empty answer is a skip where the step is optional.
    """
    many = [raw] if isinstance(raw, str) else list(raw)
    many = [item.strip() for item in many if item.strip()]
    if step.kind is Kind.ASK and step.type == Ask.MULTI:
        chosen = tuple(dict.fromkeys(many))
        return _checked(step, chosen or None, on)
    text = many[0] if many else ""
    if not text:
        return _checked(step, None, on)
    if step.type == Ask.NUMBER:
        number = read_number(text, lang, step.settings.unit)
        return InputFault(FaultCode.NOT_A_NUMBER) if number is None else _checked(step, number, on)
    if step.type == Ask.DATE:
        day = read_day(text, lang, on)
        return InputFault(FaultCode.NOT_A_DATE) if day is None else _checked(step, str(day), on)
    return _checked(step, text, on)


def _checked(step: Step, value: Stored, on: date) -> Given | InputFault:
    return value_fault(step, value, on) or Given(value)


def read_number(text: str, lang: str, unit: str = "") -> float | None:
    """``1.234,5`` in German, ``1,234.5`` in English; the unit may follow. None when it is none."""
    text = text.strip()
    if unit and text.casefold().endswith(unit.casefold()):
        text = text[: -len(unit)].strip()
    try:
        number = float(parse_decimal(text, locale=_LOCALES.get(lang, lang), strict=True))
    except NumberFormatError:
        # A point that cannot be grouping is what a keypad or a copied value has.
        if not _PLAIN_NUMBER.fullmatch(text):
            return None
        number = float(Decimal(text))
    return number if math.isfinite(number) else None


def read_day(text: str, lang: str, on: date) -> date | None:
    """ISO, the language's short form, or a word such as ``heute``; None when it is no day."""
    text = text.strip()
    word = _DAY_WORDS.get(text.casefold())
    if word is not None:
        return on + timedelta(days=word)
    try:
        if _ISO_DATE.fullmatch(text):
            return date.fromisoformat(text)
        return parse_date(text, locale=_LOCALES.get(lang, lang), format="short")
    except (ValueError, IndexError):
        return None


def value_fault(step: Step, value: Stored, on: date) -> InputFault | None:
    """Why a stored value cannot be the answer to a step, None when it can."""
    settings = step.settings
    if step.kind is Kind.DO or step.type in WITH_OPTIONS:
        return _option_fault(step, value)
    if value is None or value == "":
        return None if settings.optional else InputFault(FaultCode.REQUIRED)
    if step.type == Ask.NUMBER:
        return _number_fault(step, value)
    if not isinstance(value, str):
        return InputFault(FaultCode.WRONG_FORM)
    if step.type == Ask.DATE:
        return _day_fault(step, value, on)
    return _text_fault(step, value)


def _option_fault(step: Step, value: Stored) -> InputFault | None:
    if value is None and step.settings.optional:
        return None
    if value is None:
        return InputFault(FaultCode.REQUIRED)
    chosen: tuple[object, ...] = (value,)
    if step.type == Ask.MULTI:
        chosen = tuple(value) if isinstance(value, tuple | list) else ()
    is_known = bool(chosen) and all(item in step.options for item in chosen)
    return None if is_known else InputFault(FaultCode.NOT_AN_OPTION)


def _number_fault(step: Step, value: Stored) -> InputFault | None:
    settings = step.settings
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return InputFault(FaultCode.NOT_A_NUMBER)
    if settings.min is not None and value < settings.min:
        return InputFault(FaultCode.TOO_SMALL, f"{settings.min:g}")
    if settings.max is not None and value > settings.max:
        return InputFault(FaultCode.TOO_LARGE, f"{settings.max:g}")
    return None


def _day_fault(step: Step, value: str, on: date) -> InputFault | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return InputFault(FaultCode.NOT_A_DATE)
    settings = step.settings
    if settings.after and not day > limit_day(settings.after, on):
        return InputFault(FaultCode.TOO_EARLY, str(limit_day(settings.after, on)))
    if settings.before and not day < limit_day(settings.before, on):
        return InputFault(FaultCode.TOO_LATE, str(limit_day(settings.before, on)))
    return None


def limit_day(text: str, on: date) -> date:
    """``today`` or an ISO day; raises ValueError for anything else."""
    return on if text == "today" else date.fromisoformat(text)


def _text_fault(step: Step, value: str) -> InputFault | None:
    settings = step.settings
    longest = settings.max_length or DEFAULT_MAX_LENGTH
    if len(value) > longest:
        return InputFault(FaultCode.TOO_LONG, str(longest))
    if settings.pattern and not _pattern(settings.pattern).fullmatch(value):
        return InputFault(FaultCode.WRONG_FORM, settings.example)
    if step.type == Ask.FILE and settings.accept:
        ending = value.rsplit(".", 1)[-1].casefold() if "." in value else ""
        if ending not in {item.casefold().lstrip(".") for item in settings.accept}:
            return InputFault(FaultCode.WRONG_FILE, ", ".join(settings.accept))
    return None


@lru_cache(maxsize=1024)
def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(source)


def prefilled(step: Step, context: dict[str, str], *, on: date) -> Stored:
    """What the ticket already knows as the answer, to be confirmed; None when it does not fit."""
    known = context.get(step.settings.prefill.removeprefix("ctx.")) if step.settings.prefill else ""
    if not known:
        return None
    read = read_answer(step, known, lang="en", on=on)
    return read.value if isinstance(read, Given) else None
