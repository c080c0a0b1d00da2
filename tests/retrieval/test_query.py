"""What is left of a ticket after cleaning."""

from __future__ import annotations

import pytest

from kb_assist.retrieval.query import MAX_CHARACTERS, clean_query, typed_query

GERMAN_MAIL = """Guten Morgen liebe Kollegen,

mein VPN verbindet nicht mehr, es kommt Fehler 809.

Mit freundlichen Grüßen
Jana Beispiel
Einkauf
Tel. +49 40 5550 1234

Diese E-Mail kann vertrauliche Informationen enthalten.

> Am 3. November 2026 schrieb Support:
> Bitte den Drucker neu starten.
"""

ENGLISH_MAIL = """Hi team,

Outlook asks for my password every five minutes since KB5034441.

Kind regards,
Sam Example
Phone: +49 40 5550 9876

This e-mail is confidential and intended for the addressee only.

On Mon, 2 Nov 2026 at 09:00, Support wrote:
> have you tried turning the printer off
"""


def test_a_german_mail_is_reduced_to_the_problem() -> None:
    query = clean_query(GERMAN_MAIL)

    assert query.text == "mein VPN verbindet nicht mehr, es kommt Fehler 809."
    assert query.language == "de"
    assert {"greeting", "signature", "quote"} <= set(query.removed)


def test_an_english_mail_is_reduced_to_the_problem() -> None:
    query = clean_query(ENGLISH_MAIL)

    assert query.text == "Outlook asks for my password every five minutes since KB5034441."
    assert query.language == "en"
    assert [i.key for i in query.identifiers] == ["kb5034441"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hallo, mein Drucker druckt nicht. Danke!", "mein Drucker druckt nicht. Danke!"),
        ("vpn geht nicht", "vpn geht nicht"),
        ("Danke", "Danke"),
        ("Best practice for backups is unclear, please advise.\nLG Tom",
         "Best practice for backups is unclear, please advise."),
        ("Bitte um Hilfe beim Postfach.\n\nGruß\nMax\n\nPS: Fehler 5.2.2",
         "Bitte um Hilfe beim Postfach.\n\nPS: Fehler 5.2.2"),
    ],
)  # fmt: skip
def test_cleaning_keeps_what_matters(text: str, kept: str) -> None:
    assert clean_query(text).text == kept


def test_a_pure_forward_keeps_the_forwarded_problem() -> None:
    text = "FYI\n\n> Von: Kunde\n> Der Scanner sendet keine Mails mehr, Fehler 535."

    assert "Fehler 535" in clean_query(text).text


def test_a_log_below_a_rule_is_not_taken_for_a_signature() -> None:
    log = "\n".join(
        f"2026-11-02 08:0{n}:00 ERROR 0x80070005 access denied on share" for n in range(8)
    )

    assert "0x80070005" in clean_query(f"The job fails with this log:\n-----\n{log}").text


def test_the_subject_loses_its_reply_marks() -> None:
    assert clean_query("Geht nicht.", subject="AW: WG: Re: Drucker").text == "Drucker\nGeht nicht."


def test_a_huge_ticket_is_cut_and_says_so() -> None:
    query = clean_query("Fehler 809 im VPN. " * 300_000)

    assert len(query.text) <= MAX_CHARACTERS
    assert "length" in query.removed


@pytest.mark.parametrize("text", ["", "   ", "\x00\x01", ">" * 1000, "a" * 100_000, "-- \n" * 50])
def test_odd_input_never_fails(text: str) -> None:
    clean_query(text)
    typed_query(text)


def test_a_declared_language_is_believed() -> None:
    assert clean_query("VPN 809", language="de").language == "de"
    assert clean_query("VPN 809", language="en").language == "en"


def test_typed_words_are_left_alone() -> None:
    assert typed_query("  Hallo   Danke ").text == "Hallo Danke"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("forgot my password", "en"),
        ("Kennwort vergessen", "de"),
        ("printer prints blank pages", "en"),
        ("Drucker druckt leere Seiten", "de"),
    ],
)
def test_short_texts_are_told_apart(text: str, language: str) -> None:
    assert clean_query(text).language == language
