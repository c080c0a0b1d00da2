"""The queue, a ticket and its hand-over, as a browser without JavaScript sees them."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient

from kb_assist.auth import store as accounts
from kb_assist.auth.model import Role, SupportLevel
from kb_assist.bootstrap import Services
from kb_assist.integrations import transport
from kb_assist.tickets import events_store, feedback_store, intake, store
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.model import SYSTEM, CommentKind, Draft, State
from kb_assist.tickets.outbox import store as outbox_store
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.records.importing import apply_import, plan_import
from kb_assist.tickets.work import move
from tests.functional.conftest import SignInAs

GERMAN = {"Accept-Language": "de-DE,de;q=0.9"}
RESTARTED = {"verb": "resolve", "resolution_code": "fixed", "resolution_text": "Neu gestartet."}


@pytest.fixture
def ticket_id(services: Services) -> int:
    with services.desk(SYSTEM) as desk:
        draft = Draft("VPN error 809", "Seit heute: VPN error 809", requester_name="Jana Muster")
        return intake.create(desk, draft).ticket.id


@pytest.fixture
def third_level(services: Services) -> int:
    with services.database.write() as connection:
        return accounts.ensure_group(connection, "Netzwerk L3", SupportLevel.L3).id


def test_the_queue_lists_and_finds_tickets(client: FlaskClient, ticket_id: int) -> None:
    assert "VPN error 809" in client.get("/queue").text
    assert "VPN error 809" in client.get("/queue?text=809").text
    assert "VPN error 809" not in client.get("/queue?text=printer").text
    assert "Kein Ticket passt" in client.get("/queue?text=printer", headers=GERMAN).text


def test_an_unreadable_filter_is_refused_with_a_message(client: FlaskClient) -> None:
    response = client.get("/queue?view=nonsense")

    assert response.status_code == 422
    assert "Traceback" not in response.text


def test_a_filter_is_kept_and_deleted(client: FlaskClient, ticket_id: int) -> None:
    client.post("/queue/filters", data={"view": "open", "text": "809", "name": "Mein VPN"})
    page = client.get("/queue").text
    assert "Mein VPN" in page

    deletion = re.search(r"/queue/filters/\d+/delete", page)
    assert deletion is not None
    client.post(deletion.group())
    assert "Mein VPN" not in client.get("/queue").text


def test_a_ticket_made_on_the_page_is_in_the_queue(client: FlaskClient) -> None:
    form = {"subject": "Beamer bleibt dunkel", "body": "Raum 4", "urgency": "1", "impact": "2"}
    page = client.post("/tickets", data=form, follow_redirects=True).text

    assert "Beamer bleibt dunkel" in page
    assert "Beamer bleibt dunkel" in client.get("/queue").text


def test_an_empty_ticket_is_not_made(client: FlaskClient, services: Services) -> None:
    response = client.post("/tickets", data={"subject": " ", "body": "", "requester_name": "Jana"})

    assert response.status_code == 422
    assert "Jana" in response.text


def test_suggestions_come_with_the_page_where_asked(client: FlaskClient, ticket_id: int) -> None:
    page = client.get(f"/tickets/{ticket_id}?help=1").text

    assert "KB-3" in page
    assert 'name="kind" value="solved"' in page


def test_looking_at_suggestions_is_remembered_once(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    for _ in range(2):
        client.get(f"/tickets/{ticket_id}/suggestions")
    with services.database.read() as connection:
        kinds = [s.signal.kind for s in feedback_store.of_ticket(connection, ticket_id)]

    assert kinds.count("impression") == len(kinds) > 0


def test_solved_it_fills_the_resolve_form_and_resolves(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    told = {"kind": "solved", "subject_kind": "article", "subject_id": "KB-3", "rank": "1"}
    page = client.post(f"/tickets/{ticket_id}/feedback", data=told, follow_redirects=True).text
    text = re.search(r'name="resolution_text"[^>]*>([^<]*KB-3[^<]*)<', page)
    version = re.search(r'name="version" value="(\d+)"', page)
    assert text is not None
    assert version is not None

    form = {"verb": "resolve", "resolution_code": "fixed", "version": version[1]}
    client.post(f"/tickets/{ticket_id}/move", data=form | {"resolution_text": text[1]})

    with services.database.read() as connection:
        ticket = store.get(connection, ticket_id)
    assert ticket.state is State.RESOLVED
    assert "KB-3" in ticket.resolution_text


def test_resolving_without_a_text_says_what_is_missing(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    form = {"verb": "resolve", "resolution_code": "fixed", "resolution_text": " "}
    response = client.post(f"/tickets/{ticket_id}/move", data=form, headers=GERMAN)

    assert response.status_code == 422
    assert "was die Lösung war" in response.text


def test_the_second_of_two_savers_sees_the_first_ones_change(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    with services.desk(SYSTEM) as desk:
        move(desk, ticket_id, Command(Verb.START))
    form = {"verb": "wait", "pending_reason": "vendor", "reason": "Rückfrage", "version": "1"}
    response = client.post(f"/tickets/{ticket_id}/move", data=form)

    assert response.status_code == 409
    assert "Somebody changed the ticket" in response.text
    assert "Rückfrage" in response.text
    with services.database.read() as connection:
        assert store.get(connection, ticket_id).state is State.IN_PROGRESS


def test_a_script_gets_the_changed_part_alone(client: FlaskClient, ticket_id: int) -> None:
    form = {"kind": "internal", "body": "<b>nur für uns</b>"}
    response = client.post(f"/tickets/{ticket_id}/comments", data=form, headers={"X-Fragment": "1"})

    assert response.status_code == 200
    assert "<html" not in response.text
    assert "&lt;b&gt;nur für uns" in response.text
    assert response.headers["X-Toast"]


def test_configuration_items_and_clients_are_linked_and_audited(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    with services.desk(SYSTEM) as desk:
        apply_import(desk, plan_import(desk, "cis", "key,kind,name\nNB-1,notebook,Notebook Jana\n"))
        people = "key,kind,name,email\nP-1,person,Jana Muster,jana@example.com\n"
        apply_import(desk, plan_import(desk, "clients", people))
    client.post(f"/tickets/{ticket_id}/cis", data={"ci": "nb-1", "role": "primary"})
    page = client.post(
        f"/tickets/{ticket_id}/client", data={"client": "Jana"}, follow_redirects=True
    ).text

    assert "NB-1" in page
    assert client.get("/records/find/cis?q=note").json == [
        {"value": "NB-1", "label": "Notebook Jana"}
    ]
    with services.database.read() as connection:
        found = records_store.client_by_email(connection, "jana@example.com")
        kinds = [event.kind for event in events_store.of_ticket(connection, ticket_id)]
    assert found is not None
    assert "Jana Muster" in client.get(f"/records/clients/{found.id}").text
    assert "linked" in kinds


def test_tickets_are_linked_by_number_and_never_in_a_circle(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    with services.desk(SYSTEM) as desk:
        other = intake.create(desk, Draft("VPN geht nicht", "")).ticket.id
    done = client.post(f"/tickets/{ticket_id}/links", data={"number": f"T-{other}"})
    circle = client.post(f"/tickets/{other}/links", data={"number": str(ticket_id)})
    unknown = client.post(f"/tickets/{ticket_id}/links", data={"number": "T-999"})

    assert done.status_code == 303
    assert circle.status_code == 422
    assert unknown.status_code == 422


def test_many_tickets_are_assigned_at_once(
    client: FlaskClient, services: Services, ticket_id: int, third_level: int
) -> None:
    with services.database.write() as connection:
        second = accounts.ensure_group(connection, "Second Level", SupportLevel.L2).id
    form = {"ticket": [f"{ticket_id}:1", "999:1"], "verb": "assign", "to_group": str(second)}
    page = client.post("/queue/bulk", data=form, follow_redirects=True).text
    around = form | {"ticket": f"{ticket_id}:2", "to_group": str(third_level)}

    assert "1 ticket changed" in page
    assert "1 ticket could not be changed" in page
    refused = client.post("/queue/bulk", data=around, follow_redirects=True).text
    assert "1 ticket goes to the third level with a dossier only" in refused


def test_the_header_names_the_level_of_the_group_and_offers_no_way_around_the_dossier(
    client: FlaskClient, services: Services, ticket_id: int, third_level: int
) -> None:
    with services.database.write() as connection:
        second = accounts.ensure_group(connection, "Second Level", SupportLevel.L2).id
    assign = {"verb": "assign", "group_id": str(second), "version": "1"}
    page = client.post(f"/tickets/{ticket_id}/move", data=assign, follow_redirects=True).text

    assert "L2 · Second Level" in page
    choice = page[page.index('id="assign-group"') :].partition("</select>")[0]
    assert "Second Level" in choice
    assert "Netzwerk L3" not in choice
    around = {"verb": "assign", "group_id": str(third_level), "version": "2"}
    refused = client.post(f"/tickets/{ticket_id}/move", data=around)
    assert refused.status_code == 422
    assert "use the hand-over page" in refused.text


def test_a_hand_over_asks_for_what_is_missing_and_goes_back_and_forth(
    client: FlaskClient,
    services: Services,
    sign_in_as: SignInAs,
    ticket_id: int,
    third_level: int,
) -> None:
    address = f"/tickets/{ticket_id}/hand-over"
    assert "Still missing" in client.get(f"{address}?group={third_level}").text
    refused = client.post(f"{address}/answers", data={"group_id": third_level, "then": "hand_over"})
    assert refused.status_code == 422
    assert "lacks required facts" in refused.text

    keys = re.findall(r'name="(item-[a-z_]+)"', refused.text)
    answers = dict.fromkeys(keys, "ist bekannt")
    form = {"group_id": third_level, "then": "hand_over", "note": "bitte ansehen", **answers}
    page = client.post(f"{address}/answers", data=form, follow_redirects=True).text
    assert "Handed over by" in page
    assert "100" in client.get(f"{address}/1").text
    assert client.get(f"{address}/1.json").json is not None
    assert client.get(f"{address}/1.md").text.startswith("#")

    expert = sign_in_as(Role.L3_AGENT)
    back = {"reason": "Mitschnitt fehlt", "item": keys[0].removeprefix("item-")}
    assert f'action="{address}/accept"' in expert.get(f"{address}/1").text
    expert.post(f"{address}/return", data=back)
    assert "Mitschnitt fehlt" in client.get(f"{address}/1").text
    returned = client.get(f"/tickets/{ticket_id}").text
    assert "Mitschnitt fehlt" in returned, "whoever gets it back sees why"
    assert "Complete the dossier" in returned

    client.post(f"{address}/answers", data=form)
    expert.post(f"{address}/accept", data={})
    with services.database.read() as connection:
        ticket = store.get(connection, ticket_id)
    assert ticket.state is State.IN_PROGRESS
    assert ticket.level == "l3"


def test_an_edit_that_is_refused_says_so_in_the_form(client: FlaskClient, ticket_id: int) -> None:
    form = {"subject": " ", "product": "ERP", "impact": "3", "urgency": "3"}
    address = f"/tickets/{ticket_id}/edit"
    refused = client.post(address, data=form, headers={**GERMAN, "X-Fragment": "work"})
    assert refused.status_code == 422
    assert "<html" not in refused.text
    assert "Ein Ticket braucht einen Betreff." in refused.text
    assert 'value="ERP"' in refused.text, "what was typed is kept"


def test_whoever_takes_a_reopened_ticket_sees_why_and_what_was_tried(
    client: FlaskClient, ticket_id: int
) -> None:
    address = f"/tickets/{ticket_id}"
    client.post(f"{address}/move", data=RESTARTED)
    client.post(f"{address}/move", data={"verb": "reopen", "reason": "Kommt täglich wieder."})
    page = client.get(address).text
    head = page[: page.index('class="ticket-body"')]
    assert "Opened again by" in head
    assert "Kommt täglich wieder." in head
    assert "Neu gestartet." in head
    client.post(f"{address}/move", data=RESTARTED)
    assert "Opened again by" not in client.get(address).text


def test_a_duplicate_asks_for_its_original_until_it_is_linked(
    client: FlaskClient, ticket_id: int
) -> None:
    made = {"subject": "Again", "body": "The same again."}
    again = client.post("/tickets", data=made).headers["Location"]
    solved = {"verb": "resolve", "resolution_code": "duplicate", "resolution_text": "Siehe dort."}
    client.post(f"{again}/move", data=solved)
    assert "Of which ticket is it a duplicate?" in client.get(again).text
    link = {"relation": "duplicate_of", "number": f"T-{ticket_id}"}
    client.post(f"{again}/links", data=link)
    assert "Of which ticket is it a duplicate?" not in client.get(again).text


def test_what_helped_on_a_resolved_ticket_is_noted_without_asking_to_resolve_it(
    client: FlaskClient, ticket_id: int
) -> None:
    address = f"/tickets/{ticket_id}"
    client.post(f"{address}/move", data=RESTARTED)
    signal = {"kind": "solved", "subject_kind": "article", "subject_id": "KB-3"}
    page = client.post(f"{address}/feedback", data=signal, follow_redirects=True).text
    assert "Noted: it helped." in page
    assert "resolve the ticket" not in page


def test_a_known_fact_is_corrected_where_the_dossier_is_made(
    client: FlaskClient, services: Services, third_level: int
) -> None:
    body = {"subject": "Laufwerk R: fehlt", "body": "Ich bin seit Montag im Team. R: fehlt."}
    address = client.post("/tickets", data=body).headers["Location"] + "/hand-over"
    kept = {"group_id": third_level, "item-steps_tried": "Neustart", "fix-since_when": ""}
    client.post(f"{address}/answers", data=kept)
    known = '<div class="words">Ich bin seit Montag im Team.</div>'
    assert known in client.get(f"{address}?group={third_level}").text
    mended = {"group_id": third_level, "fix-since_when": "seit heute 9 Uhr", "fix-steps_tried": ""}
    client.post(f"{address}/answers", data=mended)
    page = client.get(f"{address}?group={third_level}").text
    assert "seit heute 9 Uhr" in page
    assert known not in page
    assert "Neustart" in page, "what is left empty stays as it was"


def test_the_palette_finds_places_tickets_and_articles(client: FlaskClient, ticket_id: int) -> None:
    labels = [entry["label"] for entry in client.get("/palette?q=vpn").json or []]

    assert any(label.startswith("T-") for label in labels)
    assert any("VPN error 809" in label and not label.startswith("T-") for label in labels)
    assert [e["label"] for e in client.get("/palette?q=morn").json or []] == ["Morning checklist"]


def test_a_first_level_agent_cannot_change_many(
    sign_in_as: SignInAs, client: FlaskClient, ticket_id: int
) -> None:
    page = sign_in_as(Role.L1_AGENT).get("/queue").text

    assert "VPN error 809" in page
    assert "data-bulk" not in page


def test_a_file_is_attached_and_comes_back_as_a_download(
    client: FlaskClient, ticket_id: int
) -> None:
    sent = {"file": (io.BytesIO(b"<script>alert(1)</script>"), "log.txt")}
    page = client.post(f"/tickets/{ticket_id}/attachments", data=sent, follow_redirects=True).text
    address = re.search(rf"/tickets/{ticket_id}/attachments/\d+", page)
    assert address is not None
    with client.get(address.group()) as response:
        assert response.headers["Content-Disposition"].startswith("attachment")
    refused = {"file": (io.BytesIO(b"x"), "run.exe")}
    assert client.post(f"/tickets/{ticket_id}/attachments", data=refused).status_code == 422


def test_undelivered_messages_are_listed_and_sent_again(
    sign_in_as: SignInAs, services: Services
) -> None:
    message = {"kind": "moved", "ticket_id": None, "payload": {}}
    with services.database.write() as connection:
        at = services.clock.now()
        outbox_store.put(connection, ["webhook:1"], message, at)
        taken = outbox_store.claim(connection, services.clock.now(), at, 10)
        fault = {"state": "dead", "last_error": "404 Not Found"}
        outbox_store.settle(connection, taken[0].id, fault)
    admin = sign_in_as(Role.ADMIN)
    assert "404 Not Found" in admin.get("/admin/webhooks").text

    admin.post("/admin/webhooks/redeliver", data={"message": str(taken[0].id)})

    assert "Everything has arrived" in admin.get("/admin/webhooks").text


def test_a_fault_of_ours_is_told_in_the_readers_language(
    sign_in_as: SignInAs, services: Services
) -> None:
    """And what a receiver said stays as it is, whatever it holds."""
    faults = [transport.post("ftp://x", b"", {}).error, "HTTP 500 100% full"]
    with services.database.write() as connection:
        at = services.clock.now()
        for number, fault in enumerate(faults):
            message = {"kind": "moved", "ticket_id": None, "payload": {}}
            outbox_store.put(connection, [f"webhook:{number}"], message, at)
            (taken,) = outbox_store.claim(connection, services.clock.now(), at, 10)
            outbox_store.settle(connection, taken.id, {"state": "dead", "last_error": fault})
    page = sign_in_as(Role.ADMIN).get("/admin/webhooks", headers={"Accept-Language": "de"}).text
    assert "Keine HTTP-Adresse." in page
    assert faults[1] in page


def test_an_open_page_learns_what_the_requester_added(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    before = client.get(f"/tickets/{ticket_id}/pulse").json or {}
    with services.desk(SYSTEM) as desk:
        comment(desk, ticket_id, Words(CommentKind.REQUESTER, "Jetzt auch der Drucker"))
    after = client.get(f"/tickets/{ticket_id}/pulse").json or {}

    assert after["said"] == before["said"] + 1
    assert "Jetzt auch der Drucker" in client.get(f"/tickets/{ticket_id}/work").text
    assert "Drucker" in client.get(f"/tickets/{ticket_id}/suggestions").text


def test_a_groups_template_decides_what_a_hand_over_asks(
    client: FlaskClient, sign_in_as: SignInAs, ticket_id: int, third_level: int
) -> None:
    admin = sign_in_as(Role.ADMIN)
    assert "Netzwerk L3" in admin.get("/admin/dossiers").text
    form = {"weight-workaround": "useful", "question-de": "Welcher Switch-Port?"}
    page = admin.post(f"/admin/dossiers/{third_level}", data=form, follow_redirects=True).text
    assert "Welcher Switch-Port?" in page

    asked = client.get(f"/tickets/{ticket_id}/hand-over?group={third_level}").text

    assert "Welcher Switch-Port?" in asked
    assert len(re.findall(r'name="item-', asked)) == 2
