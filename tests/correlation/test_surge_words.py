"""A surge says in words what it is about."""

from __future__ import annotations

from kb_assist.correlation.surge_words import describe
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import Draft
from tests.tickets.conftest import House


def test_the_words_are_what_most_of_its_tickets_share_each_once(house: House) -> None:
    said = [
        ("de", "Intranet weg", "Heute geht das Intranet nicht, seit Minuten."),
        ("en", "Intranet", "Tried the intranet for minutes today, something hangs."),
        ("de", "Seite leer", "Heute ist im Intranet die Startseite leer."),
        ("en", "start page", "The intranets are empty today, I tried for minutes."),
    ]
    with house.desk() as desk:
        made = [
            create(desk, Draft(subject, body, language=language)).ticket.id
            for language, subject, body in said
        ]
        told = describe(desk.connection, dict(zip(made, (0.3, 0.9, 0.5, 0.4), strict=True)))
    assert told.title == "Intranet"
    assert told.words == "Intranet"


def test_who_asks_is_neither_in_the_title_nor_in_the_words(house: House) -> None:
    said = [
        ("Jana Beispiel", "Telefon tot bei Jana Beispiel, 0170 5550199", "Das Telefon schweigt."),
        ("Omar Muster", "Telefon", "Beispiel und Muster haben kein Telefon.\nGruß\nOmar"),
        ("", "Telefon", "Frau Beispiel hat kein Telefon, jana.beispiel@nordwind.example."),
    ]
    with house.desk() as desk:
        made = [
            create(desk, Draft(subject, body, language="de", requester_name=name)).ticket.id
            for name, subject, body in said
        ]
        told = describe(desk.connection, dict(zip(made, (0.9, 0.5, 0.4), strict=True)))
    assert told.title == "Telefon tot bei [name], [phone]"
    assert told.words == "Telefon"
