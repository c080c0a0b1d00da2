"""Which guide is offered for a ticket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kb_assist.articles.library import load_library
from kb_assist.guides.library import load_folder
from kb_assist.guides.model import Channel
from kb_assist.guides.offer import GuideOffers, Ticket

ROOT = Path(__file__).parents[2]
OFFERS = GuideOffers(load_folder(ROOT / "articles" / "guides").guides.values())


@pytest.mark.parametrize(
    ("text", "guide"),
    [
        ("VPN verbindet nicht, AnyConnect zeigt Fehler", "vpn_connect"),
        ("my printer does not print, jobs stay in the queue", "printer_silent"),
        ("Konto gesperrt, Kennwort falsch", "account_signin"),
        ("SAP GUI: partner not reached", "sap_logon"),
        ("BitLocker fragt nach dem Wiederherstellungsschlüssel", "disk_recovery"),
        ("In Teams hören mich die anderen nicht, Mikrofon", "teams_audio"),
        ("WLAN im Besprechungsraum geht nicht", "wifi_office"),
        ("no mail on my iPhone since today", "mobile_mail"),
    ],
)
def test_the_fitting_guide_comes_first_in_both_languages(text: str, guide: str) -> None:
    assert OFFERS.offer(Ticket(text))[0].guide == guide


def test_the_reason_is_in_the_tickets_own_words() -> None:
    assert "AnyConnect" in OFFERS.offer(Ticket("AnyConnect hängt"))[0].words


def test_words_that_every_text_has_are_no_reason() -> None:
    offer = OFFERS.offer(Ticket("Der PC reagiert nicht, kein Netz"))[0]

    assert "reagiert" in offer.words
    assert not {"nicht", "kein"} & set(offer.words)


def test_nothing_is_offered_when_nothing_fits() -> None:
    assert OFFERS.offer(Ticket("Bestellung von Büromöbeln")) == []
    assert OFFERS.offer(Ticket("")) == []


def test_guides_for_agents_are_not_offered_to_customers() -> None:
    offers = OFFERS.offer(Ticket("Konto gesperrt Kennwort", channel=Channel.CUSTOMER))

    assert "account_signin" not in [offer.guide for offer in offers]


def test_guides_that_are_made_to_be_called_are_not_offered() -> None:
    offers = OFFERS.offer(Ticket("home network check, who is calling"))

    assert not {"home_network", "identity_check"} & {offer.guide for offer in offers}


def test_a_category_counts_and_a_narrower_one_too() -> None:
    offer = OFFERS.offer(Ticket("it is broken", category="printing/followme"))[0]

    assert (offer.guide, offer.category) == ("printer_silent", "printing")


def test_the_articles_that_the_search_found_decide_when_words_do_not() -> None:
    ticket = Ticket("cannot dial in from Milan", articles=("KB-0000", "KB-1061"))
    offer = OFFERS.offer(ticket)[0]

    assert (offer.guide, offer.article) == ("wifi_office", "KB-1061")
    assert OFFERS.offer(Ticket("cannot dial in from Milan")) == []


def test_what_has_worked_comes_first_among_equals() -> None:
    ticket = Ticket("Outlook am iPhone")
    first, second = (offer.guide for offer in OFFERS.offer(ticket)[:2])
    record = {first: (0, 200), second: (200, 200)}

    assert OFFERS.offer(ticket, record)[0].guide == second


def test_demo_tickets_are_offered_the_guide_that_leads_to_their_article() -> None:
    lines = (ROOT / "demo" / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    ids = {article.path: article.id for article in load_library(ROOT / "articles").articles}
    hits = total = 0
    for ticket in map(json.loads, lines):
        articles = tuple(ids[path] for path in ticket["relevant"])
        text = f"{ticket['subject']} {ticket['body']}"
        wanted = {o.guide for o in OFFERS.offer(Ticket("", articles=articles))}
        if wanted:
            total += 1
            offers = OFFERS.offer(Ticket(text, articles=("KB-0000", *articles)))
            hits += bool(wanted & {offer.guide for offer in offers})

    assert total >= 20
    assert hits / total >= 0.9
