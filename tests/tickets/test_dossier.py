"""What a dossier fills by itself, what it misses, and how it is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kb_assist.tickets.handover.dossier import (
    Facts,
    TimelineEntry,
    as_json,
    as_markdown,
    compose,
    from_json,
)
from kb_assist.tickets.handover.templates import DEFAULT, MESSAGING, NETWORK, built_in
from kb_assist.tickets.handover.words import happened
from tests.tickets.builders import MONDAY, ticket

KNOWN = Facts(
    ticket=ticket(),
    client={"name": "Jana Beispiel", "phone": "+49 40 5550 1809", "site": "Halle 2"},
    primary_ci={"name": "NB-0377", "model": "Notebook 14"},
    articles=(("KB-3", "did_not_help"),),
    timeline=(TimelineEntry(MONDAY, "Lena", "angelegt"),),
    attachments=("vpn.log",),
    guide_answers={"since_when": "seit heute morgen"},
    answers={"steps_tried": "Neustart, anderes Netz"},
)


def test_facts_come_from_where_they_are_known() -> None:
    sources = {f.item.key: (f.value, f.source) for f in compose(KNOWN, DEFAULT).filled}

    assert sources["error_message"] == ("0x80070005", "ticket")
    assert sources["contact"] == (
        "Jana Beispiel, +49 40 5550 1809, jana.beispiel@nordwind.example",
        "client",
    )
    assert sources["primary_ci"] == ("NB-0377 (Modell: Notebook 14)", "ci")
    assert sources["since_when"] == ("seit heute morgen", "guide")
    assert sources["steps_tried"] == ("Neustart, anderes Netz", "agent")
    assert sources["articles_tried"] == ("KB-3 (did_not_help)", "articles")
    assert sources["workaround"] == ("", "")


def test_an_agents_answer_wins_over_the_guide() -> None:
    facts = Facts(
        ticket(), guide_answers={"since_when": "heute"}, answers={"since_when": "seit Montag"}
    )
    since = next(f for f in compose(facts, DEFAULT).filled if f.item.key == "since_when")

    assert (since.value, since.source) == ("seit Montag", "agent")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "Moin,\n\nseit ca. 8 Uhr bleibt alles stehen. Danke",
            "seit ca. 8 Uhr bleibt alles stehen.",
        ),
        (
            "Geht nicht. Das Laufwerk fehlt seit dem 3. November.",
            "Das Laufwerk fehlt seit dem 3. November.",
        ),
        ("Grey since two days. Help!", "Grey since two days."),
        (
            "The mail program asks since I changed my password.",
            "The mail program asks since I changed my password.",
        ),
        ("Slow for several weeks now", "Slow for several weeks now"),
        ("It makes no sense since I can't connect.", ""),
        ("They take the room for 30 minutes.", ""),
        ("Bitte keine Seitentür, beidseitig drucken.", ""),
    ],
)
def test_since_when_is_the_sentence_that_says_so(body: str, said: str) -> None:
    facts = Facts(ticket(subject="Problem", body=body))
    since = next(f for f in compose(facts, DEFAULT).filled if f.item.key == "since_when")

    assert (since.value, since.source) == (said, "ticket" if said else "")


def test_of_a_long_sentence_the_part_around_the_time_is_kept() -> None:
    body = "und " * 100 + "seit gestern " + "oder " * 100
    facts = Facts(ticket(subject="Problem", body=body))
    since = next(f for f in compose(facts, DEFAULT).filled if f.item.key == "since_when")

    assert "seit gestern" in since.value
    assert len(since.value) <= 200


def test_completeness_weighs_required_facts_more() -> None:
    dossier = compose(KNOWN, DEFAULT)

    # All seven required (21 of 27) and two of six useful ones.
    assert dossier.is_complete
    assert dossier.completeness == 23 * 100 // 27
    assert [item.key for item in dossier.missing] == [
        "reproducible",
        "changed_before",
        "workaround",
        "tool_status",
    ]


def test_missing_required_facts_come_first_and_ask_in_both_languages() -> None:
    dossier = compose(Facts(ticket(body="Geht nicht.")), DEFAULT)

    assert not dossier.is_complete
    assert [item.key for item in dossier.missing][:2] == ["since_when", "error_message"]
    assert set(dossier.missing_required[0].question) == {"de", "en"}


def test_a_dossier_survives_storage() -> None:
    dossier = compose(KNOWN, NETWORK)

    assert from_json(as_json(dossier)) == dossier


def test_markdown_shows_known_and_missing_facts_in_the_readers_language() -> None:
    text = as_markdown(compose(KNOWN, DEFAULT), "de")

    assert text.startswith("# T-17: VPN\n\nL3: 85 % vollständig\n")
    assert "## Bereits versucht\n\nNeustart, anderes Netz" in text
    assert "## Es fehlt noch\n\n- Lässt es sich nachstellen, und wie?" in text
    assert "- 2026-11-02 08:00 UTC, Lena: angelegt" in text


def test_a_groups_name_chooses_the_template() -> None:
    assert built_in("Netzwerk L3") is NETWORK
    assert built_in("Messaging L3") is MESSAGING
    assert built_in("Datenbanken") is DEFAULT


def test_keys_are_unique_within_a_template() -> None:
    for template in (DEFAULT, NETWORK, MESSAGING):
        keys = [item.key for item in template.items]
        assert len(keys) == len(set(keys))


def test_devices_of_the_tickets_own_family_are_no_error_messages() -> None:
    said = replace(KNOWN.ticket, subject="NB-0378 as well as NB-0377", body="0x80070005")
    filled = compose(replace(KNOWN, ticket=said, conversation=()), DEFAULT).filled

    assert next(f.value for f in filled if f.item.key == "error_message") == "0x80070005"


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [
        ("start", "de", "hat die Arbeit begonnen"),
        ("escalate: Bitte ansehen", "de", "übergeben: Bitte ansehen"),
        ("close", "en", "closed"),
        ("Rufen Sie an: 1809", "de", "Rufen Sie an: 1809"),
    ],
)
def test_the_timeline_speaks_the_readers_language(text: str, language: str, shown: str) -> None:
    assert happened(text, language) == shown
