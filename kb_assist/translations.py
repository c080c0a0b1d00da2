"""Texts in a language that is named, for dossiers and notes, which have no request to ask."""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path

from kb_assist.errors import Phrase


def web_folder() -> Path:
    """Templates, assets and translations: beside the package in a checkout, inside it when
    installed."""
    inside = Path(__file__).parent / "web"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "web"


def in_language(text: str, language: str) -> str:
    """What was marked with ``N_``, in a language there are translations for, else in English;
    anything else as it is. Values that are marked themselves are translated with it."""
    if not isinstance(text, Phrase):
        return text
    shown = _catalogue(language).gettext(text.pattern)
    if not text.values:
        return shown
    values = {
        name: in_language(value, language) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    return shown % values


@cache
def _catalogue(language: str) -> NullTranslations:
    return translation("messages", web_folder() / "translations", [language], fallback=True)
