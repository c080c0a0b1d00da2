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
