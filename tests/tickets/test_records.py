"""Importing records with a dry run, searching them, linking them."""

from __future__ import annotations

import pytest

from kb_assist.errors import InputError, NotFoundError
from kb_assist.tickets import events_store, links_store
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.links import (
    LinkFault,
    link_article,
    link_ci,
    link_ticket,
    unlink_article,
    unlink_ci,
    unlink_ticket,
)
from kb_assist.tickets.model import ArticleRole, Draft, RecordRole, TicketRelation
from kb_assist.tickets.queue import look
from kb_assist.tickets.queue_model import QueueQuery, View, Viewer
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.records.importing import apply_import, plan_import
from kb_assist.tickets.records.model import CiStatus, FieldChange, PlannedChange, RejectedLine

CLIENTS = """\
key;kind;name;email;site;organisation;vip
P-1;person;Jana Beispiel;Jana.Beispiel@nordwind.example;Halle 2;NORDWIND;ja
P-2;person;Günther Muster;guenther.muster@nordwind.example;Halle 3;NORDWIND;
NORDWIND;organisation;Nordwind GmbH;;;;
"""
CIS = """\
key,kind,name,status,serial,owner,ram
NB-0377,Notebook,Notebook von Jana,in use,SN-1,P-1,16 GB
SRV-FS02,server,Dateiserver,in_use,,,
"""


@pytest.fixture
def filled(desk: Desk) -> Desk:
    apply_import(desk, plan_import(desk, "clients", CLIENTS))
    apply_import(desk, plan_import(desk, "cis", CIS))
    return desk


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    plan = plan_import(desk, "clients", CLIENTS)

    assert plan.created == ("P-1", "P-2", "NORDWIND")
    assert records_store.search_clients(desk.connection, "jana") == ()


def test_records_may_name_others_of_the_same_file(filled: Desk) -> None:
    (jana,) = records_store.search_clients(filled.connection, "jana")
    (house,) = records_store.search_clients(filled.connection, "nordwind gmbh")

    assert (jana.organisation_id, jana.vip, jana.site) == (house.id, True, "Halle 2")
    assert jana.email == "jana.beispiel@nordwind.example"


def test_an_organisation_has_the_tickets_of_its_people(filled: Desk) -> None:
    (jana,) = records_store.search_clients(filled.connection, "jana")
    (house,) = records_store.search_clients(filled.connection, "nordwind gmbh")
    made = create(filled, Draft("VPN", "", client_id=jana.id)).ticket
    create(filled, Draft("Drucker", ""))
    viewer = Viewer(filled.now, 1, ())

    for client in (jana, house):
        (found,) = records_store.recent_tickets_of_client(filled.connection, client.id)
        page = look(filled.connection, QueueQuery(View.ALL, client_id=client.id), viewer=viewer)
        assert found.id == made.id
        assert [ticket.id for ticket in page.rows] == [made.id]


def test_the_plan_shows_each_changed_field_before_and_after(filled: Desk) -> None:
    changed = CIS.replace("in use", "retired").replace("16 GB", "32 GB")
    plan = plan_import(filled, "cis", changed)

    assert plan.created == ()
    assert plan.unchanged == 1
    assert plan.changed == (
        PlannedChange(
            "NB-0377",
            (
                FieldChange("status", "in_use", "retired"),
                FieldChange("attributes", "ram=16 GB", "ram=32 GB"),
            ),
        ),
    )
    apply_import(filled, plan)
    found = records_store.ci_by_key(filled.connection, "nb-0377")
    assert found is not None
    assert (found.status, found.attributes) == (CiStatus.RETIRED, {"ram": "32 GB"})


def test_columns_that_a_file_lacks_keep_their_values(filled: Desk) -> None:
    apply_import(filled, plan_import(filled, "clients", "key,name\nP-1,Jana Neu\n"))
    (jana,) = records_store.search_clients(filled.connection, "jana neu")

    assert (jana.site, jana.vip) == ("Halle 2", True)


def test_faulty_lines_are_rejected_with_their_reason(filled: Desk) -> None:
    text = (
        "key,name,status,owner\n"
        ",ohne Schlüssel,,\n"
        "A,,,\n"
        "B,gut,in_use,\n"
        "B,doppelt,in_use,\n"
        "C,x,kaputt,\n"
        "D,x,in_use,P-99\n"
        f"E,{'x' * 201},in_use,\n"
    )
    plan = plan_import(filled, "cis", text)

    assert plan.created == ("B",)
    assert plan.rejected == (
        RejectedLine(2, "key is empty"),
        RejectedLine(3, "name is empty"),
        RejectedLine(5, "B stands in line 4 too"),
        RejectedLine(6, "'kaputt' is none of planned, in_use, in_repair, retired"),
        RejectedLine(7, "there is no client P-99"),
        RejectedLine(8, "name has more than 200 characters"),
    )


def test_a_file_without_the_needed_columns_is_no_use(desk: Desk) -> None:
    with pytest.raises(InputError, match="key"):
        plan_import(desk, "cis", "id,title\n1,x\n")
    with pytest.raises(InputError):
        plan_import(desk, "cis", "")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("nb-03", ["NB-0377"]), ("datei", ["SRV-FS02"]), ("jana sn-1", ["NB-0377"]), ("0377", [])],
)
def test_search_as_you_type_finds_beginnings_of_words(
    filled: Desk, typed: str, expected: list[str]
) -> None:
    found = records_store.search_cis(filled.connection, typed)

    assert [ci.key for ci in found] == expected


def test_umlauts_are_found_however_they_are_written(filled: Desk) -> None:
    for typed in ("günther", "guenther", "GÜN"):
        assert len(records_store.search_clients(filled.connection, typed)) == 1


def test_a_percent_sign_is_a_letter(filled: Desk) -> None:
    assert records_store.search_clients(filled.connection, "%") == ()


def test_a_requester_is_recognised_by_address(filled: Desk) -> None:
    draft = Draft("VPN", "geht nicht", requester_email="JANA.beispiel@nordwind.example")
    ticket = create(filled, draft).ticket

    assert ticket.requester_name == "Jana Beispiel"
    assert ticket.client_id is not None
    (recent,) = records_store.recent_tickets_of_client(filled.connection, ticket.client_id)
    assert recent.id == ticket.id


def test_a_ticket_has_one_primary_item(filled: Desk) -> None:
    ticket = create(filled, Draft("VPN", "geht nicht")).ticket
    notebook = records_store.ci_by_key(filled.connection, "NB-0377")
    server = records_store.ci_by_key(filled.connection, "SRV-FS02")
    assert notebook is not None
    assert server is not None
    link_ci(filled, ticket.id, notebook.id, RecordRole.PRIMARY)
    link_ci(filled, ticket.id, server.id, RecordRole.PRIMARY)

    assert links_store.ci_roles(filled.connection, ticket.id) == {
        server.id: RecordRole.PRIMARY,
        notebook.id: RecordRole.AFFECTED,
    }
    assert link_ci(filled, ticket.id, server.id, RecordRole.PRIMARY) is LinkFault.ALREADY
    (recent,) = records_store.recent_tickets_of_ci(filled.connection, server.id)
    assert recent.id == ticket.id
    assert unlink_ci(filled, ticket.id, server.id)
    assert not unlink_ci(filled, ticket.id, server.id)
    kinds = [e.kind.value for e in events_store.of_ticket(filled.connection, ticket.id)]
    assert kinds == ["created", "linked", "linked", "unlinked"]


def test_linking_an_unknown_item_is_not_found(filled: Desk) -> None:
    ticket = create(filled, Draft("VPN", "geht nicht")).ticket
    with pytest.raises(NotFoundError):
        link_ci(filled, ticket.id, 99, RecordRole.AFFECTED)


def test_parents_cannot_go_in_circles(desk: Desk) -> None:
    a, b, c = (create(desk, Draft("x", "y")).ticket.id for _ in range(3))
    made = TicketRelation.CHILD_OF

    assert link_ticket(desk, a, b, made) is None
    assert link_ticket(desk, b, c, made) is None
    assert link_ticket(desk, c, a, made) is LinkFault.CIRCLE
    assert link_ticket(desk, a, a, made) is LinkFault.ITSELF
    assert link_ticket(desk, a, b, made) is LinkFault.ALREADY
    assert link_ticket(desk, c, a, TicketRelation.DUPLICATE_OF) is None
    links = links_store.relations_of(desk.connection, b)
    assert [(link.other.id, link.outgoing) for link in links] == [(a, False), (c, True)]
    assert unlink_ticket(desk, a, b, made)
    assert not unlink_ticket(desk, a, b, made)


def test_an_article_changes_its_role(desk: Desk) -> None:
    ticket = create(desk, Draft("x", "y")).ticket.id
    link_article(desk, ticket, "KB-3", role=ArticleRole.TRIED)
    link_article(desk, ticket, "KB-3", role=ArticleRole.SOLVED, passage="loesung")

    (link,) = links_store.articles_of(desk.connection, ticket)
    assert (link.role, link.passage, link.by) == (ArticleRole.SOLVED, "loesung", "Lena")
    assert unlink_article(desk, ticket, "KB-3")
    assert not unlink_article(desk, ticket, "KB-3")
