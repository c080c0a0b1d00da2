"""Texts in a language that is named."""

from __future__ import annotations

import pytest

from kb_assist.errors import N_
from kb_assist.translations import in_language, web_folder

MISSING = N_("There is no picture %(name)s in the articles folder.", name="100 %.png")


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("de", "Das Bild 100 %.png fehlt im Ordner der Artikel."),
        ("en", "There is no picture 100 %.png in the articles folder."),
        ("fr", "There is no picture 100 %.png in the articles folder."),
        ("und", "There is no picture 100 %.png in the articles folder."),
    ],
)
def test_a_marked_text_is_said_in_the_language_or_in_english(language: str, shown: str) -> None:
    assert in_language(MISSING, language) == shown


def test_what_is_not_marked_stays_as_it_is() -> None:
    assert in_language("handed over", "de") == "handed over"
    assert in_language("", "de") == ""


def test_the_web_folder_has_templates_and_translations() -> None:
    assert {"templates", "static", "translations"} <= {path.name for path in web_folder().iterdir()}
