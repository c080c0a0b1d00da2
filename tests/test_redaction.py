"""What is taken out of a text, and what stays."""

from __future__ import annotations

import pytest

from kb_assist.redaction import Personal, redact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mail an jana.beispiel@nordwind.example bitte", "Mail an [email] bitte"),
        ("Tel. +49 40 5550 1809", "Tel. [phone]"),
        ("Ruf (040) 5550-1809 an", "Ruf [phone] an"),
        ("mobil 0171 5550123", "mobil [phone]"),
        ("0049 40 55501809 oder später", "[phone] oder später"),
        ("IBAN DE89 3704 0044 0532 0130 00 bitte", "IBAN [iban] bitte"),
        ("DE89370400440532013000", "[iban]"),
        ("Karte 4111 1111 1111 1111.", "Karte [card]."),
        ("C:\\Users\\jbeispiel\\AppData", "C:\\Users\\[user]\\AppData"),
        ("/home/jbeispiel/.config", "/home/[user]/.config"),
        ("Hallo Herr Dr. Beispiel, danke", "Hallo Herr Dr. [name], danke"),
        (
            "Geht nicht.\n\nMit freundlichen Grüßen\nJana Beispiel",
            "Geht nicht.\n\nMit freundlichen Grüßen\n[name]",
        ),
        (
            "Broken.\n\nKind regards,\n\nPieter van der Meulen\nSales",
            "Broken.\n\nKind regards,\n\n[name]\nSales",
        ),
    ],
)
def test_personal_data_becomes_a_placeholder(text: str, expected: str) -> None:
    assert redact(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "Fehler 0x80070005 nach KB5034441",
        "KB 5034441 und AADSTS50126, ORA-01017",
        "Version 10.0.19045.3803 und v2.4.1",
        "Ereignis 4740 am 05.11.2026 08:15, erneut 2026-11-05",
        "Code 0.19045.3803.12 am 1/11/2026",
        "Asset NB-0377, Ticket 00012345",
        "IBAN DE00 3704 0044 0532 0130 00",
        "Nummer 4111 1111 1111 1112",
        "5.2.2 kommt zurück, Port 4500/UDP",
        "Danke, das Gerät hängt.",
        "{8B2F4E1C-1111-4222-8333-444455556666}",
    ],
)
def test_what_a_support_text_is_about_stays(text: str) -> None:
    assert redact(text).text == text


def test_addresses_of_machines_stay_unless_asked_for() -> None:
    text = "10.1.2.3 hat 00:1A:2B:3C:4D:5E"

    assert redact(text).text == text
    assert redact(text, kinds=[Personal.IP, Personal.MAC]).text == "[ip] hat [mac]"


def test_known_names_are_replaced_wherever_they_stand() -> None:
    redacted = redact("Jana Beispiel meldet: beispiel ist gesperrt.", names=["Jana Beispiel"])

    assert redacted.text == "[name] meldet: [name] ist gesperrt."
    assert redacted.counts == {Personal.NAME: 2}


def test_nothing_is_replaced_that_was_not_asked_for() -> None:
    assert redact("a@b.example, +49 40 5550 1809", kinds=[Personal.EMAIL]).text == (
        "[email], +49 40 5550 1809"
    )
