"""Normalising, folding, words, identifiers and language detection."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_assist.text import detect_language, fold, identifiers, normalise, words


def kinds(text: str) -> dict[str, str]:
    return {each.key: each.kind for each in identifiers(text)}


def test_line_ends_become_unix_line_ends() -> None:
    assert normalise("a\r\nb\rc\n") == "a\nb\nc\n"


def test_soft_hyphens_zero_width_and_control_characters_disappear() -> None:
    assert normalise("Ver\u00adbin\u200bdung\x00\x07\ufeff\ue000") == "Verbindung"


def test_tabs_umlauts_and_typographic_marks_stay() -> None:
    text = "a\tä „Größe“ – … € 漢字 🙂"
    assert normalise(text) == text


def test_decomposed_umlauts_are_composed() -> None:
    assert normalise("Gro\u0308ße") == "Größe"


@given(st.text())
def test_normalise_keeps_exactly_what_is_visible(text: str) -> None:
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    invisible = {"Cc", "Cf", "Cs", "Co"}
    expected = "".join(
        c for c in composed if c in "\n\t" or unicodedata.category(c) not in invisible
    )
    assert normalise(text) == expected


@pytest.mark.parametrize("spelling", ["Größe", "GRÖSSE", "groesse", "GROESSE", "Gro\u0308ße"])
def test_german_spellings_of_one_word_fold_alike(spelling: str) -> None:
    assert fold(spelling) == "groesse"


def test_accents_are_folded() -> None:
    assert fold("Café") == "cafe"


def test_words_keep_apostrophes_and_leave_out_punctuation() -> None:
    found = words("Can't print – Drucker_1, 2. Stock!")
    assert found == ["Can't", "print", "Drucker", "1", "2", "Stock"]


@pytest.mark.parametrize(
    ("text", "key", "kind"),
    [
        ("Fehler 0x80070005.", "0x80070005", "error_code"),
        ("NET::ERR_CERT_DATE_INVALID", "err_cert_date_invalid", "error_code"),
        ("AADSTS50076 appears", "aadsts50076", "error_code"),
        ("nach KB 5034441 kaputt", "kb5034441", "update"),
        ("after kb-5034441?", "kb5034441", "update"),
        ("Version v2.4.1", "2.4.1", "version"),
        ("550 5.1.10 not found", "5.1.10", "status_code"),
        ("10.20.30.40 is down", "10.20.30.40", "ip_address"),
        (r"auf \\srv01\share$\daten", r"\\srv01\share$\daten", "unc_path"),
        ("mail an it@example.org.", "it@example.org", "email"),
    ],
)
def test_identifiers_are_found_with_their_kind(text: str, key: str, kind: str) -> None:
    assert kinds(text)[key] == kind


def test_spellings_of_an_update_are_one_identifier() -> None:
    assert [each.key for each in identifiers("KB5034441, KB 5034441 und kb-5034441")] == [
        "kb5034441"
    ]


@pytest.mark.parametrize("text", [r"Vendor\\Module\\Setup", "abc0x80070005", "xMDVA-1234567"])
def test_nothing_within_a_word_is_an_identifier(text: str) -> None:
    assert identifiers(text) == []


@given(st.text())
def test_identifiers_are_part_of_the_text_and_unique(text: str) -> None:
    found = identifiers(text)
    assert all(each.text in text for each in found)
    assert len({each.key for each in found}) == len(found)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Drucker druckt nicht und ich kann mich nicht anmelden", "de"),
        ("The printer does not print and I cannot sign in", "en"),
        ("Größenänderung", "de"),
        ("", "und"),
        ("0x80070005", "und"),
    ],
)
def test_the_language_is_told_by_function_words_and_umlauts(text: str, language: str) -> None:
    assert detect_language(text).language == language


@given(st.text())
def test_the_confidence_is_between_0_and_1(text: str) -> None:
    assert 0 <= detect_language(text).confidence <= 1
